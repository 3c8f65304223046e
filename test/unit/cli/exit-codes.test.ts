import { spawnSync } from 'node:child_process';
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
