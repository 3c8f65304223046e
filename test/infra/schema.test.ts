import { describe, expect, test } from 'vitest';
import cases from '../cases/templates.json' with { type: 'json' };
import { EACH_OPTION, made } from './made.ts';
import { faultsOf } from './schema.ts';
import { flat, type Resource } from './synth.ts';

describe('what CloudFormation would not take is found', () => {
  test.each(cases)('$name', ({ resource, faults }) => {
    expect(faultsOf({ Resources: { It: resource } })).toEqual(faults);
  });

  test('resources that wait for each other, in whichever way', () => {
    const Resources = {
      A: { Type: 'AWS::SQS::Queue', DependsOn: 'B' },
      B: { Type: 'AWS::SQS::Queue', DependsOn: ['C'] },
      C: {
        Type: 'AWS::SQS::Queue',
        Properties: { QueueName: { 'Fn::Join': ['-', ['c', { 'Fn::Sub': '${D.Arn}' }]] } },
      },
      D: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::GetAtt': ['B', 'QueueName'] } } },
    };
    expect(faultsOf({ Resources })).toEqual(['B > C > D > B: wait for each other']);
  });
});

describe('CloudFormation’s own schemas find nothing in the template', () => {
  test.each(EACH_OPTION.toReversed())('%s', { timeout: 120_000 }, (name) => {
    const { template } = made(name);
    expect(Object.keys(template.Resources).length).toBeGreaterThan(50);
    expect(faultsOf(template)).toEqual([]);
  });
});

/** Lambda makes a group that is kept for ever for a function that names none: also for those that CDK makes for itself. */
describe('every log is kept for as long as the setting says', () => {
  test.each(EACH_OPTION.toReversed())('%s', { timeout: 120_000 }, (name) => {
    const all = made(name).template.Resources as Record<string, unknown> as Record<string, Resource>;
    const of = (type: string) => Object.entries(all).filter(([, { Type }]) => Type === type);
    const groups = of('AWS::Logs::LogGroup');
    expect(groups.map(([id, { Properties }]) => [id, Properties.RetentionInDays])).toEqual(
      groups.map(([id]) => [id, 90]),
    );
    for (const [id, { Properties }] of of('AWS::Lambda::Function')) {
      const { LogGroup } = (Properties.LoggingConfig ?? {}) as { LogGroup?: unknown };
      expect(
        groups.map(([group]) => `<${group}>`),
        id,
      ).toContain(flat(LogGroup ?? ''));
    }
  });
});
