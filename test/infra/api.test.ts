import { describe, expect, test } from 'vitest';
import { GATEWAY_RESPONSES } from '../../contract/gateway-responses.ts';
import { usageKey } from '../../policies/usage-key.ts';
import { flat, ofType, only as onlyOf, resourcesOf, stackOf } from './synth.ts';

const resources = resourcesOf(stackOf().stack);
const only = (type: string) => onlyOf(resources, type);

describe('the API', () => {
  const pathOf = (method: Record<string, unknown>): string => {
    const resource = resources[flat(method.ResourceId).replace(/[<>]/g, '')];
    return `${flat(method.HttpMethod)} /${resource === undefined ? '' : flat(resource.Properties.PathPart)}`;
  };
  const methods = ofType(resources, 'AWS::ApiGateway::Method');

  test('every route has the authorizer, but those that need no token', () => {
    const open = methods.filter(({ AuthorizationType }) => AuthorizationType !== 'CUSTOM');
    expect(open.map(pathOf).sort()).toEqual(
      ['GET', 'HEAD'].flatMap((verb) => ['docs', 'health', 'openapi.json'].map((path) => `${verb} /${path}`)),
    );
    const guarded = methods.filter(({ AuthorizationType }) => AuthorizationType === 'CUSTOM');
    expect(guarded.map(pathOf).sort()).toEqual(['ANY /', 'ANY /{proxy+}']);
    for (const { AuthorizerId } of guarded) expect(AuthorizerId).toEqual(expect.anything());
  });

  test('pages of the listed origins may ask without a token whether they may call, and read what the API itself answers', () => {
    const { stack } = stackOf({ 'tollgate:corsOrigins': 'https://app.example, https://www.example' });
    const made = resourcesOf(stack);
    const asked = ofType(made, 'AWS::ApiGateway::Method').filter(({ HttpMethod }) => HttpMethod === 'OPTIONS');
    expect(asked.map(({ AuthorizationType }) => AuthorizationType)).toEqual(['NONE', 'NONE', 'NONE', 'NONE', 'NONE']);
    for (const { ResponseParameters } of ofType(made, 'AWS::ApiGateway::GatewayResponse'))
      expect(ResponseParameters).toMatchObject({ 'gatewayresponse.header.access-control-allow-origin': "'*'" });
    const functions = ofType(made, 'AWS::Lambda::Function').map(({ Environment }) => JSON.stringify(Environment));
    expect(functions.filter((text) => text?.includes('"https://app.example,https://www.example"'))).toHaveLength(1);
    expect(JSON.stringify(resources)).not.toContain('access-control');
  });

  test('every route streams the answer of the invoke function', () => {
    expect(methods).toHaveLength(8);
    for (const { Integration } of methods) {
      expect(Integration).toMatchObject({
        Type: 'AWS_PROXY',
        ResponseTransferMode: 'STREAM',
        TimeoutInMillis: 900_000,
      });
      expect(flat((Integration as Record<string, unknown>).Uri)).toMatch(
        /InvokeFunction.*response-streaming-invocations$/,
      );
    }
  });

  test('the authorizer is asked by request, keyed by the whole header, and remembered as long as the setting says', () => {
    expect(only('AWS::ApiGateway::Authorizer')).toMatchObject({
      Type: 'REQUEST',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 60,
    });
    const never = ofType(
      resourcesOf(stackOf({ 'tollgate:authorizerTtlSeconds': 0 }).stack),
      'AWS::ApiGateway::Authorizer',
    );
    expect(never).toEqual([expect.objectContaining({ AuthorizerResultTtlInSeconds: 0 })]);
  });

  describe('usage plans', () => {
    const guardedOf = (from: typeof resources) =>
      ofType(from, 'AWS::ApiGateway::Method').filter(({ AuthorizationType }) => AuthorizationType === 'CUSTOM');
    const stage = { account: '111122223333', region: 'us-east-1', stage: 'dev' };
    const typeOf = (reference: unknown) => resources[flat(reference).replace(/[<>]/g, '')]?.Type;

    test('the API key is the authorizer’s to name, never a header’s, and every guarded route needs one', () => {
      expect(only('AWS::ApiGateway::RestApi')).toMatchObject({ ApiKeySourceType: 'AUTHORIZER' });
      expect(methods.filter(({ ApiKeyRequired }) => ApiKeyRequired === true).map(pathOf)).toEqual(
        guardedOf(resources).map(pathOf),
      );
    });

    test('the stage has a key that the authorizer names for tenants without a plan, in a plan without limits', () => {
      expect(only('AWS::ApiGateway::ApiKey')).toMatchObject({
        Name: 'tollgate-dev-default',
        Enabled: true,
        Value: usageKey(stage, null),
      });
      const plan = only('AWS::ApiGateway::UsagePlan');
      expect(plan).not.toHaveProperty('Throttle');
      expect(plan).not.toHaveProperty('Quota');
      const attached = plan.ApiStages as { ApiId: unknown; Stage: unknown }[];
      expect(attached.map(({ ApiId, Stage }) => [typeOf(ApiId), typeOf(Stage)])).toEqual([
        ['AWS::ApiGateway::RestApi', 'AWS::ApiGateway::Stage'],
      ]);
      const { KeyId, KeyType, UsagePlanId } = only('AWS::ApiGateway::UsagePlanKey');
      expect([KeyType, typeOf(KeyId), typeOf(UsagePlanId)]).toEqual([
        'API_KEY',
        'AWS::ApiGateway::ApiKey',
        'AWS::ApiGateway::UsagePlan',
      ]);
    });

    test('an account that is known only when the stack is deployed stands in the key as it is', () => {
      const unknown = resourcesOf(stackOf({ 'tollgate:account': '' }).stack);
      expect(flat(onlyOf(unknown, 'AWS::ApiGateway::ApiKey').Value)).toBe(
        usageKey({ ...stage, account: '<AWS::AccountId>' }, null),
      );
    });

    test('turned off, no route needs a key, and the default one is there for the day they are turned on', () => {
      const off = resourcesOf(stackOf({ 'tollgate:usagePlans': false }).stack);
      for (const { ApiKeyRequired } of guardedOf(off)) expect(ApiKeyRequired).toBe(false);
      expect(onlyOf(off, 'AWS::ApiGateway::RestApi')).not.toHaveProperty('ApiKeySourceType');
      expect(onlyOf(off, 'AWS::ApiGateway::ApiKey')).toEqual(only('AWS::ApiGateway::ApiKey'));
    });
  });

  test('is regional, so that a stream may be silent for five minutes', () => {
    expect(only('AWS::ApiGateway::RestApi')).toMatchObject({ EndpointConfiguration: { Types: ['REGIONAL'] } });
  });

  test('access logs are JSON and hold no header, query, body or path as it was written', () => {
    const { Format } = only('AWS::ApiGateway::Stage').AccessLogSetting as { Format: string };
    const variables = Object.values(JSON.parse(Format) as Record<string, string>);
    const ALLOWED =
      /^\$context\.(requestId|requestTimeEpoch|identity\.sourceIp|httpMethod|resourcePath|status|responseLength|responseLatency|integration\.(latency|status)|authorizer\.(latency|status|tenant)|error\.responseType)$/;
    for (const variable of variables) expect(variable).toMatch(ALLOWED);
    expect(Format).not.toMatch(/header|authorization|token|querystring|\$input|\$context\.path|error\.message/i);
  });

  test('nothing that is answered is cached: an answer may hold the credentials of one caller', () => {
    expect(only('AWS::ApiGateway::Stage')).not.toHaveProperty('CacheClusterEnabled');
    expect(JSON.stringify(only('AWS::ApiGateway::Stage').MethodSettings)).not.toContain('Caching');
    for (const { Integration } of methods) expect(Integration).not.toHaveProperty('CacheKeyParameters');
  });

  test('execution logs, which hold headers and bodies, are off, and calls are throttled', () => {
    expect(only('AWS::ApiGateway::Stage')).toMatchObject({
      StageName: 'dev',
      MethodSettings: [
        {
          HttpMethod: '*',
          ResourcePath: '/*',
          DataTraceEnabled: false,
          LoggingLevel: 'OFF',
          ThrottlingRateLimit: 100,
          ThrottlingBurstLimit: 200,
        },
      ],
    });
  });

  test("what the gateway answers by itself is the contract's body and names the request", () => {
    const responses = ofType(resources, 'AWS::ApiGateway::GatewayResponse');
    expect(responses.map(({ ResponseType }) => ResponseType).sort()).toEqual(Object.keys(GATEWAY_RESPONSES).sort());
    for (const { ResponseParameters, ResponseTemplates } of responses) {
      expect(ResponseParameters).toMatchObject({ 'gatewayresponse.header.x-request-id': 'context.requestId' });
      // No variable of the gateway's template language: nothing of the request or of AWS is repeated.
      expect(JSON.stringify(ResponseTemplates)).not.toContain('$');
    }
    expect(responses.find(({ ResponseType }) => ResponseType === 'UNAUTHORIZED')).toMatchObject({
      StatusCode: '401',
      ResponseParameters: { 'gatewayresponse.header.www-authenticate': "'Bearer'" },
    });
  });

  test('an account whose log role is managed elsewhere is left alone', () => {
    const without = resourcesOf(stackOf({ 'tollgate:apiGatewayLogRole': false }).stack);
    expect(ofType(resources, 'AWS::ApiGateway::Account')).toHaveLength(1);
    expect(ofType(without, 'AWS::ApiGateway::Account')).toHaveLength(0);
  });
});
