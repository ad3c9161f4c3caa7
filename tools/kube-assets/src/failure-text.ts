/** What the last words of `go` and `apt-get` mean, as an error code and a cure. Pure. */

import { AppError, type ErrorCode } from '@easycerts/core';

interface Meaning {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly cure: string;
}

const noSpace: Meaning = {
  pattern: /no space left on device|disk quota exceeded|don't have enough free space/i,
  code: 'NO_SPACE',
  cure: 'free 8 GiB for the Go build cache and 2 GiB for ours (`go env GOCACHE GOMODCACHE`, `go clean -cache`), and run it again; it goes on where it stopped',
};

const network: Meaning = {
  pattern:
    /dial tcp|i\/o timeout|no such host|connection (refused|reset|timed out)|TLS handshake|proxyconnect|network is unreachable|unexpected EOF|stream error|x509:|\b(403 Forbidden|404 Not Found|429 Too Many|50[0-4] )|could not resolve|temporary failure|failed to fetch|unable to fetch/i,
  code: 'UNAVAILABLE',
  cure: 'check the network and proxy settings, and run it again; it goes on where it stopped',
};

const goMeanings: readonly Meaning[] = [
  noSpace,
  {
    pattern: /requires go >=|toolchain not available|invalid go version/,
    code: 'FAILED_PRECONDITION',
    cure: 'install the Go that the message asks for, or set EASYCERTS_BIN_DIR to a folder that has the programs',
  },
  {
    pattern: /signal: killed|cannot allocate memory|out of memory/,
    code: 'FAILED_PRECONDITION',
    cure: 'the build ran out of memory: it needs 4 GiB; close other programs, or set GOFLAGS=-p=1 and run it again',
  },
  {
    pattern: /checksum mismatch|SECURITY ERROR/,
    code: 'DAMAGED',
    cure: 'a downloaded module is not the pinned one: run `go clean -modcache`, and check the Go proxy in use',
  },
  { ...network, cure: `${network.cure} (modules come from \`go env GOPROXY\`)` },
];

const aptMeanings: readonly Meaning[] = [
  noSpace,
  {
    pattern: /could not get lock|unable to acquire the dpkg/i,
    code: 'CONFLICT',
    cure: 'another package manager runs: wait for it, and run it again',
  },
  {
    pattern: /unable to locate package|no installation candidate|can't select candidate/i,
    code: 'FAILED_PRECONDITION',
    cure: 'this distribution has no such package: install the program in another way, on PATH or in EASYCERTS_BIN_DIR',
  },
  { ...network, cure: `${network.cure} (packages come from the sources in /etc/apt)` },
  {
    pattern: /permission denied|are you root/i,
    code: 'PERMISSION_DENIED',
    cure: 'run it as root, or run `sudo apt-get update` once',
  },
];

/** The error for a failed program. `doing` names what failed; its last lines are in the details. */
export function explainFailure(program: 'go' | 'apt', doing: string, output: string): AppError {
  const meaning = (program === 'go' ? goMeanings : aptMeanings).find((one) => one.pattern.test(output));
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => !/^go: downloading /.test(line));
  const telling = lines.findLast((line) => meaning?.pattern.test(line)) ?? lines.at(-1) ?? 'no message';
  return new AppError(meaning?.code ?? 'INTERNAL', `${doing}: ${telling.trim()}`, {
    details: { output: lines.slice(-8).join('\n'), ...(meaning === undefined ? {} : { cure: meaning.cure }) },
  });
}
