import type { Command } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { main, programOf } from '../../../cli/program.ts';

/** All that `tollgate` can be told, as the program itself has it. */
const VERBS = leavesOf(await programOf());

/** What they print has a form of its own: a script for a shell, what AWS's programs read, a file for `apply` or cdk.json; or they are servers. */
const OWN_FORM = ['completion', 'sidecar', 'sidecar credentials', 'export', 'unit import'];

/** Verbs that leave the registry, the keys and the roles as they are. */
const READS = new Set([
  'list',
  'show',
  'history',
  'diff',
  'impact',
  'status',
  'explain',
  'review',
  'revoked',
  'targets',
]);
const ALSO_READS = [
  ...[
    'token',
    'usage',
    'report',
    'reconcile',
    'athena unload',
    'athena quarantined',
    'status',
    'doctor',
    'access',
    ...OWN_FORM,
  ],
  // What the schedule does anyway; and what is its own dry run until it is told --apply, and then asks.
  ...['meter run', 'model sync', 'alert test'],
  ...['list', 'show', 'history', 'diff'].map((verb) => `eval template ${verb}`),
];

const reads = (path: string): boolean => ALSO_READS.includes(path) || READS.has(path.split(' ')[1] ?? '');

afterEach(() => vi.restoreAllMocks());

describe.each(VERBS)('tollgate $path', ({ path, command }) => {
  const options = command.options.map(({ long }) => long);

  test.skipIf(OWN_FORM.includes(path))(
    'prints what it says in every form, and names the nearest of an unknown option',
    async () => {
      expect(options).toEqual(expect.arrayContaining(['--format', '--quiet']));
      expect(command.options.find(({ long }) => long === '--format')?.argChoices ?? []).toEqual(
        expect.arrayContaining(['table', 'json', 'csv']),
      );
      let said = '';
      vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
        said += String(text);
        return true;
      });
      expect(await main([...path.split(' '), '--formt', 'json'])).toBe(2);
      expect(said).toMatch(/^error: unknown option '--formt'\n\(Did you mean --format\?\)\n/);
    },
  );

  test.skipIf(reads(path))('says what it would do, and can be told not to ask', () => {
    expect(options).toEqual(expect.arrayContaining(['--dry-run', '--yes']));
  });

  test('has a help that fits a terminal of 80 columns', () => {
    let help = '';
    command.configureOutput({ getOutHelpWidth: () => 80, writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

function leavesOf(command: Command, above = ''): { path: string; command: Command }[] {
  return command.commands.flatMap((one) => {
    const path = `${above}${one.name()}`;
    const below = leavesOf(one, `${path} `);
    return below.length === 0 || path === 'sidecar' ? [{ path, command: one }, ...below] : below;
  });
}
