import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Action, AllowedModel } from '../../../contract/model.ts';
import { decideModel } from '../../../registry/decide.ts';

interface Case {
  id: string;
  name: string;
  input: { models: AllowedModel[]; wanted: string; action: Action; nowSeconds: number };
  /** As a Decision, with the entry's id in place of the entry. */
  expected: object;
}

const cases = JSON.parse(readFileSync(new URL('../../cases/registry-decide.json', import.meta.url), 'utf8')) as Case[];

describe('what a caller wrote is decided among the models that the tenant holds', () => {
  test.each(cases)('$id $name', ({ input: { models, wanted, action, nowSeconds }, expected }) => {
    const { model, ...decision } = decideModel(models, wanted, action, nowSeconds);
    expect({ ...decision, ...(model === undefined ? {} : { model: model.id }) }).toStrictEqual(expected);
    // The entry itself, not one like it: what was allowed is what is called.
    if (model !== undefined) expect(models).toContain(model);
  });
});
