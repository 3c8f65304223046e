import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Lockfile, notice, noticeOf, shipped } from '../../infra/notice.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const lockfile = JSON.parse(read('package-lock.json')) as Lockfile & {
  packages: Record<string, { integrity?: string; hasInstallScript?: boolean; link?: boolean; inBundle?: boolean }>;
};
const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '');

test('the project is under the Apache License 2.0, and says so where tools look', () => {
  expect(read('LICENSE')).toContain('Apache License');
  expect(JSON.parse(read('package.json')).license).toBe('Apache-2.0');
});

test('NOTICE names what is shipped, as `npm run notice` writes it', () => {
  expect(read('NOTICE')).toBe(noticeOf(root));
  expect(read('NOTICE')).toMatch(/^hono [\d.]+ \(MIT\): Copyright .*Hono contributors$/m);
});

test('NOTICE leaves out tools, and what is for one operating system alone', () => {
  const given: Lockfile = {
    packages: {
      '': { devDependencies: { checker: '1.0.0' } },
      'node_modules/kept': { version: '1.0.0', license: 'MIT' },
      'node_modules/kept/node_modules/@scope/inner': { version: '2.0.0', license: 'ISC' },
      'node_modules/checker': { version: '1.0.0', license: 'MIT' },
      'node_modules/tool': { version: '1.0.0', license: 'MIT', dev: true },
      'node_modules/binary': { version: '1.0.0', license: 'MIT', os: 'linux' },
    },
  };
  const text = notice(given, (path) => (path.endsWith('kept') ? 'MIT\n  Copyright (c) 2020 Somebody\n' : ''));
  expect(text.split('\n').slice(7, -1)).toEqual([
    '@scope/inner 2.0.0 (ISC)',
    'kept 1.0.0 (MIT): Copyright (c) 2020 Somebody',
  ]);
});

// A permissive licence each. One that is not listed here is to be read first.
const PERMISSIVE = new Set(['Apache-2.0', 'MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0']);

test('nothing that is shipped is under a licence that reaches further than its own files', () => {
  const others = shipped(lockfile).filter(([, { license }]) => !PERMISSIVE.has(license ?? ''));
  expect(others.map(([path]) => path)).toEqual([]);
});

test('everything that is installed is pinned by its integrity, and two packages alone run a script', () => {
  const unpinned = packages.filter(([, { integrity, inBundle }]) => !integrity && !inBundle);
  expect(unpinned.map(([path]) => path)).toEqual([]);
  // Neither fetches anything: esbuild checks its binary, which is a package of its own; LevelDB, of the laptop's table, looks
  // for the one that it brings.
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  expect(scripted.sort()).toEqual(['node_modules/classic-level', 'node_modules/esbuild']);
  expect(Object.keys(JSON.parse(read('package.json')).allowScripts).sort()).toEqual(['classic-level', 'esbuild']);
});
