import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseIssuers } from '../contract/issuer.ts';
import { AUTHORIZER_TTL_SECONDS } from '../contract/limits/contract.ts';
import { KEY_DAYS_MAX } from '../contract/limits/keys.ts';
import { stageName } from '../contract/names.ts';
import type { Environment } from '../contract/read-setting.ts';
import { switchedOn } from '../contract/switched-on.ts';
import type { LoggedEdit } from '../registry/edits/types.ts';
import type { Writer } from '../registry/writer.ts';
import { shown } from './answer.ts';
import { atText } from './past.ts';
import { lines } from './print.ts';
import { warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';
import { ownVersion } from './version.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf(program, target, 'status', {
    about: 'where commands act: what is on there, how much is in its registry, and the last edit',
    run: async (_, at) => {
      const where = await at.target();
      const [deployed, held] = await Promise.all([deployedAt(where), heldIn(await at.registry())]);
      const document = { tollgate: ownVersion(), stage: where.stage, region: where.region, ...deployed, ...held };
      return shown(where.stage, membersOf(document) as object, () => lines(document));
    },
  });
}

/** As programs name them: `lastEdit`. */
function membersOf(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase()),
      membersOf(inner),
    ]),
  );
}

async function heldIn(registry: Writer): Promise<Record<string, string>> {
  const [tenants, models, last] = await Promise.all([
    registry.listTenants(),
    registry.listModels(),
    registry.lastEdit(),
  ]);
  const unusable = [...tenants.unusable, ...models.unusable];
  warnOf({ unusable });
  const suspended = tenants.entries.filter((tenant) => tenant.suspended).length;
  const callable = models.entries.filter(({ lifecycle }) => !['draft', 'retired'].includes(lifecycle.status)).length;
  return {
    tenants: `${tenants.entries.length}, ${suspended} of them suspended`,
    models: `${models.entries.length}, ${callable} of them can be called`,
    'unusable items': String(unusable.length),
    'last edit': last === undefined ? 'none' : `${last.edit}, ${atText(last)}, by ${last.by}`,
    ...unfinished(last),
  };
}

/** A plan’s parts follow one another: whoever made the last one of all should have gone on. */
function unfinished(last: LoggedEdit | undefined): Record<string, string> {
  const { plan } = last ?? {};
  if (plan === undefined || plan.part >= plan.of) return {};
  const what = `${plan.id}, part ${plan.part} of ${plan.of} was the last that was made`;
  return { 'unfinished plan': `${what}: the same file again makes the rest, tollgate undo ${plan.id} takes it back` };
}

/** The local gateway wrote it down when it started; of a stage its functions have it among their variables. */
async function deployedAt(where: Target): Promise<object> {
  if (where.kind === 'local') return { url: where.gateway, ...written(process.env.TOLLGATE_DATA || '.tollgate') };
  try {
    return await stageAt(where);
  } catch (error) {
    return { on: `not known: Lambda could not be asked (${(error as Error).name})` };
  }
}

/** The version of the gateway that runs, and what is on; an older one has not written it. */
function written(dataDir: string): object {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'on.json'), 'utf8')) as object;
  } catch {
    return {};
  }
}

async function stageAt({ stage, region, clientConfig }: Target): Promise<object> {
  const { GetFunctionConfigurationCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient(clientConfig);
  const read = async (what: string) =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName: stageName(stage, what) })).catch((error: Error) => {
      if (error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    });
  const [authorizer, invoke, sync] = await Promise.all(['authorizer', 'invoke', 'sync'].map(read));
  if (authorizer === undefined || invoke === undefined)
    return { on: 'not known: it has no functions, but a container' };
  const decisions: Environment = authorizer.Environment?.Variables ?? {};
  const calls: Environment = invoke.Environment?.Variables ?? {};
  const on = switchedOn({
    issuers: parseIssuers(JSON.parse(decisions.TOLLGATE_ISSUERS ?? '[]')),
    authorizerTtlSeconds: Number(decisions.TOLLGATE_AUTHORIZER_TTL ?? AUTHORIZER_TTL_SECONDS),
    broker: calls.TOLLGATE_BROKER_FUNCTION !== undefined,
    tenantIsolation: invoke.TenancyConfig?.TenantIsolationMode === 'PER_TENANT',
    ...(decisions.TOLLGATE_KEYS_TABLE === undefined
      ? {}
      : { keyMaxDays: Number(decisions.TOLLGATE_KEY_MAX_DAYS ?? KEY_DAYS_MAX) }),
    corsOrigins: calls.TOLLGATE_CORS_ORIGINS?.split(',') ?? [],
    storeResponses: calls.TOLLGATE_STORE_RESPONSES === 'true',
    routingJson: calls.TOLLGATE_ROUTING,
    sharedHealth: calls.TOLLGATE_SHARED_HEALTH === 'true',
  });
  return {
    url: (await urlOf(stage, region, clientConfig)) ?? 'none',
    deployed: invoke.LastModified ?? '',
    on: { ...on, 'daily sync': sync === undefined ? 'off' : 'on' },
  };
}

async function urlOf(stage: string, region: string, clientConfig: Target['clientConfig']): Promise<string | undefined> {
  const { APIGatewayClient, paginateGetRestApis } = await import('@aws-sdk/client-api-gateway');
  const client = new APIGatewayClient(clientConfig);
  for await (const { items = [] } of paginateGetRestApis({ client }, {}))
    for (const { id, name, disableExecuteApiEndpoint } of items)
      if (name === stageName(stage, 'gateway'))
        return disableExecuteApiEndpoint
          ? 'under a name of its own alone (tollgate:domain)'
          : `https://${id}.execute-api.${region}.amazonaws.com/${stage}`;
  return undefined;
}
