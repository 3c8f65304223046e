import fc from 'fast-check';
import { expect, test } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { isTollgateError } from '../../contract/errors.ts';
import { readDeployment } from '../../infra/settings/deployment.ts';
import { readSettings, TOLD } from '../../infra/settings/index.ts';

const read = (units: unknown) => readDeployment({ ...cdk.context, 'tollgate:units': units });

const name = fc.oneof(fc.constantFrom('acme', 'labs', 'acme-dev', 'dev', 'prod', 'Acme', '', 'tollgate'), fc.string());
const value = fc.oneof(
  fc.jsonValue(),
  name,
  fc.constantFrom('file:/none', 'us-east-1', '{', '[]', 'none', true, 0, 100),
);
const member = fc.oneof(
  fc.constantFrom(...Object.keys(TOLD), 'prefix', 'stage', 'parent', 'quota', 'apiId', '__proto__', 'toString'),
  fc.string(),
);
const unit = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(name, fc.dictionary(member, value, { maxKeys: 4 }))
      .map(([prefix, more]) => ({ prefix, ...more })),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
);

test('whatever is listed is read, or refused by where it stands', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(unit, { maxLength: 4 }), value), (units) => {
      try {
        read(units);
      } catch (error) {
        if (!isTollgateError(error, 'bad_setting')) throw error;
        expect(error.field).toMatch(/^tollgate:/);
        for (const line of error.publicMessage.split(/\n(?=tollgate:)/)) expect(line).toMatch(/^tollgate:\S+ ./);
      }
    }),
    { numRuns: 500 },
  );
});

/** Settings with values that hold, each of which is known by itself in what is read. */
const GOOD = {
  throttleRate: fc.integer({ min: 1, max: 10_000 }),
  throttleBurst: fc.integer({ min: 1, max: 5_000 }),
  protect: fc.constantFrom('none', 'data', 'all'),
  broker: fc.boolean(),
  region: fc.constantFrom('us-east-1', 'us-west-2'),
  account: fc.constantFrom('111122223333', '444455556666'),
  logRetentionDays: fc.constantFrom(7, 90, 365),
};
const settings = fc.record(GOOD, { requiredKeys: [] });

test('a unit is what a stage would be that had its members for settings, and the common ones beside', () => {
  fc.assert(
    fc.property(settings, fc.array(settings, { minLength: 1, maxLength: 4 }), (common, given) => {
      const prefixed = (from: object) =>
        Object.fromEntries(Object.entries(from).map(([key, one]) => [`tollgate:${key}`, one]));
      const context = { ...cdk.context, ...prefixed(common) };
      const units = given.map((own, index) => ({ prefix: `u${index}`, stage: 'prod', ...own }));
      const { stages } = readDeployment({ ...context, 'tollgate:units': units });
      expect(stages).toEqual(
        given.map((own, index) => ({
          ...readSettings({ ...context, ...prefixed(own), 'tollgate:stage': `u${index}-prod` }),
          unit: { prefix: `u${index}`, stage: 'prod' },
        })),
      );
    }),
    { numRuns: 200 },
  );
});

test('what was read makes no two stacks, and no two sets of names, of one name', () => {
  const one = fc.record({ prefix: fc.constantFrom('a', 'a-b', 'b'), stage: fc.constantFrom('b', 'b-c', 'c') });
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 4 }), (units) => {
      const identities = units.map(({ prefix, stage }) => `${prefix}-${stage}`);
      const distinct = new Set(identities).size === identities.length;
      if (distinct) expect(read(units).stages.map(({ stage }) => stage)).toEqual(identities);
      else expect(() => read(units)).toThrow(/the two would have the same names/);
    }),
  );
});
