import { App, Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIONS } from '../../contract/model.ts';
import { ENDPOINT_POLICY_MAX_CHARS } from '../../infra/network/endpoint-policy.ts';
import { policiesOf } from '../../infra/network/endpoints.ts';
import { rolesInside } from '../../infra/network/roles-inside.ts';
import { KINDS } from '../../policies/kinds.ts';
import { partitionOf } from '../../policies/partition.ts';
import { pathsOf } from '../../policies/questions.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { evaluate } from '../../policies/simulate/evaluate.ts';
import type { Access, Policy } from '../../policies/simulate/types.ts';
import { account, target } from '../property/targets.ts';
import {
  BOTH,
  CONSOLE,
  CONTAINER,
  flat,
  MADE,
  MAXIMAL,
  ofType,
  type Resource,
  type Role,
  resourcesOf,
  rolesOf,
  type Statement,
  stackOf,
  statementsOf,
} from './synth.ts';

const COMPANY = { 'tollgate:broker': true, 'tollgate:keys': true, 'tollgate:admin': true, 'tollgate:alerts': true };
/** With them another account passes the endpoints of models, which is told below. */
const NO_SPOKES = { 'tollgate:spokes': [] };
const OPTIONS: [string, Record<string, unknown>][] = [
  ['functions', MADE],
  ['a container', { ...CONTAINER, ...MADE }],
  [
    'all there is',
    { ...MAXIMAL, ...CONSOLE, ...MADE, 'tollgate:cognito': 'none', 'tollgate:domain': 'none', ...NO_SPOKES },
  ],
  ['all there is, and a way out', { ...MAXIMAL, ...NO_SPOKES }],
  ['a broker', { ...BOTH, ...COMPANY, 'tollgate:sync': true, ...MADE }],
];

/** Of which endpoint an action is asked, as AWS names both; written again here, so that a wrong row is not on both sides. */
const ENDPOINTS: [RegExp, string[]][] = [
  [
    /^bedrock:(InvokeModel|InvokeModelWithResponseStream|CountTokens|ApplyGuardrail|RenderPrompt)$/,
    ['bedrock-runtime'],
  ],
  [
    /^bedrock:(Retrieve|RetrieveAndGenerate|Rerank|InvokeAgent|InvokeFlow|InvokeInlineAgent)$/,
    ['bedrock-agent-runtime'],
  ],
  [/^bedrock:\w*(AgentMemory|FlowExecution|ExecutionFlow)\w*$/, ['bedrock-agent-runtime']],
  [/^bedrock:/, ['bedrock']],
  [/^sagemaker:InvokeEndpoint/, ['sagemaker.runtime']],
  [/^sagemaker:/, ['sagemaker.api']],
  [/^cloudwatch:/, ['monitoring']],
  [/^ecr:/, ['ecr.api', 'ecr.dkr']],
  [/^(\w+):/, []],
];
const endpointsFor = (action: string): string[] => {
  const [, names = []] = ENDPOINTS.find(([pattern]) => pattern.test(action)) ?? [];
  return names.length > 0 ? names : [action.split(':')[0] as string];
};

/** By the last part of the service's name. */
function endpointsIn(resources: Record<string, Resource>): Map<string, Policy> {
  return new Map(
    ofType(resources, 'AWS::EC2::VPCEndpoint').map(({ ServiceName, PolicyDocument }) => [
      flat(ServiceName).replace(/^com\.amazonaws\.(us-east-1|<AWS::Region>)\./, ''),
      { Version: '2012-10-17', Statement: statementsOf(PolicyDocument) } as unknown as Policy,
    ]),
  );
}

const passes = (policy: Policy, access: Access): boolean =>
  evaluate({ rolePolicies: [policy], sessionPolicy: null }, access).allowed;

/** Something that the pattern means. */
const oneOf = (pattern: string): string => pattern.replaceAll('??????', 'AbC123').replaceAll('*', 'any');

/** What a request would show for the statement to hold, from this account. */
function shownFor({ Condition = {} }: Statement, principal = account): Access['context'] {
  const shown: Record<string, string | string[]> = { 'aws:PrincipalAccount': principal };
  for (const [operator, keys] of Object.entries(Condition))
    for (const [key, value] of Object.entries(keys))
      if (operator !== 'Null') {
        const [first] = [value].flat() as [string];
        shown[key] = operator.startsWith('ForAllValues') ? [oneOf(first)] : first;
      }
  return shown;
}

/** Roles that are used inside: of functions, of tasks and what starts them, and the one that they assume. */
const isInside = ({ name, trust }: Role): boolean =>
  /-invoker-/.test(name) || /"(lambda|ecs-tasks)\.amazonaws\.com"/.test(JSON.stringify(trust));
