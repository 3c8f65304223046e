import {
  type APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteUsagePlanCommand,
  type UsagePlan as DeployedPlan,
  GetAuthorizersCommand,
  type PatchOperation,
  paginateGetApiKeys,
  paginateGetRestApis,
  paginateGetUsagePlanKeys,
  paginateGetUsagePlans,
  UpdateApiKeyCommand,
  UpdateUsagePlanCommand,
} from '@aws-sdk/client-api-gateway';
import { TollgateError } from '../../contract/errors.ts';
import type { CountedBy, TenantId } from '../../contract/identity.ts';
import { API_KEYS_PER_PAGE } from '../../contract/limits/registry.ts';
import { stageName } from '../../contract/names.ts';
import { quotaSettings } from '../../contract/plan.ts';
import { type DeployedStage, tenantPlanName, unitPlanName, usageKey } from '../../policies/usage-key.ts';
import type { UsagePlan } from '../../registry/plan.ts';

/** The API of a stage. */
export interface StageApi {
  id: string;
  /** Seconds for which API Gateway remembers an authorizer's answer, and with it the key that it named. */
  authorizerTtlSeconds: number;
}

/**
 * A tenant's key and plan in API Gateway, as the registry is going to have them. Every step looks first at what is there, so
 * a run that was broken off anywhere is finished by another.
 */
export interface UsagePlans {
  /** @throws TollgateError `not_found` for a stage without an API; `bad_setting` for one without usage plans */
  api(): Promise<StageApi>;
  /**
   * Key, plan, and the key in the plan, which is last: only then does the key let anything through.
   *
   * @returns whether the key has been put into the plan by this run, so that API Gateway may not know it everywhere yet
   */
  put(api: StageApi, tenant: TenantId, plan: UsagePlan): Promise<boolean>;
  /**
   * That the key and plan of a unit are there: whoever is counted by a key that is not is refused.
   *
   * @throws TollgateError `not_found`
   */
  checkUnit(api: StageApi, unit: string): Promise<void>;
  /** @returns whether there was anything to take away */
  remove(tenant: TenantId): Promise<boolean>;
}

