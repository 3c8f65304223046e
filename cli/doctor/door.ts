import type { Authorizer, Method, RestApi, Stage } from '@aws-sdk/client-api-gateway';
import { type Check, ifThere, type Problem, type Sight, STAGE, wrong } from './check.ts';
import { ANYTHING, isLike } from './deployed.ts';
import { REVERT } from './mend.ts';
import { sameDocument } from './roles.ts';

type Properties = Record<string, unknown>;
const NEEDS = ['cloudformation:GetTemplate', 'apigateway:GET'];

/** The API that the stack made, and whom to ask of it; undefined where there is none of its own. */
async function ownApi({ target, deployed }: Sight) {
  const stack = await deployed();
  const [api] = stack.of('AWS::ApiGateway::RestApi');
  if (api === undefined) return undefined;
  const sdk = await import('@aws-sdk/client-api-gateway');
  return { stack, api, sdk, client: new sdk.APIGatewayClient(target.clientConfig) };
}

export interface AuthorizersSeen {
  deployed: Properties[];
  found: Authorizer[];
}

export const authorizer: Check<AuthorizersSeen> = {
  id: 'authorizer',
  on: STAGE,
  needs: NEEDS,
  async read(sight) {
    const own = await ownApi(sight);
    if (own === undefined) return undefined;
    const { stack, api, client, sdk } = own;
    const { items = [] } = await client.send(new sdk.GetAuthorizersCommand({ restApiId: api.id, limit: 500 }));
    return { deployed: stack.of('AWS::ApiGateway::Authorizer').map(({ properties }) => properties), found: items };
  },
  judge({ deployed, found }) {
    const problems = deployed.flatMap((properties): Problem[] => {
      const {
        Name: name,
        AuthorizerResultTtlInSeconds: ttl,
        IdentitySource: source,
        AuthorizerUri: uri,
        Type: type,
      } = properties;
      const there = found.find((one) => one.name === name);
      if (there === undefined) return [wrong(`the authorizer ${name} is gone: every call is refused, or open`, REVERT)];
      const differs = (what: string, said: unknown, is: unknown): Problem[] =>
        isLike(said, is) ? [] : [wrong(`${what} is ${is}, and was deployed as ${said}`, REVERT)];
      return [
        ...differs('the time that decisions are kept for (seconds)', ttl, there.authorizerResultTtlInSeconds),
        ...differs('what names the caller (identity source)', source, there.identitySource),
        ...differs('the kind of authorizer', type, there.type),
        ...(isLike(uri, there.authorizerUri) ? [] : [wrong('another function decides than was deployed', REVERT)]),
      ];
    });
    const [first] = deployed;
    return { ok: `decisions kept ${first?.AuthorizerResultTtlInSeconds} s, by ${first?.IdentitySource}`, problems };
  },
};

interface DeployedMethod {
  verb: string;
  /** Of the resource; ANYTHING: the root's, which the template does not name. */
  resource: string;
  open: boolean;
  key: boolean;
}

export interface MethodsSeen {
  deployed: DeployedMethod[];
  found: { id: string; path: string; methods: Record<string, Pick<Method, 'authorizationType' | 'apiKeyRequired'>> }[];
}

/** Nothing but what was deployed open may be called without a token. */
export const methods: Check<MethodsSeen> = {
  id: 'methods',
  on: STAGE,
  needs: NEEDS,
  async read(sight) {
    const own = await ownApi(sight);
    if (own === undefined) return undefined;
    const { stack, api, client, sdk } = own;
    const found: MethodsSeen['found'] = [];
    for await (const { items = [] } of sdk.paginateGetResources(
      { client, pageSize: 500 },
      { restApiId: api.id, embed: ['methods'] },
    ))
      for (const { id = '', path = '', resourceMethods = {} } of items)
        found.push({ id, path, methods: resourceMethods });
    return {
      deployed: stack.of('AWS::ApiGateway::Method').map(({ properties }) => ({
        verb: String(properties.HttpMethod),
        resource: String(properties.ResourceId),
        open: properties.AuthorizationType === 'NONE',
        key: properties.ApiKeyRequired === true,
      })),
      found,
    };
  },
  judge({ deployed, found }) {
    const of = (id: string, path: string, verb: string) =>
      deployed.find((one) => one.verb === verb && (one.resource === id || (one.resource === ANYTHING && path === '/')));
    const problems = found.flatMap(({ id, path, methods }) =>
      Object.entries(methods).flatMap(([verb, { authorizationType, apiKeyRequired = false }]): Problem[] => {
        const method = of(id, path, verb);
        const where = `${verb} ${path}`;
        if (method === undefined) return [wrong(`${where} was added by hand`, REVERT)];
        if (!method.open && authorizationType !== 'CUSTOM')
          return [wrong(`${where} can be called without the authorizer (${authorizationType})`, REVERT)];
        if (method.key !== apiKeyRequired)
          return [
            wrong(
              `${where} ${apiKeyRequired ? 'asks for' : 'does not ask for'} an API key, otherwise than deployed`,
              REVERT,
            ),
          ];
        return [];
      }),
    );
    const there = found.flatMap(({ id, path, methods }) => Object.keys(methods).map((verb) => of(id, path, verb)));
    const gone = deployed.filter((one) => !there.includes(one));
    const open = deployed.filter((one) => one.open).length;
    return {
      ok: `${deployed.length} methods, ${deployed.length - open} behind the authorizer, ${open} open on purpose`,
      problems: [...problems, ...gone.map(({ verb }) => wrong(`a method ${verb} that was deployed is gone`, REVERT))],
    };
  },
};

