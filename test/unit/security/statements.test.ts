import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import cases from '../../cases/security.json' with { type: 'json' };

const pathOf = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const security = readFileSync(pathOf('SECURITY.md'), 'utf8');

const section = (title: string): string => security.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';

describe('what SECURITY.md says', () => {
  const rows = section('Guarantees')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);

  test('each guarantee names a test', () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows) expect(row.split(' | ').at(-1)).toMatch(/`test\//);
  });

  test('every file and folder that it names is there', () => {
    const names = [...security.matchAll(/`((?:test|policies)\/[^`]*)`|\]\((docs\/[^)]*)\)/g)].map(
      ([, a, b]) => a ?? b ?? '',
    );
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => !existsSync(pathOf(name)))).toEqual([]);
  });

  test('the files that write policies are as short as it says', () => {
    const [, listed = ''] = /under 1,060 lines in all:([^.]*(?:\.ts[^.]*)*)\. The rest/.exec(security) ?? [];
    const files = [...listed.matchAll(/`([a-z]+\.ts)`/g)].map(([, name]) => `${name}`);
    // Each file of the folder is one of them, or one of those that the sentences after it speak of.
    const others = /^(?:questions|place|review.*|usage-key|read-.*)\.ts$/;
    const written = readdirSync(pathOf('policies')).filter((name) => name.endsWith('.ts') && !others.test(name));
    expect(files.sort()).toEqual(written.sort());
    expect(files).toHaveLength(12);
    const linesOf = (name: string): number => readFileSync(pathOf(`policies/${name}`), 'utf8').split('\n').length;
    expect(files.reduce((lines, name) => lines + linesOf(name), 0)).toBeLessThan(1_060);
    for (const name of readdirSync(pathOf('policies/kinds'))) expect(linesOf(`kinds/${name}`), name).toBeLessThan(130);
  });

  test('the number of cases is theirs', () => {
    expect(security).toContain(`the ${cases.length} numbered cases`);
  });
});
