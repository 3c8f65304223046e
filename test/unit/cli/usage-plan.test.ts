import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  GetApiKeysCommand,
  GetUsagePlansCommand,
  UpdateApiKeyCommand,
  UpdateUsagePlanCommand,
} from '@aws-sdk/client-api-gateway';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type UsagePlans, usagePlans } from '../../../cli/tenant/usage-plan.ts';
import type { TenantId } from '../../../contract/identity.ts';
import { type Aws, startAws } from '../../../local/aws/start.ts';
import { tenantPlanName, unitPlanName, usageKey } from '../../../policies/usage-key.ts';

const DEPLOYED = { account: '111122223333', region: 'us-east-1', stage: 'local' };
const ACME = 'acme' as TenantId;
const NAME = tenantPlanName('local', ACME);
const API = { id: 'local', authorizerTtlSeconds: 7 };

let folder: string;
let aws: Aws;
let client: APIGatewayClient;
let plans: UsagePlans;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-plans-'));
  const { account, region } = DEPLOYED;
  aws = await startAws({ port: 0, dataDir: folder, account, region, authorizerTtlSeconds: 7 });
  client = new APIGatewayClient({
    endpoint: aws.url,
    region,
    credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
    maxAttempts: 1,
  });
  plans = usagePlans(client, DEPLOYED);
});

