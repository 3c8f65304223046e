import type { Clock } from '../../../contract/log.ts';
import { defaultPlanName, usageKey } from '../../../policies/usage-key.ts';
import { AwsError } from '../error.ts';
import { restJsonError } from '../frames.ts';
import { type JsonObject, parseBody } from '../read.ts';
import type { AwsRequest, Plan, Service } from '../service.ts';
import { addKey, createKey, deleteKey, keyOf, listKeys, shown, updateKey } from './keys.ts';
import { type Limits, openLimits } from './limits.ts';
import {
  createPlan,
  createPlanKey,
  deletePlan,
  deletePlanKey,
  listPlanKeys,
  listPlans,
  planOf,
  updatePlan,
} from './plans.ts';
import { openStore, type State, type UsagePlan } from './store.ts';
import { type DeployedApi, newId, notFound, page, type Run } from './wire.ts';

export interface ApiGateway {
  service: Service;
  limits: Limits;
}

/**
 * API Gateway's control plane as far as usage plans need it, REST-JSON, and what it decides: the limits. The default key
 * and plan, which the template makes in AWS, are there from the first start.
 *
 * @param folder is there; keys, plans and what quotas have counted survive a restart in it
 */
export async function createApiGateway(folder: string, api: DeployedApi, clock: Clock): Promise<ApiGateway> {
  const store = await openStore(folder);
  const now = (): number => Math.floor(clock() / 1_000);
  await store.edit((state) => addDefault(state, api, now()));
  const service: Service = {
    name: 'apigateway',
    // As for the stores: whoever reaches the loopback interface may plan what passes here.
    strict: () => false,
    fail: restJsonError,
    plan(request) {
      const route = routeOf(request);
      return {
        operation: route.operation,
        needs: [
          {
            action: `apigateway:${request.method}`,
            resource: `arn:aws:apigateway:${request.region}::${request.path}`,
            context: {},
          },
        ],
        serve: async () => {
          const asked = {
            ids: route.ids,
            query: new URLSearchParams(request.query),
            body: bodyOf(request),
            now: now(),
            api,
          };
          const result = route.reads
            ? route.run(store.state, asked)
            : await store.edit((state) => route.run(state, asked));
          return {
            status: route.status,
            headers: { 'content-type': 'application/json' },
            body: result === undefined ? '' : JSON.stringify(result),
          };
        },
      } satisfies Plan;
    },
  };
  return { service, limits: await openLimits({ store, folder, clock, apiId: api.apiId, stage: api.stage }) };
}

interface Route {
  operation: string;
  status: number;
  reads: boolean;
  run: Run;
}

// The operation, and the form of its path with a + for each variable part.
const ROUTES: Readonly<Record<string, readonly [operation: string, status: number, run: Run]>> = {
  'GET /restapis': ['GetRestApis', 200, (_, asked) => page([restApi(asked.api)], asked.query)],
  'GET /restapis/+': ['GetRestApi', 200, (_, { ids: [id], api }) => restApi(deployed(api, id))],
  'GET /restapis/+/authorizers': [
    'GetAuthorizers',
    200,
    (_, { ids: [id], api, query }) => page([authorizer(deployed(api, id))], query),
  ],
  'GET /apikeys': ['GetApiKeys', 200, listKeys],
  'POST /apikeys': ['CreateApiKey', 201, createKey],
  'GET /apikeys/+': [
    'GetApiKey',
    200,
    (state, asked) => shown(keyOf(state, asked.ids[0]), asked.query, 'includeValue'),
  ],
  'PATCH /apikeys/+': ['UpdateApiKey', 200, updateKey],
  'DELETE /apikeys/+': ['DeleteApiKey', 202, deleteKey],
  'GET /usageplans': ['GetUsagePlans', 200, listPlans],
  'POST /usageplans': ['CreateUsagePlan', 201, createPlan],
  'GET /usageplans/+': ['GetUsagePlan', 200, (state, { ids: [id] }) => planOf(state, id)],
  'PATCH /usageplans/+': ['UpdateUsagePlan', 200, updatePlan],
  'DELETE /usageplans/+': ['DeleteUsagePlan', 202, deletePlan],
  'GET /usageplans/+/keys': ['GetUsagePlanKeys', 200, listPlanKeys],
  'POST /usageplans/+/keys': ['CreateUsagePlanKey', 201, createPlanKey],
  'DELETE /usageplans/+/keys/+': ['DeleteUsagePlanKey', 202, deletePlanKey],
};

const WORDS = new Set(['restapis', 'authorizers', 'apikeys', 'usageplans', 'keys']);

function routeOf({ method, path }: AwsRequest): Route & { ids: string[] } {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const form = `${method} /${parts.map((part) => (WORDS.has(part) ? part : '+')).join('/')}`;
  const found = Object.hasOwn(ROUTES, form) ? ROUTES[form] : undefined;
  if (found === undefined) throw new AwsError(404, 'NotFoundException', `No such operation here: ${method} ${path}`);
  const [operation, status, run] = found;
  return { operation, status, run, reads: method === 'GET', ids: parts.filter((part) => !WORDS.has(part)) };
}

function bodyOf({ body }: AwsRequest): JsonObject {
  return body.length === 0 ? {} : parseBody(body);
}

function deployed(api: DeployedApi, id: string | undefined): DeployedApi {
  if (id !== api.apiId) throw notFound('API');
  return api;
}

function restApi({ apiId, name }: DeployedApi): { id: string } {
  return Object.assign(
    { id: apiId },
    { name, apiKeySource: 'AUTHORIZER', endpointConfiguration: { types: ['REGIONAL'] } },
  );
}

function authorizer({ stage, authorizerTtlSeconds }: DeployedApi): { id: string } {
  const more = { name: `tollgate-${stage}-authorizer`, type: 'REQUEST' };
  return Object.assign({ id: 'authorizer' }, more, { authorizerResultTtlInSeconds: authorizerTtlSeconds });
}

/** What CloudFormation makes in AWS: the key of tenants without a plan, in a plan without limits. */
function addDefault(state: State, { account, region, apiId, stage }: DeployedApi, now: number): void {
  const value = usageKey({ account, region, stage }, null);
  const name = defaultPlanName(stage);
  if (state.keys.some((key) => key.value === value)) return;
  const key = addKey(state, { name, value, enabled: true }, now);
  const plan: UsagePlan = { id: newId(), name, apiStages: [{ apiId, stage }] };
  state.plans.push(plan);
  state.planKeys.push({ planId: plan.id, keyId: key.id });
}