export interface ApiSeen {
  api: { deployed: Properties; found: RestApi | undefined };
  stage: { deployed: Properties; found: Stage | undefined };
}

export const api: Check<ApiSeen> = {
  id: 'api',
  on: STAGE,
  needs: NEEDS,
  async read(sight) {
    const own = await ownApi(sight);
    const [stage] = own?.stack.of('AWS::ApiGateway::Stage') ?? [];
    if (own === undefined || stage === undefined) return undefined;
    const { api, client, sdk } = own;
    const stageName = String(stage.properties.StageName);
    const [found, foundStage] = await Promise.all([
      ifThere(client.send(new sdk.GetRestApiCommand({ restApiId: api.id }))),
      ifThere(client.send(new sdk.GetStageCommand({ restApiId: api.id, stageName }))),
    ]);
    return { api: { deployed: api.properties, found }, stage: { deployed: stage.properties, found: foundStage } };
  },
  judge({ api, stage }) {
    if (api.found === undefined || stage.found === undefined)
      return { ok: '', problems: [wrong('the API, or its stage, is gone', REVERT)] };
    const said = api.deployed as {
      EndpointConfiguration?: { Types?: string[] };
      Policy?: unknown;
      ApiKeySourceType?: string;
    };
    const settings = ((stage.deployed.MethodSettings ?? []) as Properties[])[0];
    const method = stage.found.methodSettings?.['*/*'];
    const differs = (what: string, deployed: unknown, found: unknown): Problem[] =>
      deployed === undefined || isLike(deployed, found)
        ? []
        : [wrong(`${what} is ${found}, and was deployed as ${deployed}`, REVERT)];
    return {
      ok: `deployment ${stage.found.deploymentId}, ${method?.throttlingRateLimit} calls a second, ${said.Policy === undefined ? 'no resource policy' : 'its resource policy'}`,
      problems: [
        ...differs(
          'the endpoint',
          said.EndpointConfiguration?.Types?.join(),
          api.found.endpointConfiguration?.types?.join(),
        ),
        ...differs('where API keys come from', said.ApiKeySourceType, api.found.apiKeySource),
        ...(samePolicy(said.Policy, api.found.policy) ? [] : [wrong('its resource policy was changed', REVERT)]),
        ...differs('what is deployed', stage.deployed.DeploymentId, stage.found.deploymentId),
        ...differs('calls a second', settings?.ThrottlingRateLimit, method?.throttlingRateLimit),
        ...differs('calls at once', settings?.ThrottlingBurstLimit, method?.throttlingBurstLimit),
        ...(stage.deployed.AccessLogSetting !== undefined && stage.found.accessLogSettings?.destinationArn === undefined
          ? [wrong('it writes no access log', REVERT)]
          : []),
        // Execution logs hold headers and bodies: tokens and prompts.
        ...(method?.dataTraceEnabled ? [wrong('it writes bodies and headers into its log', REVERT)] : []),
      ],
    };
  },
};

/** API Gateway gives its policy back as text within text, and `execute-api:/*` as the API's whole ARN. */
function samePolicy(deployed: unknown, found: string | undefined): boolean {
  if (deployed === undefined || found === undefined) return deployed === found;
  const document = JSON.parse(found.replaceAll('\\"', '"').replaceAll('\\/', '/')) as unknown;
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(/arn:[\w-]+:execute-api:[^"]*?\//g, 'execute-api:/'));
  return sameDocument(plain(deployed), plain(document));
}
