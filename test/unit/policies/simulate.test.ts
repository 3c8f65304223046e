import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localRoles } from '../../../local/aws/roles.ts';
import { evaluate, evaluateTrust } from '../../../policies/simulate/evaluate.ts';
import { matches } from '../../../policies/simulate/match.ts';
import { parsePolicy } from '../../../policies/simulate/parse.ts';
import type { Policy, RequestContext } from '../../../policies/simulate/types.ts';

interface Case {
  id: string;
  name: string;
  input: { role: Policy[]; session: Policy | null; action: string; resource: string; context: RequestContext };
  expected: { allowed: boolean; reason?: string };
}
const cases = JSON.parse(readFileSync(new URL('../../cases/iam.json', import.meta.url), 'utf8')) as Case[];

describe('role and session policies', () => {
  test.each(cases)('$id: $name', ({ input, expected }) => {
    const { role, session, ...access } = input;
    expect(evaluate({ rolePolicies: role, sessionPolicy: session }, access)).toMatchObject(expected);
  });

  test('a condition operator that is not implemented is an error, never a guess', () => {
    const policy = {
      Statement: {
        Effect: 'Allow',
        Action: '*',
        Resource: '*',
        Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
      },
    } as const;
    expect(() =>
      evaluate({ rolePolicies: [policy], sessionPolicy: null }, { action: 'a:b', resource: '*', context: {} }),
    ).toThrow('IpAddress');
  });

  test('a pattern of many stars is decided without a long search', () => {
    expect(matches(`${'a*'.repeat(200)}b`, 'a'.repeat(5_000))).toBe(false);
    expect(matches('*a*b*', 'xxaxxbxx')).toBe(true);
    expect(matches('', '')).toBe(true);
    expect(matches('a', '')).toBe(false);
  });
});

describe('the trust policy of the invoker role', () => {
  const account = '111122223333';
  const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
  const trust = localRoles(account, 'us-east-1').find(({ name }) => name === 'tollgate-local-invoker')?.trust;
  const decided = (caller: string, action: string, context: RequestContext): boolean =>
    trust !== undefined && evaluateTrust(trust, [caller], { action, context }).allowed;
  const context = {
    'sts:RoleSessionName': 'tg-acme',
    'sts:SourceIdentity': 'tg-acme',
    'aws:TagKeys': ['TenantId', 'CostCenter'],
    'aws:RequestTag/TenantId': 'acme',
    'aws:RequestTag/CostCenter': 'c',
  };

  test('lets the invoke function assume it with tenant tags, name and source identity', () => {
    expect(decided(role('tollgate-local-invoke'), 'sts:AssumeRole', context)).toBe(true);
  });

  test.each([
    ['another role', { caller: role('tollgate-local-metering') }],
    ['a role whose name begins alike', { caller: role('tollgate-local-invoke2') }],
    ['an action it does not name', { action: 'sts:AssumeRoleWithSAML' }],
    ['an empty tenant', { context: { ...context, 'aws:RequestTag/TenantId': '' } }],
    ['a tag too many', { context: { ...context, 'aws:TagKeys': ['TenantId', 'CostCenter', 'Admin'] } }],
    ['no tags', { context: { 'sts:RoleSessionName': 'tg-acme', 'sts:SourceIdentity': 'tg-acme' } }],
    ['no source identity', { context: { ...context, 'sts:SourceIdentity': [] } }],
  ])('refuses %s', (_name, change) => {
    const input = { caller: role('tollgate-local-invoke'), action: 'sts:AssumeRole', context, ...change };
    expect(decided(input.caller, input.action, input.context)).toBe(false);
  });

  test('an account as principal stands for everyone in it, and a deny wins over it', () => {
    const statement = { Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' } as const;
    const access = { action: 'sts:AssumeRole', context: {} };
    expect(evaluateTrust({ Statement: statement }, [role('x')], access).allowed).toBe(true);
    expect(evaluateTrust({ Statement: statement }, ['arn:aws:iam::444455556666:role/x'], access).allowed).toBe(false);
    const both = [statement, { ...statement, Effect: 'Deny', Principal: { AWS: role('x') } }] as const;
    expect(evaluateTrust({ Statement: both }, [role('x')], access).allowed).toBe(false);
  });
});

describe('a session policy as text', () => {
  const statement = { Effect: 'Allow', Action: 'bedrock:InvokeModel', Resource: '*' };
  const text = (change: object): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...change }] });

  test('that IAM accepts is read', () => {
    expect(parsePolicy(text({}))).toMatchObject({ Statement: [statement] });
    expect(parsePolicy(text({ Condition: { 'ForAnyValue:StringLikeIfExists': { a: ['b'] } } }))).toMatchObject({});
  });

  test.each([
    ['that is not JSON', '{', 'not JSON'],
    ['that is a list', '[]', 'not a JSON object'],
    ['without a statement', '{"Version":"2012-10-17","Statement":[]}', 'no statement'],
    ['of an unknown version', '{"Version":"2020-01-01","Statement":[]}', 'version'],
    ['with an unknown member', '{"Version":"2012-10-17","Statements":[]}', 'Statements'],
    ['whose statement names a principal', text({ Principal: '*' }), 'Principal'],
    ['whose effect is neither', text({ Effect: 'Maybe' }), 'effect'],
    ['without an action', text({ Action: undefined }), 'Action'],
    ['whose action has no service', text({ Action: 'InvokeModel' }), 'Action'],
    ['whose resource is no ARN', text({ Resource: 'amazon.nova-lite' }), 'Resource'],
    ['with both resource and its negation', text({ NotResource: '*' }), 'Resource'],
    ['with an unknown operator', text({ Condition: { StringSame: { a: 'b' } } }), 'StringSame'],
    ['whose condition value is a number', text({ Condition: { StringEquals: { a: 1 } } }), 'StringEquals'],
  ])('%s is refused', (_name, source, reason) => {
    expect(parsePolicy(source)).toContain(reason);
  });
});

describe('wildcards', () => {
  test('agree with a regular expression on any pattern and text', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 }), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matches(pattern, text)).toBe(expression.test(text));
      }),
    );
  });
});
