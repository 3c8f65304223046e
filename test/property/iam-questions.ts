import fc from 'fast-check';
import { ACCOUNT, type Question } from './oracle.ts';

/**
 * Questions to IAM: few names, so that policies and requests meet often, and of each kind what Tollgate's own policies and
 * those of an operator use.
 */

const MODELS = ['amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0', 'anthropic.claude-v2'];
const REGIONS = ['us-east-1', 'us-west-2'];
const foundation = REGIONS.flatMap((where) => MODELS.map((id) => `arn:aws:bedrock:${where}::foundation-model/${id}`));
const PROFILES = MODELS.map((id) => `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/us.${id}`);
const APPLICATIONS = ['a1b2c3d4e5f6', 'acme00000000'].map(
  (id) => `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/${id}`,
);
const GUARDRAILS = ['g1a2b3c4d5', 'g1a2b3c4d6'].map((id) => `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/${id}`);
const ENDPOINTS = ['mixtral', 'acme', 'acme-2'].map((id) => `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/${id}`);

const CALLS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
const ENDPOINT_CALLS = ['', 'Async', 'WithResponseStream'].map((how) => `sagemaker:InvokeEndpoint${how}`);
const TENANTS = ['acme', 'Acme', 'globex', 'a*'];

/** action -> what it may be asked on, and the condition keys of that service beside the global ones. */
const requests = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      action: fc.constantFrom(...CALLS),
      resource: fc.constantFrom(...foundation, ...PROFILES, ...APPLICATIONS),
      own: fc.record(
        {
          'bedrock:InferenceProfileArn': fc.constantFrom(...PROFILES, ...APPLICATIONS),
          'bedrock:GuardrailIdentifier': fc.constantFrom(...GUARDRAILS, `${GUARDRAILS[0]}:1`),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  fc.record({
    action: fc.constant('bedrock:CountTokens'),
    resource: fc.constantFrom(...foundation),
    own: fc.constant({}),
  }),
  fc.record({
    action: fc.constant('bedrock:ApplyGuardrail'),
    resource: fc.constantFrom(...GUARDRAILS),
    own: fc.constant({}),
  }),
  fc.record({
    action: fc.constantFrom(...ENDPOINT_CALLS),
    resource: fc.constantFrom(...ENDPOINTS),
    own: fc.constant({}),
  }),
);

const global = fc.record(
  {
    'aws:PrincipalTag/TenantId': fc.constantFrom(...TENANTS),
    'aws:RequestedRegion': fc.constantFrom(...REGIONS),
    'aws:TagKeys': fc.subarray(['TenantId', 'CostCenter', 'Admin'], { minLength: 1 }),
    'aws:PrincipalArn': fc.constantFrom(
      `arn:aws:iam::${ACCOUNT}:role/invoker`,
      `arn:aws:iam::${ACCOUNT}:role/path/invoker`,
    ),
    'aws:SecureTransport': fc.constantFrom('true', 'false'),
    'aws:TokenIssueTime': fc.constantFrom('2026-01-01T00:00:00Z', '2026-06-01T12:00:00Z'),
    'aws:MultiFactorAuthAge': fc.constantFrom('60', '3600', '3601'),
  },
  { requiredKeys: [] },
);

const oneOrMany = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(value, fc.uniqueArray(value, { minLength: 1, maxLength: 3 }));

const action = fc.oneof(
  fc.constantFrom(...CALLS, 'bedrock:CountTokens', 'bedrock:ApplyGuardrail', ...ENDPOINT_CALLS),
  fc.constantFrom(
    '*',
    'bedrock:*',
    'bedrock:InvokeModel*',
    'bedrock:Invoke?odel',
    'BEDROCK:invokemodel',
    'sagemaker:*',
  ),
);

const resource = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...foundation, ...PROFILES, ...ENDPOINTS) },
  { weight: 1, arbitrary: fc.constantFrom(...APPLICATIONS, ...GUARDRAILS) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '*',
      'arn:aws:bedrock:*::foundation-model/*',
      'arn:aws:bedrock:us-east-1::foundation-model/amazon.*',
      'arn:aws:bedrock:us-*-?::foundation-model/amazon.nova-lite-v1:?',
      `arn:aws:bedrock:us-east-1:${ACCOUNT}:*`,
      `arn:aws:bedrock:*:${ACCOUNT}:inference-profile/us.*`,
      'arn:*:bedrock:*:*:foundation-model/*:0',
      `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/\${aws:PrincipalTag/TenantId}`,
      `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/\${aws:PrincipalTag/TenantId}*`,
      `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/\${aws:PrincipalTag/TenantId, 'mixtral'}`,
      `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/\${aws:PrincipalTag/TenantId}00000000`,
      'arn:aws:bedrock:${aws:RequestedRegion}::foundation-model/*',
      `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/acme\${*}`,
    ),
  },
);

