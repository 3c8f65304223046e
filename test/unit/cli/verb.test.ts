import { Command } from 'commander';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { edited, listed } from '../../../cli/answer.ts';
import { synonyms } from '../../../cli/synonyms.ts';
import { nounOf } from '../../../cli/verb.ts';

afterEach(() => vi.restoreAllMocks());

const NOWHERE = () => Promise.reject(new Error('nothing is opened here'));

/** What `tollgate` makes of the words: what its verb was given, and what was printed. */
async function said(words: string) {
  const out = { stdout: '', stderr: '', given: undefined as object | undefined, code: 0 };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += String(text);
      return true;
    });
  const program = new Command('tollgate').exitOverride();
  const noun = nounOf(program, NOWHERE, { name: 'grant', about: 'grants' });
  noun.verb('list', {
    about: 'all',
    run: async () =>
      listed({
        head: ['id', 'granted at'],
        rows: [['nova', '=1+1']],
        documents: [{ id: 'nova', to: { tenant: 'acme' } }],
      }),
  });
  noun.verb<{ tenant: string; model: string; note?: string }>('add', {
    about: 'one more',
    args: '<tenant> <model> [note]',
    edits: true,
    isDefault: true,
    run: async (given) => {
      out.given = given;
      const change = { changed: true, edit: 7, before: null, after: { id: 'nova', version: 2 } };
      return edited({ id: given.model, tenant: given.tenant, change, what: 'grant', done: 'made' });
    },
  });
  noun.verb<{ files: string[] }>('read', {
    about: 'files',
    args: '<files...>',
    run: async (given) => {
      out.given = given;
      return { ...listed({ head: ['file'], rows: [], documents: [] }), failure: new Error('half of it') };
    },
  });
  synonyms(program);
  await program.parseAsync(words.split(' '), { from: 'user' }).catch((error: { exitCode?: number }) => {
    out.code = error.exitCode ?? 1;
  });
  vi.restoreAllMocks();
  return out;
}

describe('an argument that is a tenant or a model is a word or an option', () => {
  test.each([
    ['grant add acme nova', { tenant: 'acme', model: 'nova' }],
    ['grant acme nova', { tenant: 'acme', model: 'nova' }],
    ['grant add nova --tenant acme', { tenant: 'acme', model: 'nova' }],
    ['grant add acme --model nova', { tenant: 'acme', model: 'nova' }],
    ['grant add --model nova --tenant acme why', { tenant: 'acme', model: 'nova', note: 'why' }],
    ['grant read a b', { files: ['a', 'b'] }],
  ])('%s', async (words, given) => {
    expect((await said(words)).given).toMatchObject(given);
  });

  test.each([
    ['grant add', /^error: missing required argument <tenant>: tollgate grant add <tenant> <model> \[note\]\n/],
    ['grant add acme', /^error: missing required argument <model>/],
    ['grant read', /^error: missing required argument <files\.\.\.>/],
    ['grant add acme nova why --tenant acme', /^error: too many arguments: why\n/],
    ['grant add acme nova --tenent acme', /unknown option '--tenent'\n\(Did you mean --tenant\?\)/],
    ['grant list --format xml', /'xml' is invalid\. Allowed choices are table, json, csv\./],
  ])('%s is not understood', async (words, message) => {
    const { code, stderr, stdout } = await said(words);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\(tollgate grant \w+ --help says more\)\n$/);
    expect({ code: code > 0, stdout }).toEqual({ code: true, stdout: '' });
  });
});

describe('an answer', () => {
  test.each([
    ['grant list', 'ID    GRANTED AT\nnova  =1+1\n'],
    ['grant list --format text', 'ID    GRANTED AT\nnova  =1+1\n'],
    ['grant list --format csv', "id,granted_at\r\nnova,'=1+1\r\n"],
    ['grant list --format json', `${JSON.stringify([{ id: 'nova', to: { tenant: 'acme' } }], null, 2)}\n`],
    ['grant list -q', 'nova\n'],
    ['grant acme nova', 'grant: made (version 2)\n'],
    ['grant acme nova --dry-run', 'would be: grant: made (version 2)\n  + id nova\n'],
    ['grant acme nova -q', 'nova\n'],
    [
      'grant acme nova --format csv',
      'verb,id,tenant,changed,version,edit,message\r\ngrant add,nova,acme,true,2,7,grant: made (version 2)\r\n',
    ],
  ])('%s', async (words, stdout) => {
    expect(await said(words)).toMatchObject({ stdout, stderr: '', code: 0 });
  });

  test('of an edit says as JSON what was done to what', async () => {
    expect(JSON.parse((await said('grant acme nova --format json')).stdout)).toEqual({
      verb: 'grant add',
      id: 'nova',
      tenant: 'acme',
      changed: true,
      version: 2,
      edit: 7,
      message: 'grant: made (version 2)',
      differences: [{ path: 'id', before: null, after: 'nova' }],
    });
  });

  test('that is no success is printed, and thrown then', async () => {
    expect(await said('grant read a')).toMatchObject({ stdout: 'FILE\n', code: 1 });
  });
});

test.each([
  ['create', 'add'],
  ['put', 'add'],
  ['ls', 'list'],
])('`grant %s` is `grant %s`, and says so', async (word, verb) => {
  const { stderr, code } = await said(`grant ${word}${verb === 'add' ? ' acme nova' : ''}`);
  expect({ stderr, code }).toEqual({ stderr: `tollgate: \`grant ${word}\` is \`grant ${verb}\`\n`, code: 0 });
});
