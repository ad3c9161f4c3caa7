import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainFailure } from './failure-text.ts';

const goTable: [string, string][] = [
  ['link: write /root/x: no space left on device', 'NO_SPACE'],
  ['write: disk quota exceeded', 'NO_SPACE'],
  ['go: k8s.io/api@v0.36.3: Get "https://p/x": dial tcp: lookup p: no such host', 'UNAVAILABLE'],
  ['go: reading https://p/x: 403 Forbidden', 'UNAVAILABLE'],
  ['go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)', 'FAILED_PRECONDITION'],
  ['compile: signal: killed', 'FAILED_PRECONDITION'],
  ['verifying m@v1: checksum mismatch', 'DAMAGED'],
  ['main.go:3: undefined: x', 'INTERNAL'],
  ['', 'INTERNAL'],
];

test('what go says becomes a code and a cure', () => {
  for (const [output, code] of goTable) {
    const error = explainFailure('go', 'build x', output);
    assert.equal(error.code, code, output);
    if (code !== 'INTERNAL') assert.ok(error.details.cure, output);
  }
});

const aptTable: [string, string][] = [
  ["E: You don't have enough free space in /var/cache/apt/archives/.", 'NO_SPACE'],
  ['E: Could not get lock /var/lib/dpkg/lock-frontend', 'CONFLICT'],
  ['E: Unable to locate package containerd', 'FAILED_PRECONDITION'],
  ["E: Can't select candidate version from package runc as it has no candidate", 'FAILED_PRECONDITION'],
  ['E: Failed to fetch http://m/x  404  Not Found [IP: ::1 80]', 'UNAVAILABLE'],
  ["W: Temporary failure resolving 'm'", 'UNAVAILABLE'],
  ['E: Could not open lock file - open (13: Permission denied)', 'PERMISSION_DENIED'],
];

test('what apt-get says becomes a code and a cure', () => {
  for (const [output, code] of aptTable) {
    const error = explainFailure('apt', 'download x', output);
    assert.equal(error.code, code, output);
    assert.ok(error.details.cure, output);
  }
});

test('the message is the telling line, not the last one or a download', () => {
  const output = 'go: downloading a v1\nx: no space left on device\ngo: build failed\n';
  const error = explainFailure('go', 'build etcd', output);
  assert.equal(error.message, 'build etcd: x: no space left on device');
  assert.equal(error.details.output, 'x: no space left on device\ngo: build failed');
});
