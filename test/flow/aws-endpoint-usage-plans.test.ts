import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteUsagePlanCommand,
  DeleteUsagePlanKeyCommand,
  GetApiKeyCommand,
  GetApiKeysCommand,
  GetAuthorizersCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetUsagePlanCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  paginateGetApiKeys,
  UpdateApiKeyCommand,
  UpdateUsagePlanCommand,
} from '@aws-sdk/client-api-gateway';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TenantId } from '../../contract/identity.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { usageKey } from '../../policies/usage-key.ts';

const STAGE = { account: '111122223333', region: 'us-east-1', stage: 'local' };
const OPERATOR = { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' };
const ATTACHED = { apiId: 'local', stage: 'local' };

let folder: string;
let aws: Aws;
let api: APIGatewayClient;

async function start(): Promise<void> {
  const { account, region } = STAGE;
  aws = await startAws({ port: 0, dataDir: folder, account, region, authorizerTtlSeconds: 7 });
  api = new APIGatewayClient({ endpoint: aws.url, region, credentials: OPERATOR, maxAttempts: 1 });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-plans-'));
  await start();
});

afterEach(async () => {
  api.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

const acme = usageKey(STAGE, 'acme' as TenantId);
const makeKey = (name = 'acme', value = acme) => api.send(new CreateApiKeyCommand({ name, value, enabled: true }));
const makePlan = (name = 'acme', apiStages = [ATTACHED]) =>
  api.send(
    new CreateUsagePlanCommand({
      name,
      apiStages,
      throttle: { rateLimit: 1, burstLimit: 2 },
      quota: { limit: 5, period: 'DAY' },
    }),
  );
const put = (usagePlanId?: string, keyId?: string) =>
  api.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: 'API_KEY' }));

