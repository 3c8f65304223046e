import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUDGET_SCOPES, BUDGET_UNITS, type Budget, ENFORCEMENTS, isBudget, PERIODS } from '../../contract/budget.ts';
import { parseTenantId } from '../../contract/identity.ts';
import { ACTIONS, type AllowedModel } from '../../contract/model.ts';
import { arnsOf, nativeIdOf } from '../../policies/kinds.ts';
import { fromAttributes, toAttributes } from '../../registry/attributes.ts';
import { type BudgetsEntry, budgetsInForce, EVERY_TENANT } from '../../registry/budget.ts';
import { decideModel } from '../../registry/decide.ts';
import type { Document } from '../../registry/items.ts';
import { budgetsKey, grantKey, historyPartition, modelKey, tenantKey } from '../../registry/keys.ts';
import { BUDGETS, GRANT, MODEL, read, TENANT } from '../../registry/kinds.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
const key = fc.oneof(
  id.map((tenant) => tenantKey(parseTenantId(tenant))),
  id.map((model) => modelKey(model)),
  id.map((tenant) => budgetsKey(parseTenantId(tenant))),
  fc.constant(budgetsKey(EVERY_TENANT)),
  fc.tuple(id, id).map(([tenant, model]) => grantKey({ tenant: parseTenantId(tenant), model })),
);

describe('D4 keys', () => {
  test('two items have one key only if they are one item, and so have their histories', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const same = one.pk === other.pk && one.sk === other.sk;
        expect(historyPartition(one) === historyPartition(other)).toBe(same);
        expect(historyPartition(one)).not.toBe(other.pk);
      }),
    );
  });
});

const json = fc.jsonValue({ depthSize: 'small' }) as fc.Arbitrary<Document[string]>;

describe('D3 whatever an item holds', () => {
  test('it is an entry or it is unusable with a field; reading never throws', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (document) => {
        for (const kind of [MODEL, TENANT, GRANT, BUDGETS]) {
          const found = read({ key: modelKey('a'), document }, kind as typeof MODEL);
          expect('unusable' in found && found.unusable.field).toBeTruthy();
        }
      }),
    );
  });

  test('a document survives the wire form', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (document) => {
        // -0 has no DynamoDB form of its own.
        expect(fromAttributes(toAttributes(document))).toEqual(JSON.parse(JSON.stringify(document)));
      }),
    );
  });
});

const name = fc.constantFrom('a', 'b', 'c', 'd');
const model: fc.Arbitrary<AllowedModel> = fc.record({
  id: name,
  target: fc.record({
    kind: fc.constant('bedrock-profile' as const),
    modelId: name,
    region: fc.constant('us-east-1'),
    arn: name,
    modelArns: fc.array(name, { minLength: 1, maxLength: 3 }),
  }),
  actions: fc.subarray([...ACTIONS], { minLength: 1 }),
  lifecycle: fc.record({ status: fc.constantFrom('active' as const, 'deprecated' as const, 'retired' as const) }),
});

describe('T3 a decision', () => {
  const models = fc.uniqueArray(model, { selector: ({ id: unique }) => unique, maxLength: 4 });

  test('allows only an entry of the list that bears the name, grants the action and is not retired', () => {
    fc.assert(
      fc.property(models, name, fc.constantFrom(...ACTIONS), (list, wanted, action) => {
        const decision = decideModel(list, wanted, action, 0);
        if (decision.outcome === 'refused') return;
        const { model: chosen } = decision;
        expect(list).toContain(chosen);
        expect([chosen.id, nativeIdOf(chosen.target), ...arnsOf(chosen.target)]).toContain(wanted);
        expect(chosen.actions).toContain(action);
        expect(chosen.lifecycle.status).not.toBe('retired');
      }),
    );
  });

  test('does not depend on the order of the list', () => {
    fc.assert(
      fc.property(models, name, fc.constantFrom(...ACTIONS), (list, wanted, action) => {
        const forwards = decideModel(list, wanted, action, 0);
        expect(decideModel(list.toReversed(), wanted, action, 0)).toEqual(forwards);
      }),
    );
  });
});

const budget: fc.Arbitrary<Budget> = fc
  .record({
    id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/),
    per: fc.constantFrom(...BUDGET_SCOPES),
    named: fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/), { nil: undefined }),
    period: fc.constantFrom(...PERIODS),
    unit: fc.constantFrom(...BUDGET_UNITS),
    whole: fc.nat(999_999_999),
    fraction: fc.stringMatching(/^\d{0,11}[1-9]$/),
    enforcement: fc.constantFrom(...ENFORCEMENTS),
  })
  .map(({ id, per, named, period, unit, whole, fraction, enforcement }) => ({
    id,
    per,
    ...(named === undefined || per === 'tenant' ? {} : { only: named }),
    period,
    unit,
    limit: unit === 'usd' ? `${whole}.${fraction}` : String(whole),
    enforcement,
  }));
const budgets = fc.uniqueArray(budget, { selector: ({ id: unique }) => unique, maxLength: 20 });

describe('Q1 budgets', () => {
  test('are read from the table, and from the context, as they were written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(EVERY_TENANT), id), budgets, (owner, list) => {
        const entry = { owner, budgets: list, version: 1, updatedAt: 0, updatedBy: 'ops' } as BudgetsEntry;
        const document = fromAttributes(toAttributes(BUDGETS.document(entry)));
        const found = read({ key: BUDGETS.keyOf(entry), document }, BUDGETS);
        const byId = [...list].sort((a, b) => (a.id < b.id ? -1 : 1));
        expect(found).toEqual({ entry: { ...entry, budgets: byId } });
        for (const one of byId) expect(isBudget(JSON.parse(JSON.stringify(one)))).toBe(true);
      }),
    );
  });

  test('in force are all of the tenant’s own, and of the stage’s those whose ids are not among them', () => {
    fc.assert(
      fc.property(budgets, budgets, fc.nat(5), (own, stage, shared) => {
        const both = [...own, ...stage.slice(0, shared).map((one) => ({ ...one, limit: '7' }))];
        const mine = both.filter(({ id }, index) => both.findIndex((other) => other.id === id) === index);
        const found = budgetsInForce(mine, stage);
        expect(found.map(({ id }) => id)).toEqual([...new Set([...mine, ...stage].map(({ id }) => id))].sort());
        for (const one of found)
          expect(one).toBe(mine.find(({ id }) => id === one.id) ?? stage.find(({ id }) => id === one.id));
      }),
    );
  });
});
