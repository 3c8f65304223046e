import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { EACH_OPTION, findingsOf, made } from './made.ts';
import { stackOf } from './synth.ts';

describe('the AWS Solutions checks', () => {
  test.each(EACH_OPTION)('find nothing that is not acknowledged: %s', { timeout: 120_000 }, (name) => {
    expect(made(name).findings).toEqual([]);
  });

  test('would find a bucket that is left open', () => {
    const given = stackOf();
    new Bucket(given.stack, 'Open');
    expect(findingsOf(given)).toContain('AwsSolutions-S1 tollgate-dev/Open/Resource');
  });
});
