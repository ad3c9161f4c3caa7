/**
 * Finds or builds what asks an API of cfssl in tests, and prints where it is, as JSON: the commands `cfssl` and `cfssljson`, and
 * `client`, a program around cfssl's Go client library. A command, because an app's tests import no tool.
 */

import { fileURLToPath } from 'node:url';
import { ensureOwnProgram, ensurePinnedProgram } from '@easycerts/kube-assets';

const { env, arch } = process;
const architecture = arch === 'arm64' ? 'arm64' : 'x64';
const folder = fileURLToPath(new URL('../go/', import.meta.url));
const client = await ensureOwnProgram({ name: 'cfssl-client', folder, env });
const { path: cfssl } = await ensurePinnedProgram({ name: 'cfssl', architecture, env });
const { path: cfssljson } = await ensurePinnedProgram({ name: 'cfssljson', architecture, env });
process.stdout.write(`${JSON.stringify({ cfssl, cfssljson, client })}\n`);
