import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectOwn, type Many, MODELS, startMany, TENANTS, wordsOf } from './many.ts';

let many: Many;

beforeAll(async () => {
  many = await startMany();
});

afterAll(() => many.remove());

describe('many tenants in one process', () => {
  test('T8: a cold burst of 200 calls with 200 new tokens of 20 tenants: each has its own session, policy, usage and answer', async () => {
    const { stack, tokenOf, chat } = many;
    const principals = Array.from({ length: 200 }, (_, i) => ({ tenant: i % TENANTS.length, subject: `service ${i}` }));
    const tokens = await Promise.all(principals.map(({ tenant, subject }) => tokenOf(TENANTS[tenant] ?? '', subject)));
    const mark = await stack.mark();
    await Promise.all(
      principals.map(async ({ tenant }, i) => {
        const model = MODELS[(i + tenant) % MODELS.length] ?? 'nova-lite';
        expect(await chat(tokens[i] ?? '', model, wordsOf(tenant), i % 2 === 0)).toBe(`echo: ${wordsOf(tenant)}`);
      }),
    );

    const upstream = await stack.upstream(mark);
    const calls = upstream.filter(({ service }) => service === 'bedrock');
    expect(calls).toHaveLength(200);
    for (const call of calls) expectOwn(call);
    // One session for each principal, model and action; none is made twice and none is shared.
    const sessions = new Set(
      calls.map(({ caller }) => `${caller?.sessionName} ${JSON.stringify(caller?.sessionPolicy)}`),
    );
    expect(sessions.size).toBe(200);
    expect(upstream.filter(({ service }) => service === 'sts')).toHaveLength(sessions.size);
  });

  test('T1: a header, query or body that names another tenant changes nothing', async () => {
    const { stack, tokenOf } = many;
    const mark = await stack.mark();
    const response = await fetch(`${stack.gateway}/model/nova-lite/converse?tenant=tenant-2&team_id=tenant-2`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await tokenOf('tenant-1')}`,
        'content-type': 'application/json',
        'x-tenant-id': 'tenant-2',
        team_id: 'tenant-2',
        'x-amz-tenant-id': 'tenant-2',
      },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] }),
    });
    expect(response.status).toBe(200);
    for (const { caller, service } of await stack.upstream(mark))
      if (service === 'bedrock') expect(caller?.tags.TenantId).toBe('tenant-1');
  });
});
