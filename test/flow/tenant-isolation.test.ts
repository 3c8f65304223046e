import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/** Both options at once: they stand beside each other. */

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_BROKER: '1', TOLLGATE_TENANT_ISOLATION: '1' } });
});

afterAll(() => stack.remove());

async function converse(client: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${stack.gateway}/model/nova-lite/converse`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await stack.token(client)}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: `from ${client}` }] }] }),
  });
  expect(response.status).toBe(200);
  const { output } = (await response.json()) as { output: { message: { content: { text: string }[] } } };
  return output.message.content[0]?.text ?? '';
}

const tenantsOf = async (after: number) =>
  (await stack.upstream(after))
    .filter(({ service }) => service === 'bedrock')
    .map(({ caller }) => caller?.tags.TenantId)
    .sort();

describe('an environment per tenant', () => {
  test('two tenants at once get their own answers, sessions and bills', async () => {
    const mark = await stack.mark();
    const clients = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'acme-app' : 'globex-app'));
    const answers = await Promise.all(clients.map((client) => converse(client)));
    expect(answers).toEqual(clients.map((client) => `echo: from ${client}`));
    expect(await tenantsOf(mark)).toEqual([...Array(10).fill('acme'), ...Array(10).fill('globex')]);
  });

  test.each(['X-Amz-Tenant-Id', 'x-amzn-tenant-id', 'X-Tenant-Id'])(
    "T1 a caller's own %s changes nothing",
    async (name) => {
      const mark = await stack.mark();
      expect(await converse('globex-app', { [name]: 'acme' })).toBe('echo: from globex-app');
      expect(await tenantsOf(mark)).toEqual(['globex']);
    },
  );

  test.each(['/health', '/openapi.json'])('%s, which is of no tenant, is served as ever', async (path) => {
    expect((await fetch(`${stack.gateway}${path}`, { headers: { 'X-Amz-Tenant-Id': 'acme' } })).status).toBe(200);
  });

  test('every call of both is on the bill once', async () => {
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    const { stdout } = await stack.cli('report', '--format', 'json');
    const rows = JSON.parse(stdout) as { tenant_id: string; model_id: string; invocations: number }[];
    const found = Object.fromEntries(rows.map(({ tenant_id, invocations }) => [tenant_id, Number(invocations)]));
    expect(found).toEqual({ acme: 10, globex: 13 });
  });
});
