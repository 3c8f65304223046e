import { describe, expect, test } from 'vitest';
import { otlpSettings } from '../../contract/otlp.ts';
import { invokeSettings } from '../../contract/settings.ts';
import { BOTH, CONTAINER, flat, OTLP, ofType, only, type Resource, resourcesOf, rolesOf, stackOf } from './synth.ts';

const plain = resourcesOf(stackOf().stack);
const TRACED = { 'tollgate:tracing': true, 'tollgate:admin': true, 'tollgate:alerts': true, 'tollgate:broker': true };

const functionsOf = (resources: Record<string, Resource>) =>
  Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');

/** The role of a function, as it is in the template. */
function roleOf(resources: Record<string, Resource>, { Properties: { Role: role } }: Resource): Resource {
  const [id] = (role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'];
  return resources[id] as Resource;
}

describe('with X-Ray', () => {
  test.each([
    ['every function that there is', TRACED],
    ['those that CDK makes for itself, too', { ...TRACED, 'tollgate:protect': 'none' }],
    ['an environment per tenant', { ...TRACED, 'tollgate:tenantIsolation': true }],
    ['what is beside a container', { ...TRACED, ...BOTH }],
  ])('the API and %s are traced, and each may put its own segments and no others', (_, given) => {
    const traced = resourcesOf(stackOf(given).stack);
    expect(only(traced, 'AWS::ApiGateway::Stage').TracingEnabled).toBe(true);
    const functions = functionsOf(traced);
    expect(functions.length).toBeGreaterThan(6);
    for (const found of functions) {
      expect(found.Properties.TracingConfig).toEqual({ Mode: 'Active' });
      const role = roleOf(traced, found);
      const { FunctionName: name } = found.Properties;
      const [own] = rolesOf({ role }).flatMap(({ own }) => [own.filter(({ Action }) => /xray:/.test(Action.join()))]);
      const arn = `arn:aws:lambda:us-east-1:111122223333:function:${flat(name)}`;
      const may = {
        ...{ Effect: 'Allow', Resource: ['*'] },
        Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      };
      const but = {
        ...{ Effect: 'Deny', Action: ['xray:PutTraceSegments'], Resource: ['*'] },
        Condition: { ArnNotLike: { 'lambda:SourceFunctionArn': [arn, `${arn}:*`] } },
      };
      expect(own).toEqual(name === undefined ? [may] : [may, but]);
    }
  });

  test('nothing is made for it, and roles that are no function’s are as they were', () => {
    const traced = resourcesOf(stackOf({ 'tollgate:tracing': true }).stack);
    expect(Object.keys(traced)).toEqual(Object.keys(plain));
    const roles = new Set(functionsOf(plain).map((one) => roleOf(plain, one)));
    for (const [id, { Type, Properties }] of Object.entries(plain))
      if (Type === 'AWS::IAM::Role' && !roles.has(plain[id] as Resource))
        expect(traced[id]?.Properties).toEqual(Properties);
  });
});

describe('with a collector of spans', () => {
  const collected = resourcesOf(stackOf({ ...BOTH, 'tollgate:otlp': OTLP, 'tollgate:admin': true }).stack);
  const environmentOf = (resources: Record<string, Resource>, name: string) => {
    const found = ofType(resources, 'AWS::Lambda::Function').find(({ FunctionName }) => FunctionName === name);
    return (found?.Environment as { Variables: Record<string, string> } | undefined)?.Variables ?? {};
  };

  test('invoke and the container find it in their environment, and nobody else', () => {
    const { otel } = invokeSettings(
      Object.fromEntries(
        Object.entries(environmentOf(collected, 'tollgate-dev-invoke')).map(([name, value]) => [name, flat(value)]),
      ),
    );
    expect(otel?.TOLLGATE_OTLP_HEADERS_SECRET).toBe(OTLP.headersSecret);
    const { url, sampler } = otlpSettings(otel ?? {}, 'dev');
    expect(String(url)).toBe('https://otlp.example.com/v1/traces');
    expect(sampler).toEqual({ heedsCaller: true, ratio: 0.25 });
    const { ContainerDefinitions } = only(collected, 'AWS::ECS::TaskDefinition');
    expect(ContainerDefinitions).toMatchObject([
      { Environment: expect.arrayContaining([{ Name: 'OTEL_EXPORTER_OTLP_ENDPOINT', Value: OTLP.endpoint }]) },
    ]);
    for (const name of ['authorizer', 'admin', 'metering'])
      expect(JSON.stringify(environmentOf(collected, `tollgate-dev-${name}`))).not.toMatch(/OTEL|OTLP/);
  });

  test('they may read its headers’ secret, invoke’s role in invoke alone; a layer is invoke’s', () => {
    const reading = rolesOf(collected).filter(({ own }) =>
      own.some(({ Effect, Resource }) => Effect === 'Allow' && Resource.includes(OTLP.headersSecret)),
    );
    expect(reading.map(({ name }) => name).sort()).toEqual([
      'tollgate-dev-container-us-east-1',
      'tollgate-dev-invoke-us-east-1',
    ]);
    const invoke = reading.find(({ name }) => name.includes('-invoke-'));
    const deny = invoke?.own.find(
      ({ Effect, Action }) => Effect === 'Deny' && Action.join().includes('secretsmanager:'),
    );
    expect(deny).toMatchObject({ Action: expect.arrayContaining(['secretsmanager:GetSecretValue']), Resource: ['*'] });
    const layered = ofType(collected, 'AWS::Lambda::Function').filter(({ Layers }) => Layers !== undefined);
    expect(layered).toMatchObject([{ FunctionName: 'tollgate-dev-invoke', Layers: [OTLP.layer] }]);
  });

  test('from within a private network the secret is reached, too', () => {
    const network = { cidr: '10.20.0.0/20', reachable: ['otlp.example.com'] };
    const inside = resourcesOf(stackOf({ 'tollgate:otlp': OTLP, 'tollgate:network': network }).stack);
    const policies = ofType(inside, 'AWS::EC2::VPCEndpoint').map(({ PolicyDocument }) =>
      JSON.stringify(PolicyDocument),
    );
    expect(policies.filter((policy) => policy.includes(OTLP.headersSecret))).toHaveLength(1);
  });

  test('without a secret and a layer there is nothing but the variable', () => {
    const endpoint = 'http://127.0.0.1:4318';
    const told = resourcesOf(stackOf({ 'tollgate:otlp': JSON.stringify({ endpoint }) }).stack);
    for (const [id, resource] of Object.entries(plain)) {
      const { Environment, ...Properties } = told[id]?.Properties ?? {};
      const { Environment: before, ...unchanged } = resource.Properties ?? {};
      expect(Properties, id).toEqual(unchanged);
      if (resource.Properties?.FunctionName !== 'tollgate-dev-invoke') expect(Environment, id).toEqual(before);
    }
    expect(environmentOf(told, 'tollgate-dev-invoke')).toEqual({
      ...environmentOf(plain, 'tollgate-dev-invoke'),
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    });
  });
});

test('without either nothing speaks of traces', () => {
  expect(JSON.stringify(plain)).not.toMatch(/Tracing|xray|OTEL|OTLP/);
  expect(JSON.stringify(resourcesOf(stackOf(CONTAINER).stack))).not.toMatch(/Tracing|xray|OTEL|OTLP/);
});
