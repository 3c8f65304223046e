import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import type { TollgateError } from '../../contract/errors.ts';
import { withSettings } from '../../docs/settings-table.ts';
import { readSettings, TOLD } from '../../infra/settings/index.ts';
import { given, parsed } from '../../infra/settings/setting.ts';
import cases from '../cases/infra-settings.json' with { type: 'json' };

interface Case {
  id: string;
  name: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
}

const all = cases as unknown as Case[];

function sentencesOf(wrong: Record<string, unknown>): string[] {
  try {
    readSettings({ ...cdk.context, ...wrong });
    return [];
  } catch (error) {
    return (error as TollgateError).publicMessage.split('\n');
  }
}

describe('the settings of a deployment', () => {
  test.each(all.filter(({ expected }) => 'field' in expected))('refused by its name: $name', ({ input, expected }) => {
    expect(() => readSettings({ ...cdk.context, ...input })).toThrow(
      expect.objectContaining({
        code: 'bad_setting',
        field: expected.field,
        publicMessage: expect.stringContaining(String(expected.field)),
      }),
    );
  });

  test.each(all.filter(({ expected }) => !('field' in expected)))('$name', ({ input, expected }) => {
    expect(readSettings({ ...cdk.context, ...input })).toMatchObject(expected);
  });

  test('what is wrong in several places is told of at once, a line each', () => {
    const wrong = { 'tollgate:autorizer': 1, 'tollgate:throttleRate': 0, 'tollgate:logRetentionDays': 8 };
    expect(() => readSettings({ ...cdk.context, ...wrong })).toThrow(
      expect.objectContaining({
        field: 'tollgate:autorizer',
        publicMessage: expect.stringMatching(
          /^tollgate:autorizer .*\ntollgate:throttleRate .*\ntollgate:logRetentionDays /,
        ),
      }),
    );
  });

  test('a kind that there is not is told with the nearest', () => {
    expect(sentencesOf({ 'tollgate:kinds': ['bedrock-model', 'bedrock-agnt'] })).toEqual([
      expect.stringMatching(/^tollgate:kinds\[1\] must be one of .*; did you mean bedrock-agent\?/),
    ]);
  });

  test('what is wrong of a long list is told of its beginning, with how much there is', () => {
    const wrong = { 'tollgate:waf': { allow: Array(9_000).fill('x') } };
    const [first, ...more] = sentencesOf(wrong);
    expect(first).toMatch(/^tollgate:waf\.allow\[0\] must be a network/);
    expect(more).toHaveLength(50);
    expect(more.at(-1)).toBe('tollgate:waf.allow[0] is the first of 9000 that are wrong.');
  });

  test('a file that cannot be read is told of once, whoever reads it', () => {
    expect(sentencesOf({ 'tollgate:cognito': 'file:none.yaml' })).toEqual([
      expect.stringMatching(/^tollgate:cognito names the file none.yaml/),
    ]);
  });

  test('docs/deploy.md has each with what it makes, costs and changes for security: npm run docs writes it', () => {
    const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
    expect(page).toBe(withSettings(page));
    for (const name of Object.keys(TOLD)) expect(page).toContain(`| \`tollgate:${name}\`: `);
  });

  test('those in cdk.json are valid, and members of other programs are ignored', () => {
    expect(readSettings({ ...cdk.context, '@aws-cdk/core:anything': true, other: 1 })).toMatchObject({ stage: 'dev' });
  });
});

describe('a setting with members', () => {
  const CIDR = v.pipe(v.string(), v.regex(/^[\d.]+\/\d+$/, 'must be a CIDR'));
  const schema = v.strictObject({
    cidr: CIDR,
    zones: v.optional(v.picklist([2, 3]), 2),
    callers: v.optional(v.array(v.strictObject({ name: v.string(), blocks: v.array(CIDR) })), []),
  });
  const read = (value: unknown) => parsed(schema, () => value, 'network');
  const good = { cidr: '10.0.0.0/16' };

  const wrong: [name: string, value: unknown, field: string, sentence: string][] = [
    [
      'a member that is none',
      { ...good, zone: 2 },
      'tollgate:network.zone',
      'is not a known member; did you mean zones?',
    ],
    [
      'one within a list',
      { ...good, callers: [{ name: 'a', block: [] }] },
      'tollgate:network.callers[0].blocks',
      'is not set',
    ],
    ['a value of the wrong kind', { cidr: 10 }, 'tollgate:network.cidr', 'must be text'],
    ['a value that is none of the list', { ...good, zones: 4 }, 'tollgate:network.zones', 'must be one of 2 | 3'],
    ['a value by its own sentence', { cidr: 'x' }, 'tollgate:network.cidr', 'must be a CIDR'],
    ['a member that is missing', {}, 'tollgate:network.cidr', 'is not set'],
    ['text that is no JSON', '{"cidr": ', 'tollgate:network', 'is not JSON'],
    ['text', 'yes', 'tollgate:network', 'must be an object with members'],
    ['null', null, 'tollgate:network', 'must be an object with members'],
  ];
  test.each(wrong)('%s is refused by its path', (_, value, field, sentence) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({ field, publicMessage: expect.stringContaining(`${field} ${sentence}`) }),
    );
  });

  test.each([undefined, 'none', false, 'false'])('%s is off', (value) => expect(read(value)).toBeUndefined());

  test.each([good, JSON.stringify(good)])('%o is read', (value) =>
    expect(read(value)).toEqual({ ...good, zones: 2, callers: [] }),
  );

  test('any setting may be the name of a file that has it, as YAML or JSON', () => {
    const folder = mkdtempSync(join(process.env.SCRATCH_FOLDER ?? tmpdir(), 'settings-'));
    const file = join(folder, 'regions.yaml');
    writeFileSync(file, '- us-east-1\n- us-west-2 # and no other\n');
    const from = (path: string) => readSettings({ ...cdk.context, 'tollgate:modelRegions': `file:${path}` });
    expect(from(file).modelRegions).toEqual(['us-east-1', 'us-west-2']);
    expect(given({ 'tollgate:a': '' }, 'a')).toBeUndefined();
    expect(() => from(join(folder, 'none.yaml'))).toThrow(expect.objectContaining({ field: 'tollgate:modelRegions' }));
    writeFileSync(file, '[unended');
    expect(() => from(file)).toThrow(/cannot be read as YAML or JSON/);
  });
});
