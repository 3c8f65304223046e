import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isTollgateError } from '../../../contract/errors.ts';
import { SESSION_POLICY_MAX_CHARS } from '../../../contract/limits/policies.ts';
import { ACTIONS, type TargetOf } from '../../../contract/model.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import type { Document } from '../../../registry/items.ts';
import { BUDGETS, GRANT, MODEL, TENANT } from '../../../registry/kinds.ts';
import { budget, budgetsDocument, grantDocument, modelDocument, tenantDocument } from './documents.ts';

interface Case {
  id: string;
  name: string;
  input: { kind: 'model' | 'tenant' | 'grant' | 'budgets'; changes: Document };
  expected: 'ok' | { code: string; field: string; reason?: string };
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../cases/registry-entries.json', import.meta.url), 'utf8'),
) as Case[];

const KINDS = {
  model: { base: modelDocument('m1'), kind: MODEL },
  tenant: { base: tenantDocument('acme'), kind: TENANT },
  grant: { base: grantDocument('acme', 'm1'), kind: GRANT },
  budgets: { base: budgetsDocument('acme'), kind: BUDGETS },
};

function profileOf(regions: number, nameLength: number): TargetOf<'bedrock-profile'> {
  const model = `anthropic.${'x'.repeat(nameLength)}`;
  return {
    kind: 'bedrock-profile',
    modelId: `us.${model}`,
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.${model}`,
    modelArns: Array.from(
      { length: regions },
      (_, index) => `arn:aws:bedrock:us-${'abcdefghijklmnop'[index]}east-1::foundation-model/${model}`,
    ),
  };
}

/** The longest name with which so many regions still fit, and the one a character longer. */
function largest(): { fits: TargetOf<'bedrock-profile'>; exceeds: TargetOf<'bedrock-profile'> } {
  for (let regions = 16; regions > 1; regions--)
    for (let length = 63; length > 1; length--) {
      const fits = profileOf(regions, length - 1);
      const exceeds = profileOf(regions, length);
      if (throws(exceeds) && !throws(fits)) return { fits, exceeds };
    }
  throw new Error(`no profile reaches ${SESSION_POLICY_MAX_CHARS} characters`);
}

function throws(target: TargetOf<'bedrock-profile'>): boolean {
  try {
    sessionPolicy(target, ACTIONS);
    return false;
  } catch (error) {
    return isTollgateError(error, 'policy_too_large');
  }
}

const { fits, exceeds } = largest();

function changed({ kind, changes }: Case['input']): Document {
  const target = changes.target === 'LARGEST' ? fits : changes.target === 'LARGEST+1' ? exceeds : changes.target;
  const { target: _, ...without } = { ...KINDS[kind].base, ...changes };
  if (target === 'NONE') return without;
  return { ...KINDS[kind].base, ...changes, ...(target === undefined ? {} : { target: target as Document }) };
}

describe('an entry is accepted or refused by the member at fault', () => {
  test.each(cases)('$id $name', ({ input, expected }) => {
    const { kind } = KINDS[input.kind];
    const document = changed(input);
    if (expected === 'ok') {
      const entry = kind.parse(document);
      const again = (kind.document as (value: unknown) => Document)(entry);
      expect(kind.parse(again)).toEqual(entry);
      return;
    }
    expect(() => kind.parse(document)).toThrow(expect.objectContaining(expected));
  });

  test.each(Object.entries(KINDS))('D3 every member of a %s but its optional ones is needed', (_, { base, kind }) => {
    for (const member of Object.keys(base)) {
      const { [member]: _gone, ...rest } = base;
      expect(() => kind.parse(rest), member).toThrow(expect.objectContaining({ code: 'bad_entry', field: member }));
    }
  });

  test('D3 what is not an object is no entry of any kind', () => {
    for (const value of [null, undefined, 'text', 7, [], [{}]])
      for (const { kind } of Object.values(KINDS))
        expect(() => kind.parse(value), JSON.stringify(value)).toThrow(expect.objectContaining({ code: 'bad_entry' }));
  });

  test('D3 a member named __proto__ is refused and changes no prototype', () => {
    const document = JSON.parse(`{"__proto__":{"suspended":false},${JSON.stringify(KINDS.tenant.base).slice(1)}`);
    expect(() => TENANT.parse(document)).toThrow(expect.objectContaining({ field: '__proto__' }));
    expect(({} as { suspended?: boolean }).suspended).toBeUndefined();
  });

  test('P5 a grant holds its actions in one order and once', () => {
    const grant = GRANT.parse(grantDocument('acme', 'm1', { actions: ['count', 'invoke', 'count'] }));
    expect(grant.actions).toEqual(['invoke', 'count']);
  });

  test('M6 prices are in the order of their dates, however they were written', () => {
    const price = { usdPerMillion: { input: '1', output: '1' } };
    const prices = [
      { version: 'b', from: '2026-02-01', ...price },
      { version: 'a', from: '2026-01-01', ...price },
    ];
    const model = MODEL.parse(modelDocument('m1', { prices }));
    expect(model.prices.map(({ version, from }) => [version, from])).toEqual([
      ['a', Date.UTC(2026, 0, 1)],
      ['b', Date.UTC(2026, 1, 1)],
    ]);
  });

  test('Q1 budgets are in the order of their ids, and a limit has one way to be written', () => {
    const { budgets } = BUDGETS.parse(
      budgetsDocument('*', { budgets: [{ ...budget('b', { limit: '1.50' }) }, { ...budget('a', { limit: '5.0' }) }] }),
    );
    expect(budgets.map(({ id, limit }) => [id, limit])).toEqual([
      ['a', '5'],
      ['b', '1.5'],
    ]);
  });

  test('L2 a status set by hand without a date is deprecated since the last edit', () => {
    const model = MODEL.parse(modelDocument('m1', { lifecycle: { status: 'deprecated' } }));
    expect(model.lifecycle.deprecatedAt).toBe(Date.UTC(2026, 0, 1) / 1000);
  });

  test('the example of docs/regions.md is one', () => {
    const page = readFileSync(new URL('../../../docs/regions.md', import.meta.url), 'utf8');
    const [, example = ''] = /^npx tollgate model put - <<'JSON'\n(.*?)^JSON$/ms.exec(page) ?? [];
    const { v, version, updatedAt, updatedBy } = modelDocument('any');
    expect(MODEL.parse({ v, ...JSON.parse(example), version, updatedAt, updatedBy })).toMatchObject({
      id: 'nova-lite',
    });
  });
});