describe('the local API Gateway, asked by the AWS SDK', () => {
  test('has the API, its authorizer, and a default key and plan, once, over every start', async () => {
    await aws.close();
    await start();
    const { items = [] } = await api.send(new GetRestApisCommand({}));
    expect(items).toMatchObject([{ id: 'local', name: 'tollgate-local-gateway', apiKeySource: 'AUTHORIZER' }]);
    expect(await api.send(new GetRestApiCommand({ restApiId: 'local' }))).toMatchObject({ id: 'local' });
    const authorizers = await api.send(new GetAuthorizersCommand({ restApiId: 'local' }));
    expect(authorizers.items).toMatchObject([{ type: 'REQUEST', authorizerResultTtlInSeconds: 7 }]);
    const keys = await api.send(new GetApiKeysCommand({ includeValues: true }));
    expect(keys.items).toMatchObject([
      { name: 'tollgate-local-default', value: usageKey(STAGE, null), enabled: true, createdDate: expect.any(Date) },
    ]);
    const plans = await api.send(new GetUsagePlansCommand({ keyId: keys.items?.[0]?.id }));
    expect(plans.items).toMatchObject([{ name: 'tollgate-local-default', apiStages: [ATTACHED] }]);
    for (let i = 0; i < 1_000; i++) expect(aws.limits.count(usageKey(STAGE, null))).toBeUndefined();
  });

  test('a key in a plan is counted from the moment it is there, also after a restart', async () => {
    expect(aws.limits.count(acme)).toBe('INVALID_API_KEY');
    const key = await makeKey();
    expect(aws.limits.count(acme)).toBe('INVALID_API_KEY');
    const plan = await makePlan();
    expect(await put(plan.id, key.id)).toMatchObject({ id: key.id, type: 'API_KEY', value: acme });
    expect([1, 2, 3].map(() => aws.limits.count(acme))).toEqual([undefined, undefined, 'THROTTLED']);
    await aws.close();
    await start();
    expect(await api.send(new GetUsagePlanCommand({ usagePlanId: plan.id }))).toMatchObject({
      throttle: { rateLimit: 1, burstLimit: 2 },
      quota: { limit: 5, period: 'DAY', offset: 0 },
    });
    expect([1, 2, 3].map(() => aws.limits.count(acme))).toEqual([undefined, undefined, 'THROTTLED']);
    const held = await api.send(new GetUsagePlanKeysCommand({ usagePlanId: plan.id }));
    expect(held.items?.map(({ id }) => id)).toEqual([key.id]);
  });

  test('a plan is changed path by path; what is no limit is refused, and nothing of it is kept', async () => {
    const { id: usagePlanId } = await makePlan();
    const patch = (...operations: [op: 'add' | 'remove' | 'replace', path: string, value?: string][]) =>
      api.send(
        new UpdateUsagePlanCommand({
          usagePlanId,
          patchOperations: operations.map(([op, path, value]) => ({ op, path, value })),
        }),
      );
    const changed = await patch(
      ['replace', '/throttle/rateLimit', '0.5'],
      ['replace', '/throttle/burstLimit', '9'],
      ['remove', '/quota'],
    );
    expect(changed).toMatchObject({ throttle: { rateLimit: 0.5, burstLimit: 9 } });
    expect(changed.quota).toBeUndefined();
    expect(
      await patch(['add', '/quota/limit', '7'], ['add', '/quota/offset', '1'], ['add', '/quota/period', 'WEEK']),
    ).toMatchObject({ quota: { limit: 7, offset: 1, period: 'WEEK' } });
    for (const [path, value] of [
      ['/throttle/rateLimit', 'fast'],
      ['/throttle/burstLimit', '1.5'],
      ['/quota/limit', '-1'],
      ['/quota/offset', '7'],
      ['/quota/period', 'HOUR'],
      ['/nothing', '1'],
    ] as const)
      await expect(patch(['replace', '/name', 'lost'], ['replace', path, value]), path).rejects.toMatchObject({
        name: 'BadRequestException',
      });
    expect(await api.send(new GetUsagePlanCommand({ usagePlanId }))).toMatchObject({
      name: 'acme',
      throttle: { rateLimit: 0.5, burstLimit: 9 },
      quota: { limit: 7, offset: 1, period: 'WEEK' },
    });
  });

  test('refuses what API Gateway refuses: a value twice, a short one, a key twice in a plan or in two of one stage', async () => {
    const key = await makeKey();
    await expect(makeKey('other')).rejects.toMatchObject({ name: 'ConflictException' });
    await expect(makeKey('other', 'short')).rejects.toMatchObject({ name: 'BadRequestException' });
    await expect(makeKey('other', `${acme.slice(0, -1)}-`)).rejects.toMatchObject({ name: 'BadRequestException' });
    const [one, other] = [await makePlan('one'), await makePlan('other')];
    await put(one.id, key.id);
    await expect(put(one.id, key.id)).rejects.toMatchObject({ name: 'ConflictException' });
    await expect(put(other.id, key.id)).rejects.toMatchObject({ name: 'ConflictException' });
    await expect(put(one.id, 'nothing')).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(makePlan('x', [{ apiId: 'local', stage: 'prod' }])).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  test('takes a plan away only when it is attached to no stage, and its keys with it', async () => {
    const [key, plan] = [await makeKey(), await makePlan()];
    await put(plan.id, key.id);
    const remove = () => api.send(new DeleteUsagePlanCommand({ usagePlanId: plan.id }));
    await expect(remove()).rejects.toMatchObject({ name: 'BadRequestException' });
    const detach = [{ op: 'remove', path: '/apiStages', value: 'local:local' }] as const;
    await api.send(new UpdateUsagePlanCommand({ usagePlanId: plan.id, patchOperations: [...detach] }));
    expect(aws.limits.count(acme)).toBe('INVALID_API_KEY');
    await api.send(new DeleteUsagePlanKeyCommand({ usagePlanId: plan.id, keyId: key.id }));
    await remove();
    await api.send(new DeleteApiKeyCommand({ apiKey: key.id }));
    await expect(api.send(new GetApiKeyCommand({ apiKey: key.id }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    await expect(remove()).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test('shows a value only to who asks for it, finds names by their beginning, and pages', async () => {
    for (const name of ['a.1', 'a.2', 'a.3', 'b.1']) await makeKey(name, usageKey(STAGE, name as TenantId));
    const listed = await api.send(new GetApiKeysCommand({ nameQuery: 'a.' }));
    expect(listed.items?.map(({ name, value }) => [name, value])).toEqual([
      ['a.1', undefined],
      ['a.2', undefined],
      ['a.3', undefined],
    ]);
    const pages: number[] = [];
    for await (const { items } of paginateGetApiKeys({ client: api, pageSize: 2 }, { nameQuery: 'a.' }))
      pages.push(items?.length ?? 0);
    expect(pages).toEqual([2, 1]);
  });

  test('a key that is turned off is not known any more', async () => {
    const [key, plan] = [await makeKey(), await makePlan()];
    await put(plan.id, key.id);
    const patchOperations = [{ op: 'replace', path: '/enabled', value: 'false' }] as const;
    await api.send(new UpdateApiKeyCommand({ apiKey: key.id, patchOperations: [...patchOperations] }));
    expect(aws.limits.count(acme)).toBe('INVALID_API_KEY');
  });
});
