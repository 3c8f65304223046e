import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { isTollgateError } from '../../../../contract/errors.ts';
import { FILE_MAX_BYTES, FILE_PROBLEMS_MAX, YAML_FILE_MAX_BYTES } from '../../../../contract/limits/registry.ts';
import { readFile } from '../../../../registry/file/read.ts';
import cases from '../../../cases/files.json' with { type: 'json' };

const bytes = (text: string) => new TextEncoder().encode(text);

async function faultsOf(source: string | Uint8Array): Promise<string[]> {
  const error: unknown = await readFile(typeof source === 'string' ? bytes(source) : source).catch((e: unknown) => e);
  if (!isTollgateError(error, 'bad_entry')) throw error;
  const { problems = [] } = error;
  expect(error).toMatchObject({ field: problems[0]?.path, reason: problems[0]?.reason });
  return problems.map(({ path, reason }) => `${path}: ${reason}`);
}

interface Case {
  name: string;
  text: string;
  value?: unknown;
  faults?: string[];
}

describe('a file of entries', () => {
  test.each(cases as Case[])('$name', async ({ text, value, faults }) => {
    if (faults === undefined) expect((await readFile(bytes(text))).value).toEqual(value);
    else expect(await faultsOf(text)).toEqual(faults);
  });

  test('that is no UTF-8 is refused: PowerShell writes UTF-16', async () => {
    expect(await faultsOf(new Uint8Array([0xff, 0xfe, 0x7b, 0]))).toEqual(['file: not-utf8']);
  });

  test('that is too large is refused before it is read, YAML sooner', async () => {
    expect(await faultsOf(new Uint8Array(FILE_MAX_BYTES + 1))).toEqual(['file: too-large']);
    expect(await faultsOf(`a: ${' '.repeat(YAML_FILE_MAX_BYTES)}`)).toEqual(['file: too-large']);
  });

  test.each(['[', '{"a":', '- ', 'x: ['])('of nothing but %j does not reach the end of the stack', async (open) => {
    const [first] = await faultsOf(open.repeat(50_000));
    expect(first).toMatch(/: (too-deep|not-yaml)$/);
  });

  test('with more problems than anyone reads says how many there are', async () => {
    const error: unknown = await readFile(bytes('a: 0x1\n'.repeat(500))).catch((e: unknown) => e);
    if (!isTollgateError(error)) throw error;
    expect(error.problems).toHaveLength(FILE_PROBLEMS_MAX + 1);
    expect(error.problems?.at(-1)?.message).toMatch(/^and \d+ more\.$/);
    expect(error.publicMessage).toMatch(/^The file cannot be used, in \d+ places:$/);
  });

  test('means the same in either format', async () => {
    const json = fc.jsonValue().filter((value) => !/__proto__|<</.test(JSON.stringify(value)));
    await fc.assert(
      fc.asyncProperty(json, async (inner) => {
        const value = JSON.parse(JSON.stringify({ inner })) as unknown;
        expect((await readFile(bytes(JSON.stringify(value)))).value).toEqual(value);
        expect((await readFile(bytes(stringify(value, { aliasDuplicateObjects: false })))).value).toEqual(value);
      }),
    );
  });
});

describe('the line of what a path names', () => {
  const value = {
    tenants: [{ id: 'a' }, { id: 'b', labels: { 'x.y': '1', x: { y: '2' } }, grants: [{ model: 'm' }] }],
  };
  const json = JSON.stringify(value, null, 1);
  const yaml = `# ours\n${stringify(value)}`;

  test.each([
    ['tenants[0].id', /"id": "a"/, /id: a/],
    ['tenants[1].grants[0].model', /"model"/, /model/],
    ['tenants[1].grants', /"grants"/, /grants/],
    ['tenants[1].labels.x.y', /"x.y"/, /x\.y/],
    ['tenants[1].labels.x.z', /"x": {/, /x:$/m],
    ['tenants[1].grants[0].actions', /{\n *"model"/, /- model/],
    ['tenants[1].grants[7]', /"grants"/, /grants/],
    ['defaults.budgets', /{/, /^tenants/m],
    ['entry', /{/, /^tenants/m],
  ])('%s', async (path, inJson, inYaml) => {
    const lineOf = (text: string, found: RegExp) => text.slice(0, text.search(found)).split('\n').length;
    expect((await readFile(bytes(json))).lineOf(path)).toBe(lineOf(json, inJson));
    expect((await readFile(bytes(yaml))).lineOf(path)).toBe(lineOf(yaml, inYaml));
  });
});
