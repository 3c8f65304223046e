import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { assertFits } from '../../infra/fits.ts';
import { POOL } from './sign-in.ts';
import { MAXIMAL, stackOf, WITH_A_WAY_OUT } from './synth.ts';

const many = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));

const roles = (count: number) =>
  many(count, (index) => `arn:aws:iam::${444455556600 + index}:role/tollgate-dev-spoke-${'x'.repeat(26)}`);
const issuers = (count: number) =>
  many(count, (index) => ({
    issuer: `https://${index}.example.com/${'x'.repeat(80)}`,
    audience: 'a',
    tenantClaim: 't',
  }));

/** Each is good by itself as far as its own setting says. */
const TOO_MUCH: [field: string, settings: Record<string, unknown>][] = [
  ['tollgate:spokes', { 'tollgate:spokes': roles(50) }],
  ['tollgate:issuers', { 'tollgate:spokes': roles(20), 'tollgate:broker': true, 'tollgate:issuers': issuers(20) }],
  ['tollgate:corsOrigins', { 'tollgate:corsOrigins': many(200, (index) => `https://app${index}.example.com`) }],
  ['tollgate:otlp.endpoint', { 'tollgate:otlp': { endpoint: `https://otlp.example.com/${'x'.repeat(4_000)}` } }],
  ['tollgate:cognito', { 'tollgate:cognito': { ...POOL, groups: many(450, (index) => `tenant:t${index}`) } }],
  ['tollgate:spokes', { ...WITH_A_WAY_OUT, 'tollgate:spokes': many(50, (index) => String(444455556600 + index)) }],
];

describe('what CloudFormation would find too much halfway through a deployment', () => {
  test.each(TOO_MUCH)('is refused as %s, before anything is made', { timeout: 120_000 }, (field, settings) => {
    expect(() => stackOf(settings)).toThrow(
      expect.objectContaining({ code: 'bad_setting', field, publicMessage: expect.stringMatching(`^${field} `) }),
    );
  });

  test('each quote within a value is two characters, as Lambda measures it', { timeout: 120_000 }, () => {
    const { stack } = stackOf();
    const [one] = stack.node.findAll().filter((node) => node instanceof CfnFunction);
    one?.addPropertyOverride('Environment.Variables.TOLLGATE_ROUTING', 'x'.repeat(3_000));
    expect(() => assertFits(stack)).not.toThrow();
    one?.addPropertyOverride('Environment.Variables.TOLLGATE_ROUTING', '"'.repeat(3_000));
    expect(() => assertFits(stack)).toThrow(expect.objectContaining({ field: 'tollgate:routing' }));
  });

  test('is none of it with every option at once', { timeout: 120_000 }, () => {
    expect(() => stackOf(MAXIMAL)).not.toThrow();
  });
});
