import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CLI = fileURLToPath(new URL('../../../cli/tollgate.mjs', import.meta.url));

test.each([
  ['--help', 0],
  ['help', 0],
  ['help budget', 0],
  ['budget --help', 0],
  ['budget', 2],
  ['', 2],
  ['reprot', 2],
  ['sidecar credentials', 2],
  ['budget set acme daily --default --limit 1 --unit usd --period day', 2],
  ['budget history acme --default', 2],
])('`tollgate %s` ends with %i', (words, code) => {
  const args = words.split(' ').filter((word) => word !== '');
  expect(spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' })).toMatchObject({ status: code });
});

test('a link of npx to the program of before still finds it', () => {
  const before = fileURLToPath(new URL('../../../cli/tollgate.ts', import.meta.url));
  expect(spawnSync(process.execPath, [before, 'budget', '--help'], { encoding: 'utf8' })).toMatchObject({ status: 0 });
});

test.skipIf(!existsSync('/dev/full'))('a disk that is full is one line, and no success', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [CLI, '--help'], {
    encoding: 'utf8',
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'tollgate: what was to be printed cannot be written: the disk is full\n',
  });
});
