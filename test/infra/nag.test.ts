import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { OPTIONS, stackOf } from './synth.ts';

describe('the AWS Solutions checks', () => {
  const findings = (given: ReturnType<typeof stackOf>): string[] =>
    new AwsSolutionsChecks(given.app)
      .validateScope(given.app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map((resource) => `${ruleName} ${resource.constructPath}`),
      );

  test.each(OPTIONS)('find nothing that is not acknowledged: %s', (_, overrides) => {
    expect(findings(stackOf(overrides))).toEqual([]);
  });

  test('would find a bucket that is left open', () => {
    const given = stackOf();
    new Bucket(given.stack, 'Open');
    expect(findings(given)).toContain('AwsSolutions-S1 tollgate-dev/Open/Resource');
  });
});
