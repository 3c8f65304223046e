import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../contract/identity.ts';
import { ACTIONS, type AllowedModel, arnsOf, nativeIdOf } from '../../contract/model.ts';
import { fromAttributes, toAttributes } from '../../registry/attributes.ts';
import { decideModel } from '../../registry/decide.ts';
import type { Document } from '../../registry/items.ts';
import { grantKey, historyPartition, modelKey, tenantKey } from '../../registry/keys.ts';
import { GRANT, MODEL, read, TENANT } from '../../registry/kinds.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
const key = fc.oneof(
  id.map((tenant) => tenantKey(parseTenantId(tenant))),
  id.map((model) => modelKey(model)),
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
        for (const kind of [MODEL, TENANT, GRANT]) {
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
