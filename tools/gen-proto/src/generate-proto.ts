/** gRPC code from libs/shared/contracts/proto, by buf and ts-proto from node_modules: no network, the same bytes each time. */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const contracts = 'libs/shared/contracts';
/** Where the generated code lies, below the workspace; nothing else may lie there. */
export const protoFolder = `${contracts}/src/generated`;
/** The interface as it was released, as buf's image: what `buf breaking` compares with. */
export const releasedImage = 'vectors/proto/released.json';

/** The generated files, as path below the workspace and content. */
export async function generateProto(workspace: string): Promise<ReadonlyMap<string, string>> {
  const out = await mkdtemp(join(tmpdir(), 'easycerts-gen-proto-'));
  try {
    await buf(workspace, ['generate', '--output', out]);
    const files = await readdir(out, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    const contents = paths
      .sort()
      .map(
        async (path): Promise<[string, string]> => [
          `${protoFolder}/${relative(out, path)}`,
          await readFile(path, 'utf8'),
        ],
      );
    return new Map(await Promise.all(contents));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** What buf finds wrong in the interface: style, and what would break a client of the released one. One line each. */
export async function protoProblems(workspace: string): Promise<readonly string[]> {
  const lint = await linesOf(buf(workspace, ['lint']));
  const breaking = await linesOf(buf(workspace, ['breaking', '--against', join(workspace, releasedImage)]));
  return [...lint, ...breaking].map((line) => `${contracts}/${line}`);
}

/** The interface of today as an image, to be kept at a release. */
export async function protoImage(workspace: string): Promise<string> {
  const image = await buf(workspace, ['build', '--exclude-source-info', '--output', '-#format=json']);
  return `${JSON.stringify(JSON.parse(image), null, 2)}\n`;
}

async function buf(workspace: string, args: readonly string[]): Promise<string> {
  const bin = join(workspace, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` };
  const { stdout } = await promisify(execFile)(join(bin, 'buf'), args, { cwd: join(workspace, contracts), env });
  return stdout;
}

/** Buf ends with a code of its own (100) when it has something to say; anything else is a failure of ours. */
async function linesOf(run: Promise<string>): Promise<readonly string[]> {
  try {
    await run;
    return [];
  } catch (error) {
    if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== 100) throw error;
    const text = 'stdout' in error ? String(error.stdout) : '';
    return text.split('\n').filter((line) => line !== '');
  }
}