/** One request after another: API Gateway takes 5 to 20 a second of these from a whole account. */
export function usagePlans(client: APIGatewayClient, deployed: DeployedStage): UsagePlans {
  const { stage } = deployed;
  const paged = { client, pageSize: API_KEYS_PER_PAGE };

  const nameOf = (whose: NonNullable<CountedBy>): string =>
    typeof whose === 'string' ? tenantPlanName(stage, whose) : unitPlanName(stage, whose.unit);

  async function keyOf(whose: NonNullable<CountedBy>): Promise<{ id: string; enabled: boolean } | undefined> {
    const value = usageKey(deployed, whose);
    const query = { nameQuery: nameOf(whose), includeValues: true };
    for await (const { items = [] } of paginateGetApiKeys(paged, query))
      for (const { id, value: its, enabled = false } of items) if (its === value && id) return { id, enabled };
    return undefined;
  }

  /** Those of our name: one, or more after an answer that was lost and a request that was repeated. */
  async function plansOf(whose: NonNullable<CountedBy>): Promise<(DeployedPlan & { id: string })[]> {
    const wanted = nameOf(whose);
    const found: (DeployedPlan & { id: string })[] = [];
    for await (const { items = [] } of paginateGetUsagePlans(paged, {}))
      for (const plan of items) if (plan.name === wanted && plan.id) found.push({ ...plan, id: plan.id });
    return found;
  }

  async function hasKey(usagePlanId: string, keyId: string): Promise<boolean> {
    for await (const { items = [] } of paginateGetUsagePlanKeys(paged, { usagePlanId }))
      if (items.some(({ id }) => id === keyId)) return true;
    return false;
  }

  async function putKey(tenant: TenantId): Promise<string> {
    const there = await keyOf(tenant);
    if (there === undefined) {
      const made = await client.send(
        new CreateApiKeyCommand({
          name: tenantPlanName(stage, tenant),
          description: 'Made by tollgate tenant plan. It opens nothing: only the authorizer can name it.',
          value: usageKey(deployed, tenant),
          enabled: true,
        }),
      );
      return said(made.id);
    }
    if (!there.enabled) await client.send(new UpdateApiKeyCommand({ apiKey: there.id, patchOperations: ENABLED }));
    return there.id;
  }

  async function putPlan(api: StageApi, tenant: TenantId, plan: UsagePlan): Promise<string> {
    const [there, ...spare] = await plansOf(tenant);
    for (const other of spare) await removePlan(other);
    const apiStages = [{ apiId: api.id, stage }];
    if (there === undefined) {
      const { rate: rateLimit, burst: burstLimit } = plan;
      const made = await client.send(
        new CreateUsagePlanCommand({
          name: tenantPlanName(stage, tenant),
          description: 'Made by tollgate tenant plan; the registry is what it is made from.',
          throttle: { rateLimit, burstLimit },
          ...(plan.quota === undefined ? {} : { quota: quotaSettings(plan.quota) }),
          apiStages,
        }),
      );
      return said(made.id);
    }
    const patchOperations = changesOf(there, plan, api.id, stage);
    if (patchOperations.length > 0)
      await client.send(new UpdateUsagePlanCommand({ usagePlanId: there.id, patchOperations }));
    return there.id;
  }

  async function removePlan({ id, apiStages = [] }: DeployedPlan & { id: string }): Promise<void> {
    // API Gateway keeps a plan that is attached to a stage.
    const detach = apiStages.map((each) => ({
      op: 'remove' as const,
      path: '/apiStages',
      value: `${each.apiId}:${each.stage}`,
    }));
    if (detach.length > 0)
      await unlessGone(client.send(new UpdateUsagePlanCommand({ usagePlanId: id, patchOperations: detach })));
    await unlessGone(client.send(new DeleteUsagePlanCommand({ usagePlanId: id })));
  }

  return {
    async api() {
      const name = stageName(stage, 'gateway');
      for await (const { items = [] } of paginateGetRestApis(paged, {}))
        for (const { id, name: its, apiKeySource } of items)
          if (its === name && id) {
            if (apiKeySource !== 'AUTHORIZER') throw notInUse(stage);
            const { items: authorizers = [] } = await client.send(new GetAuthorizersCommand({ restApiId: id }));
            const ttls = authorizers.map((each) => each.authorizerResultTtlInSeconds ?? 300);
            return { id, authorizerTtlSeconds: Math.max(0, ...ttls) };
          }
      throw new TollgateError('not_found', {
        field: '--stage',
        reason: 'no-such-api',
        message: `There is no API ${name} in this account and region.`,
      });
    },
    async put(api, tenant, plan) {
      const keyId = await putKey(tenant);
      const usagePlanId = await putPlan(api, tenant, plan);
      if (await hasKey(usagePlanId, keyId)) return false;
      await client.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: 'API_KEY' }));
      return true;
    },
    async checkUnit(api, unit) {
      const key = await keyOf({ unit });
      if (key?.enabled)
        for (const plan of await plansOf({ unit }))
          if (isAttached(plan, api.id, stage) && (await hasKey(plan.id, key.id))) return;
      throw new TollgateError('not_found', {
        field: '--unit',
        reason: 'no-such-unit',
        message: `No unit ${unit} has a key and plan on the API of stage ${stage}: tollgate:units is where it is made.`,
      });
    },
    async remove(tenant) {
      const [plans, key] = [await plansOf(tenant), await keyOf(tenant)];
      for (const plan of plans) await removePlan(plan);
      if (key !== undefined) await unlessGone(client.send(new DeleteApiKeyCommand({ apiKey: key.id })));
      return plans.length > 0 || key !== undefined;
    },
  };
}

const ENABLED: PatchOperation[] = [{ op: 'replace', path: '/enabled', value: 'true' }];

/** What makes the deployed plan the wanted one; nothing where it is that already. */
function changesOf(there: DeployedPlan, plan: UsagePlan, apiId: string, stage: string): PatchOperation[] {
  const replace = (path: string, is: unknown, value: unknown): PatchOperation[] =>
    is === value ? [] : [{ op: is === undefined ? 'add' : 'replace', path, value: String(value) }];
  const wanted = plan.quota === undefined ? undefined : quotaSettings(plan.quota);
  const members = ['limit', 'period', 'offset'] as const;
  return [
    ...replace('/throttle/rateLimit', there.throttle?.rateLimit, plan.rate),
    ...replace('/throttle/burstLimit', there.throttle?.burstLimit, plan.burst),
    ...(wanted === undefined
      ? there.quota === undefined
        ? []
        : [{ op: 'remove' as const, path: '/quota' }]
      : members.flatMap((member) => replace(`/quota/${member}`, there.quota?.[member], wanted[member]))),
    ...(isAttached(there, apiId, stage)
      ? []
      : [{ op: 'add' as const, path: '/apiStages', value: `${apiId}:${stage}` }]),
  ];
}

function isAttached({ apiStages = [] }: DeployedPlan, apiId: string, stage: string): boolean {
  return apiStages.some((each) => each.apiId === apiId && each.stage === stage);
}

function said(id: string | undefined): string {
  if (id !== undefined) return id;
  throw new TollgateError('unavailable', { reason: 'no-id', message: 'API Gateway did not say what it has made.' });
}

async function unlessGone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if ((error as Error).name !== 'NotFoundException') throw error;
  }
}

function notInUse(stage: string): TollgateError {
  return new TollgateError('bad_setting', {
    field: 'tollgate:usagePlans',
    reason: 'not-in-use',
    message: `Stage ${stage} is deployed without usage plans (tollgate:usagePlans), so no plan would be kept to.`,
  });
}
