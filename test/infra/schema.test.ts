import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import cases from '../cases/templates.json' with { type: 'json' };
import { faultsOf, type Template as Parts } from './schema.ts';
import { OPTIONS, stackOf } from './synth.ts';

const templates = OPTIONS.map(
  ([name, overrides]) => [name, Template.fromStack(stackOf(overrides).stack).toJSON() as Parts] as const,
);

describe('what CloudFormation would not take is found', () => {
  test.each(cases)('$name', ({ resource, faults }) => {
    expect(faultsOf({ Resources: { It: resource } })).toEqual(faults);
  });
});

describe('CloudFormation’s own schemas find nothing in the template', () => {
  test.each(templates)('%s', (_, template) => {
    expect(Object.keys(template.Resources).length).toBeGreaterThan(50);
    expect(faultsOf(template)).toEqual([]);
  });
});