/** What is Lambda's own to do by a function's role, or Bedrock's by a session. */
const isServices = ({ name, trust }: Role, action: string): boolean =>
  (JSON.stringify(trust).includes('"lambda.amazonaws.com"') && /^(logs|ec2|sqs|xray|iam):/.test(action)) ||
  (/-invoker-/.test(name) && action === 'bedrock:GetInferenceProfile');

describe.each(OPTIONS)('with %s', (_, given) => {
  const resources = resourcesOf(stackOf(given).stack);
  const endpoints = endpointsIn(resources);
  const asked = rolesOf(resources)
    .filter(isInside)
    .flatMap((role) =>
      role.own
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap((statement) =>
          statement.Action.filter((action) => !isServices(role, action)).flatMap((action) =>
            statement.Resource.map((resource) => ({ name: role.name, statement, action, resource: oneOf(resource) })),
          ),
        ),
    );

  test('each thing that a role allows passes the endpoint of its service', () => {
    expect(asked.length).toBeGreaterThan(50);
    for (const { name, statement, action, resource } of asked)
      for (const service of endpointsFor(action)) {
        const policy = endpoints.get(service);
        expect(policy, `${name} ${action}: no endpoint ${service}`).toBeDefined();
        const access = { action, resource, context: shownFor(statement) };
        expect(passes(policy as Policy, access), `${name} ${JSON.stringify(access)}`).toBe(true);
      }
  });

  test('and not from another account, nor on another account’s, nor by another action', () => {
    for (const { statement, action, resource } of asked)
      for (const service of endpointsFor(action)) {
        const policy = endpoints.get(service) as Policy;
        const context = shownFor(statement);
        const not = (access: Access) => expect(passes(policy, access), JSON.stringify(access)).toBe(false);
        not({ action, resource, context: shownFor(statement, '444455556666') });
        const { 'aws:PrincipalAccount': ___, ...nobody } = context as Record<string, string>;
        not({ action, resource, context: nobody });
        not({ action: `${action.split(':')[0]}:DeleteEverything`, resource, context });
        const foreign = resource.replaceAll(account, '444455556666').replace(':::tollgate-', ':::foreign-');
        if (foreign !== resource) not({ action, resource: foreign, context });
      }
  });

  test('there is no endpoint that nothing is asked of', () => {
    const used = new Set([...asked.flatMap(({ action }) => endpointsFor(action)), 'execute-api', 's3']);
    expect([...endpoints.keys()].filter((service) => !used.has(service))).toEqual([]);
  });

  test('each policy fits, and every statement of it is of this account but for AWS’s own bucket and the API', () => {
    for (const [service, policy] of endpoints) {
      expect(JSON.stringify(policy).length, service).toBeLessThanOrEqual(ENDPOINT_POLICY_MAX_CHARS);
      for (const { Principal, Condition, Resource: on } of [policy.Statement].flat() as Statement[]) {
        expect(Principal).toBe('*');
        if (service === 'execute-api' || flat(on[0]).includes('-starport-layer-bucket/')) continue;
        expect(Condition?.StringEquals?.['aws:PrincipalAccount'], service).toEqual([account]);
      }
    }
  });
});

describe('a session of the invoker role', () => {
  const resources = resourcesOf(
    stackOf({
      ...MADE,
      'tollgate:kinds': Object.keys(KINDS),
      'tollgate:modelRegions': ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1'],
    }).stack,
  );
  const endpoints = endpointsIn(resources);
  const rolePolicies = rolesOf(resources)
    .filter(({ name }) => name.includes('-invoker-'))
    .map(({ own: Statement }) => ({ Version: '2012-10-17', Statement }) as Policy);

  test('may do by the endpoint what it may do without, for any target', () => {
    fc.assert(
      fc.property(target, fc.constantFrom(...ACTIONS), (item, action) => {
        const paths = pathsOf(item, action);
        if (paths.length === 0) return;
        const { document } = sessionPolicy(item, [action]);
        // What Bedrock asks of SageMaker in the caller's name comes by no endpoint of ours.
        for (const question of paths.flat().filter(({ context }) => context['aws:CalledViaLast'] === undefined)) {
          const access = { ...question, context: { ...question.context, 'aws:PrincipalAccount': account } };
          expect(evaluate({ rolePolicies, sessionPolicy: document as Policy }, access).allowed).toBe(true);
          for (const endpoint of endpointsFor(question.action))
            expect(passes(endpoints.get(endpoint) as Policy, access), JSON.stringify(access)).toBe(true);
        }
      }),
    );
  });
});

