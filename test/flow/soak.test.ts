import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectOwn, type Many, MODELS, startMany, TENANTS, wordsOf } from './many.ts';

const CALLS_EACH = 200;
/** Callers that each have one call under way at any time. */
const CALLERS = 100;

let many: Many;

beforeAll(async () => {
  many = await startMany();
});

afterAll(() => many.remove());

test('T8: 20 tenants x 200 interleaved calls in one process: every one under its own caller, tags and policy, on its own bill', {
  timeout: 240_000,
}, async () => {
  const { stack, tokenOf, chat } = many;
  const tokens = await Promise.all(TENANTS.map((tenant) => tokenOf(tenant)));
  const today = (): string => new Date().toISOString().slice(0, 10);
  const firstDay = today();
  const total = TENANTS.length * CALLS_EACH;
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let i = next++; i < total; i = next++) {
      const tenant = i % TENANTS.length;
      const round = Math.floor(i / TENANTS.length);
      const model = MODELS[(round + tenant) % MODELS.length] ?? 'nova-lite';
      expect(await chat(tokens[tenant] ?? '', model, wordsOf(tenant), round % 2 === 0)).toBe(
        `echo: ${wordsOf(tenant)}`,
      );
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));

  const upstream = await stack.upstream();
  const calls = upstream.filter(({ service }) => service === 'bedrock');
  expect(calls).toHaveLength(total);
  const callsOf = new Map<string, number>();
  for (const call of calls) {
    expectOwn(call);
    const tenant = call.caller?.tags.TenantId ?? '';
    callsOf.set(tenant, (callsOf.get(tenant) ?? 0) + 1);
  }
  expect([...callsOf].sort()).toEqual(TENANTS.map((tenant) => [tenant, CALLS_EACH]).sort());
  // 20 tenants x 3 models x 2 actions: each session is made once, whoever asked first.
  expect(upstream.filter(({ service }) => service === 'sts')).toHaveLength(TENANTS.length * MODELS.length * 2);

  // And on the bill: 1 token of input for the first tenant's calls, 20 for the last's.
  expect((await stack.cli('meter', 'run')).code).toBe(0);
  const report = await stack.cli('report', '--from', firstDay, '--to', today(), '--format', 'json');
  const rows = JSON.parse(report.stdout) as { tenant_id: string; input_tokens: number; invocations: number }[];
  const billed = TENANTS.map((tenant) => {
    const own = rows.filter(({ tenant_id }) => tenant_id === tenant);
    const sum = (member: 'invocations' | 'input_tokens') => own.reduce((total, row) => total + row[member], 0);
    return [sum('invocations'), sum('input_tokens')];
  });
  expect(billed).toEqual(TENANTS.map((_, i) => [CALLS_EACH, CALLS_EACH * (i + 1)]));
});
