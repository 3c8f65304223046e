import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { stackOf } from './synth.ts';

describe('the AWS Solutions checks', () => {
  const findings = (given: ReturnType<typeof stackOf>): string[] =>
    new AwsSolutionsChecks(given.app)
      .validateScope(given.app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map((resource) => `${ruleName} ${resource.constructPath}`),
      );

  test.each([
    ['as configured', {}],
    ['without an account of its own', { 'tollgate:account': '' }],
    ['with a broker', { 'tollgate:broker': true }],
    ['with an environment per tenant', { 'tollgate:tenantIsolation': true }],
    ['without usage plans', { 'tollgate:usagePlans': false }],
    ['with nothing protected', { 'tollgate:protect': 'none' }],
    ['with everything protected', { 'tollgate:protect': 'all' }],
    ['with global profiles', { 'tollgate:globalProfiles': true }],
    ['with a topic of your own', { 'tollgate:alarmTopicArn': 'arn:aws:sns:us-east-1:111122223333:ops' }],
  ])('find nothing that is not acknowledged: %s', (_, overrides) => {
    expect(findings(stackOf(overrides))).toEqual([]);
  });

  test('would find a bucket that is left open', () => {
    const given = stackOf();
    new Bucket(given.stack, 'Open');
    expect(findings(given)).toContain('AwsSolutions-S1 tollgate-dev/Open/Resource');
  });
});
