import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';

const CLI = join(import.meta.dirname, '../../../cli/tollgate.mjs');

let script = '';
beforeAll(() => {
  script = execFileSync(process.execPath, [CLI, 'completion', 'bash'], { encoding: 'utf8' });
}, 20_000);

/** What the script offers for the words, of which the last is unfinished; `tollgate` itself says what it was asked. */
function offered(words: string): string[] {
  const asked = 'tollgate() { echo "asked:$*"; }';
  const of = words.split(' ').map((word) => `'${word}'`);
  const { stdout } = spawnSync('bash', ['-c', `${script}\n${asked}\n_tollgate_words ${of.join(' ')}`], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter(Boolean);
}

test.each([
  ['mod', ['model', 'tenant', 'undo', 'completion']],
  ['model ', ['list', 'show', 'history', 'rollback']],
  ['model list --', ['--format', '--at', '--help']],
  ['model list --format ', ['table', 'json', 'csv']],
  ['budget set acme --per ', ['tenant', 'principal', 'model']],
  ['tenant show ', ['asked:tenant list -q']],
  ['grant add acme ', ['asked:model list -q']],
  ['grant add --tenant ', ['asked:tenant list -q']],
  ['--stage prod model show ', ['asked:--stage prod model list -q']],
  ['audit ', ['list']],
])('%j', (words, some) => {
  expect(offered(words)).toEqual(expect.arrayContaining(some));
});

test.each(['model put ', 'budget set acme --limit '])('%j: what a shell offers by itself', (words) => {
  expect(offered(words)).toEqual([]);
});
