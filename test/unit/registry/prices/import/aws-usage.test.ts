import { describe, expect, test } from 'vitest';
import { keyOfId, keyOfName } from '../../../../../registry/prices/import/aws-names.ts';
import { awsUsage } from '../../../../../registry/prices/import/aws-usage.ts';
import names from '../../../../cases/aws-names.json' with { type: 'json' };
import cases from '../../../../cases/aws-usage.json' with { type: 'json' };

describe('what a product of the Price List is a price of', () => {
  test.each(cases)('$name', ({ attributes, unit, expected, reason }) => {
    const none = { usagetype: '', inferenceType: '', feature: '', serviceTier: '' };
    const usage = awsUsage({ ...none, ...attributes }, unit);
    expect(usage).toEqual(
      expected === undefined ? { is: 'other', reason } : { is: 'price', tier: undefined, ...expected },
    );
  });
});

describe('how the Price List calls a model', () => {
  const pairs = names.map(([name = '', id = '']) => ({ name, id }));

  test.each(pairs)('$name is $id', ({ name, id }) => expect(keyOfName(name)).toBe(keyOfId(id)));

  test('and no name is that of another model', () => {
    const models = new Map<string, Set<string>>();
    for (const { id } of pairs) {
      const key = keyOfId(id);
      models.set(key, (models.get(key) ?? new Set()).add(id.replace(/:300k$/, '')));
    }
    for (const [key, ids] of models) expect([...ids], key).toHaveLength(1);
  });
});
