import { describe, expect, test } from 'vitest';
import cases from '../cases/templates.json' with { type: 'json' };
import { EACH_OPTION, made } from './made.ts';
import { faultsOf } from './schema.ts';

describe('what CloudFormation would not take is found', () => {
  test.each(cases)('$name', ({ resource, faults }) => {
    expect(faultsOf({ Resources: { It: resource } })).toEqual(faults);
  });
});

describe('CloudFormation’s own schemas find nothing in the template', () => {
  test.each(EACH_OPTION)('%s', { timeout: 120_000 }, (name) => {
    const { template } = made(name);
    expect(Object.keys(template.Resources).length).toBeGreaterThan(50);
    expect(faultsOf(template)).toEqual([]);
  });
});