afterEach(async () => {
  client.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

/** What is asked that changes something, in order. */
async function changes(run: () => Promise<unknown>): Promise<string[]> {
  const before = aws.calls.after(0).at(-1)?.seq ?? 0;
  await run();
  return aws.calls
    .after(before)
    .map(({ operation }) => operation)
    .filter((operation) => !operation.startsWith('Get'));
}

const ofAcme = async () =>
  ((await client.send(new GetUsagePlansCommand({}))).items ?? []).filter((p) => p.name === NAME);

describe("a tenant's key and plan", () => {
  test('are made in the order in which nothing names what is not there, and a second run changes nothing', async () => {
    expect(await plans.api()).toEqual(API);
    const plan = { rate: 2.5, burst: 3, quota: { limit: 9, period: 'week' } } as const;
    expect(await changes(() => plans.put(API, ACME, plan))).toEqual([
      'CreateApiKey',
      'CreateUsagePlan',
      'CreateUsagePlanKey',
    ]);
    expect(await ofAcme()).toMatchObject([
      {
        throttle: { rateLimit: 2.5, burstLimit: 3 },
        quota: { limit: 9, period: 'WEEK', offset: 1 },
        apiStages: [{ apiId: 'local', stage: 'local' }],
      },
    ]);
    expect(await changes(async () => expect(await plans.put(API, ACME, plan)).toBe(false))).toEqual([]);
    expect(aws.limits.count(usageKey(DEPLOYED, ACME))).toBeUndefined();
  });

  test('change in one request, to the plan that was asked for and nothing beside it', async () => {
    await plans.put(API, ACME, { rate: 1, burst: 1 });
    const steps = [
      { rate: 1, burst: 2, quota: { limit: 5, period: 'day' } },
      { rate: 1, burst: 2, quota: { limit: 5, period: 'month' } },
      { rate: 0.25, burst: 2 },
    ] as const;
    for (const plan of steps) {
      expect(await changes(() => plans.put(API, ACME, plan))).toEqual(['UpdateUsagePlan']);
      const [found] = await ofAcme();
      expect(found?.throttle).toEqual({ rateLimit: plan.rate, burstLimit: plan.burst });
      expect(found?.quota?.limit).toBe('quota' in plan ? plan.quota.limit : undefined);
      expect(found?.quota?.period).toBe('quota' in plan ? plan.quota.period.toUpperCase() : undefined);
    }
  });

  test('that somebody turned off or took apart are put together again', async () => {
    await plans.put(API, ACME, { rate: 1, burst: 1 });
    const { items = [] } = await client.send(new GetApiKeysCommand({ nameQuery: NAME }));
    const off = [{ op: 'replace' as const, path: '/enabled', value: 'false' }];
    await client.send(new UpdateApiKeyCommand({ apiKey: items[0]?.id, patchOperations: off }));
    expect(aws.limits.count(usageKey(DEPLOYED, ACME))).toBe('INVALID_API_KEY');
    expect(await changes(() => plans.put(API, ACME, { rate: 1, burst: 1 }))).toEqual(['UpdateApiKey']);
    expect(aws.limits.count(usageKey(DEPLOYED, ACME))).toBeUndefined();
  });

  test('are one each, also when an answer was lost and the plan was made twice', async () => {
    for (const burstLimit of [1, 2])
      await client.send(new CreateUsagePlanCommand({ name: NAME, throttle: { rateLimit: 1, burstLimit } }));
    await plans.put(API, ACME, { rate: 1, burst: 5 });
    expect(await ofAcme()).toMatchObject([{ throttle: { burstLimit: 5 } }]);
    expect(aws.limits.count(usageKey(DEPLOYED, ACME))).toBeUndefined();
  });

  test('are taken away whole, and nobody else’s are', async () => {
    await plans.put(API, ACME, { rate: 1, burst: 1 });
    await plans.put(API, 'acme-2' as TenantId, { rate: 1, burst: 1 });
    expect(await changes(async () => expect(await plans.remove(ACME)).toBe(true))).toEqual([
      'UpdateUsagePlan',
      'DeleteUsagePlan',
      'DeleteApiKey',
    ]);
    expect(await changes(async () => expect(await plans.remove(ACME)).toBe(false))).toEqual([]);
    expect(aws.limits.count(usageKey(DEPLOYED, ACME))).toBe('INVALID_API_KEY');
    expect(aws.limits.count(usageKey(DEPLOYED, 'acme-2' as TenantId))).toBeUndefined();
    expect(aws.limits.count(usageKey(DEPLOYED, null))).toBeUndefined();
  });

  test('of a unit are there only where its key is in its plan, and that on this stage', async () => {
    const unit = { unit: 'labs-dev' };
    const name = unitPlanName('local', unit.unit);
    const missing = expect.objectContaining({ code: 'not_found', field: '--unit' });
    const check = () => plans.checkUnit(API, unit.unit);
    await expect(check()).rejects.toThrow(missing);
    const key = await client.send(new CreateApiKeyCommand({ name, value: usageKey(DEPLOYED, unit), enabled: true }));
    await expect(check()).rejects.toThrow(missing);
    const { id: usagePlanId } = await client.send(new CreateUsagePlanCommand({ name }));
    await client.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId: key.id, keyType: 'API_KEY' }));
    await expect(check()).rejects.toThrow(missing);
    const attach = [{ op: 'add' as const, path: '/apiStages', value: 'local:local' }];
    await client.send(new UpdateUsagePlanCommand({ usagePlanId, patchOperations: attach }));
    await check();
    await expect(plans.checkUnit(API, 'labs')).rejects.toThrow(missing);
    expect(aws.limits.count(usageKey(DEPLOYED, unit))).toBeUndefined();
  });

  test('are not made for a stage that is not there', async () => {
    const other = usagePlans(client, { ...DEPLOYED, stage: 'prod' });
    await expect(other.api()).rejects.toMatchObject({ code: 'not_found', field: '--stage' });
  });

  test('are not made for a stage whose calls need no key: nobody would keep to them', async () => {
    // As API Gateway says it of a stack with tollgate:usagePlans=false.
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { items = [] } = result.output as { items?: { apiKeySource?: string }[] };
        for (const item of items) item.apiKeySource = 'HEADER';
        return result;
      },
      { step: 'initialize', name: 'header' },
    );
    await expect(plans.api()).rejects.toMatchObject({ code: 'bad_setting', field: 'tollgate:usagePlans' });
  });
});
