import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

/** Instructions of a Dockerfile, continued lines joined. */
const stepsOf = (file: string) =>
  read(file)
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));

/** What the build is given: everything is left out but for what is named after a `!`. */
const given = read('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

describe.each([
  ['Dockerfile', 'server/main.ts'],
  ['Dockerfile.sidecar', 'sidecar/main.ts'],
])('the image of %s', (file, main) => {
  const steps = stepsOf(file);

  test('is made of instructions that there are, in two stages', () => {
    const KNOWN = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT'];
    expect(steps.map(({ name }) => name).filter((name) => !KNOWN.includes(name))).toEqual([]);
    expect(steps.filter(({ name }) => name === 'FROM').map(({ rest }) => /node:24-slim/.test(rest))).toEqual([
      true,
      true,
    ]);
  });

  test('copies nothing that is not there, or is left out of what the build is given', () => {
    expect(read('.dockerignore').split('\n')).toContain('*');
    const copied = steps
      .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from='))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1))
      .filter((source) => source !== '.');
    expect(copied.length).toBeGreaterThan(3);
    for (const source of [...copied, ...given]) expect(existsSync(join(root, source)), source).toBe(true);
    for (const source of copied) expect(given, source).toContain(source);
  });

  test('is given every room that the bundle is built from, and none of those that it is not', () => {
    const rooms = new Set<string>();
    const seen = new Set<string>();
    const follow = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      rooms.add(file.split('/')[0] ?? '');
      for (const [, to = ''] of read(file).matchAll(/(?:from |import\(?)\s*'(\.[^']+)'/g)) follow(join(file, '..', to));
    };
    for (const entry of [main, 'infra/container-build.ts']) follow(entry);
    expect([...rooms].filter((room) => !given.includes(room))).toEqual([]);
    for (const left of ['local', 'cli', 'test', 'node_modules', '.git', '.tollgate']) expect(given).not.toContain(left);
  });

  test('runs as nobody in particular, without a shell', () => {
    const last = steps.slice(steps.map(({ name }) => name).lastIndexOf('FROM'));
    expect(last.find(({ name }) => name === 'USER')?.rest).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(last.map(({ name }) => name)).not.toContain('RUN');
    expect(JSON.parse(last.find(({ name }) => name === 'ENTRYPOINT')?.rest ?? '')).toEqual(['node', 'index.mjs']);
  });
});