const ifExists = (...names: string[]): string[] => names.flatMap((name) => [name, `${name}IfExists`]);
const clause = (operators: string[], key: string, values: string[]) =>
  fc
    .tuple(
      fc.constantFrom(...operators),
      fc.constantFrom(key, key.toUpperCase()),
      oneOrMany(fc.constantFrom(...values)),
    )
    .map(([operator, name, value]) => ({ [operator]: { [name]: value } }));

const TEXT = ifExists('StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase');
const ARN = ifExists('ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike');
const SET = ['StringEquals', 'StringLike', 'StringNotEquals', 'StringNotLike'].flatMap((name) => [
  `ForAllValues:${name}`,
  `ForAnyValue:${name}`,
]);
const KEYS = ['bedrock:InferenceProfileArn', 'bedrock:GuardrailIdentifier', 'aws:PrincipalTag/TenantId', 'aws:TagKeys'];

const clauses = fc.oneof(
  clause(TEXT, 'aws:PrincipalTag/TenantId', [
    ...TENANTS,
    'a?me',
    '',
    '*',
    '${aws:RequestedRegion}',
    "${aws:RequestedRegion, 'acme'}",
  ]),
  clause(TEXT, 'aws:RequestedRegion', [...REGIONS, 'us-*']),
  clause([...TEXT, ...ARN], 'bedrock:InferenceProfileArn', [
    ...PROFILES,
    ...APPLICATIONS,
    `arn:aws:bedrock:*:${ACCOUNT}:inference-profile/*`,
  ]),
  clause([...TEXT, ...ARN], 'bedrock:GuardrailIdentifier', [...GUARDRAILS, `${GUARDRAILS[0]}:*`, `${GUARDRAILS[0]}*`]),
  clause(ARN, 'aws:PrincipalArn', [`arn:aws:iam::${ACCOUNT}:role/invoker`, `arn:aws:iam::${ACCOUNT}:role/*`]),
  clause(SET, 'aws:TagKeys', ['TenantId', 'CostCenter', 'Cost*', 'tenantid', '${aws:PrincipalTag/TenantId}']),
  clause(['Bool', 'BoolIfExists'], 'aws:SecureTransport', ['true', 'false']),
  clause(
    ifExists('DateLessThan', 'DateGreaterThan', 'DateEquals', 'DateLessThanEquals', 'DateGreaterThanEquals'),
    'aws:TokenIssueTime',
    ['2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ),
  clause(
    ifExists('NumericLessThan', 'NumericGreaterThanEquals', 'NumericEquals', 'NumericNotEquals'),
    'aws:MultiFactorAuthAge',
    ['60', '3600'],
  ),
  fc
    .tuple(fc.constantFrom(...KEYS), fc.constantFrom('true', 'false'))
    .map(([key, value]) => ({ Null: { [key]: value } })),
);

/** Several clauses at once: all of them must hold. Two of one operator are of two keys. */
const condition = fc.array(clauses, { minLength: 1, maxLength: 2 }).map((list) => {
  const merged: Record<string, object> = {};
  for (const item of list)
    for (const [operator, keys] of Object.entries(item)) merged[operator] = { ...merged[operator], ...keys };
  return merged;
});

const statement = fc
  .record({
    effect: fc.oneof({ weight: 4, arbitrary: fc.constant('Allow') }, { weight: 1, arbitrary: fc.constant('Deny') }),
    notAction: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    action: oneOrMany(action),
    notResource: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    resource: oneOrMany(resource),
    condition: fc.option(condition, { freq: 2 }),
  })
  .map((given) => ({
    Effect: given.effect,
    [given.notAction ? 'NotAction' : 'Action']: given.action,
    [given.notResource ? 'NotResource' : 'Resource']: given.resource,
    ...(given.condition === null ? {} : { Condition: given.condition }),
  }));

const policy = fc
  .oneof(statement, fc.array(statement, { minLength: 1, maxLength: 3 }))
  .map((Statement) => ({ Version: '2012-10-17', Statement }));

/** What most roles are like: broad, with the session narrowing it. Without it hardly any question would be allowed. */
const broad = fc.constant({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });

export const questions: fc.Arbitrary<Question> = fc
  .record({
    role: fc.oneof(fc.array(policy, { minLength: 1, maxLength: 2 }), fc.tuple(broad), fc.tuple(broad, policy)),
    session: fc.option(policy, { freq: 4 }),
    request: requests,
    context: global,
  })
  .map(({ role, session, request: { action, resource, own }, context }) => ({
    role,
    session,
    action,
    resource,
    context: { ...own, ...context },
  }));