test('an image’s layers come from AWS’s bucket where there is a container, and that is not open without one', () => {
  const access = {
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::prod-us-east-1-starport-layer-bucket/x',
    context: {},
  };
  const s3 = (given: Record<string, unknown>) => endpointsIn(resourcesOf(stackOf(given).stack)).get('s3') as Policy;
  expect(passes(s3({ ...CONTAINER, ...MADE }), access)).toBe(true);
  expect(passes(s3(MADE), access)).toBe(false);
});

test('with every region there is each policy fits', () => {
  const regions = RegionInfo.regions.map(({ name }) => name).filter((name) => partitionOf(name) === 'aws');
  expect(regions.length).toBeGreaterThan(30);
  const { stack } = stackOf({ ...MADE, 'tollgate:modelRegions': regions, 'tollgate:globalProfiles': true });
  const longest = Math.max(
    ...[...endpointsIn(resourcesOf(stack)).values()].map((policy) => JSON.stringify(policy).length),
  );
  expect(longest).toBeLessThanOrEqual(ENDPOINT_POLICY_MAX_CHARS);
});

describe('roles of another account', () => {
  /** What may pass, of a stack with one function, whose role may do this, and the role that it may assume. */
  const policiesFor = (Action: string, Resource: string | string[]) => {
    const stack = new Stack(new App(), 'Small');
    const role = (roleName: string, Action: string, Resource: string | string[]) =>
      new CfnRole(stack, roleName, {
        roleName,
        assumeRolePolicyDocument: {},
        policies: [{ policyName: 'own', policyDocument: { Statement: [{ Effect: 'Allow', Action, Resource }] } }],
      });
    role('invoker', 'bedrock:InvokeModel', `arn:aws:bedrock:us-east-1:${account}:inference-profile/*`);
    role('stranger', 's3:GetObject', '*');
    new CfnFunction(stack, 'Function', { code: {}, role: role('caller', Action, Resource).attrArn });
    return policiesOf(stack, rolesInside(stack), { partition: 'aws', region: 'us-east-1', account });
  };
  const invoker = `arn:aws:iam::${account}:role/invoker`;

  test('that are assumed may call what is their account’s, and nobody else’s may', () => {
    const policies = policiesFor('sts:AssumeRole', [invoker, 'arn:aws:iam::222233334444:role/spoke']);
    const call = (of: string, by: string) =>
      passes(policies.get('bedrock-runtime') as unknown as Policy, {
        action: 'bedrock:InvokeModel',
        resource: `arn:aws:bedrock:us-east-1:${of}:inference-profile/x`,
        context: { 'aws:PrincipalAccount': by },
      });
    expect([call(account, account), call('222233334444', '222233334444')]).toEqual([true, true]);
    expect([call('333344445555', account), call(account, '333344445555')]).toEqual([false, false]);
  });

  test('a role that nothing inside uses opens nothing', () => {
    expect([...policiesFor('sts:AssumeRole', invoker).keys()]).toEqual(['sts', 'bedrock-runtime']);
    expect([...policiesFor('sts:AssumeRole', `${invoker}-2`).keys()]).toEqual(['sts']);
  });

  test('a right to a service that has no endpoint here fails the synthesis', () => {
    expect(() => policiesFor('polly:SynthesizeSpeech', '*')).toThrow('polly:SynthesizeSpeech');
  });
});

test('sessions of another account that the stage lists pass the endpoints of models alone, on what is theirs', () => {
  const other = '444455556666';
  const endpoints = endpointsIn(resourcesOf(stackOf({ ...MADE, 'tollgate:spokes': [other] }).stack));
  const asks = (service: string, action: string, resource: string, principal: string): boolean =>
    passes(endpoints.get(service) as Policy, { action, resource, context: { 'aws:PrincipalAccount': principal } });
  const profile = (of: string) => `arn:aws:bedrock:us-east-1:${of}:inference-profile/us.amazon.nova-lite-v1:0`;
  expect(asks('bedrock-runtime', 'bedrock:InvokeModel', profile(other), other)).toBe(true);
  expect(asks('bedrock-runtime', 'bedrock:InvokeModel', profile('777788889999'), other)).toBe(false);
  expect(asks('bedrock-runtime', 'bedrock:InvokeModel', profile(other), '777788889999')).toBe(false);
  const spoke = `arn:aws:iam::${other}:role/tollgate-dev-spoke-acme`;
  expect(asks('sts', 'sts:AssumeRole', spoke, account)).toBe(true);
  expect(asks('sts', 'sts:AssumeRole', spoke, other)).toBe(false);
  const own = [...endpoints]
    .filter(([, policy]) => JSON.stringify(policy).includes(`"${other}"`))
    .map(([name]) => name);
  expect(own.sort()).toEqual(['bedrock-runtime', 'sagemaker.runtime']);
});
