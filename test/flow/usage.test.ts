import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

let stack: Stack;
let raw: RawUsage;
let tokens: Record<string, string>;

beforeAll(async () => {
  stack = await Stack.start();
  tokens = { acme: await stack.token('acme-app'), globex: await stack.token('globex-app') };
  raw = new RawUsage(stack);
});

afterAll(async () => {
  raw.close();
  await stack.remove();
});

const converse = (tenant: string, model: string, text: string): Promise<number> =>
  stack.converse(tokens[tenant] ?? '', model, text);

async function report(tenant: string): Promise<Record<string, unknown>[]> {
  const { stdout, stderr, code } = await stack.cli('report', '--tenant', tenant, '--format', 'json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout || '[]') as Record<string, unknown>[];
}

/** As of the registry's API. */
async function log(token: string, query = '') {
  const response = await fetch(`${stack.gateway}/admin/requests${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> & { items?: Row[] } };
}

interface Row {
  request: string;
  tenant: string;
  model: string;
  outcome: string;
  code: string;
  cost: string;
}

describe('from a call to the bill', () => {
  test('every call is on the report of its tenant, model by model, at its price', async () => {
    for (let i = 0; i < 3; i++) expect(await converse('acme', 'nova-lite', 'four words of input')).toBe(200);
    expect(await converse('acme', 'claude-sonnet-4-5', 'one')).toBe(200);
    expect(await converse('globex', 'llama-3-3-70b', 'one two')).toBe(200);
    expect(await converse('acme', 'llama-3-3-70b', 'refused')).toBe(403);
    expect((await stack.cli('meter', 'run')).code).toBe(0);

    const acme = await report('acme');
    expect(acme).toEqual([
      expect.objectContaining({ model_id: 'claude-sonnet-4-5', input_tokens: 1, output_tokens: 2, invocations: 1 }),
      expect.objectContaining({
        model_id: 'nova-lite',
        input_tokens: 12,
        output_tokens: 15,
        invocations: 3,
        unsettled: 0,
        unpriced: 0,
      }),
    ]);
    for (const row of acme) expect(Number(row.total_cost)).toBeGreaterThan(0);
    expect(await report('globex')).toEqual([
      expect.objectContaining({ model_id: 'llama-3-3-70b', input_tokens: 2, invocations: 1 }),
    ]);
  });

  test('the raw lines are one started and one finished for each call that ran, one finished for a refused one', async () => {
    const records = await raw.records();
    const ran = records.filter(({ phase }) => phase === 'started').map(({ invocationId }) => invocationId);
    expect(new Set(ran).size).toBe(5);
    const finished = records.filter((record) => record.phase === 'finished');
    expect(
      finished
        .map(({ invocationId }) => invocationId)
        .filter((id) => ran.includes(id))
        .sort(),
    ).toEqual(ran.sort());
    expect(finished.filter(({ outcome }) => outcome === 'refused')).toMatchObject([
      { code: 'model_not_allowed', tokens: { input: 0, output: 0 } },
    ]);
  });

  test('each call is a row of its tenant’s log, by its request id, aggregated or not, and of nobody else’s', async () => {
    const answered = await fetch(`${stack.gateway}/model/nova-lite/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.acme}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'just now' }] }] }),
    });
    await answered.text();
    const id = answered.headers.get('x-request-id') ?? '';
    await fetch(`${stack.aws}/_local/flush`, { method: 'POST' });
    const acme = await log(tokens.acme ?? '');
    expect(acme.body.items?.map(({ tenant, model, outcome, code }) => [tenant, model, outcome, code])).toEqual([
      ['acme', 'nova-lite', 'ok', ''],
      ['acme', '', 'refused', 'model_not_allowed'],
      ['acme', 'claude-sonnet-4-5', 'ok', ''],
      ...Array.from({ length: 3 }, () => ['acme', 'nova-lite', 'ok', '']),
    ]);
    expect(acme.body.items?.[0]).toMatchObject({ request: id, cost: expect.stringMatching(/^0\.0+[1-9]/) });
    expect((await log(tokens.acme ?? '', `/${id}`)).body).toMatchObject({ request: id, tried: [{ outcome: 'ok' }] });
    expect((await log(tokens.globex ?? '', `/${id}`)).status).toBe(404);
    expect((await log(tokens.globex ?? '')).body.items).toHaveLength(1);
    const ops = await stack.token('ops');
    expect((await log(ops)).body.items).toHaveLength(7);
    expect((await log(ops, '?tenant=globex')).body.items).toMatchObject([{ tenant: 'globex', model: 'llama-3-3-70b' }]);
  });

  test('a call is told from token to bill by its request id, before any run has aggregated it', async () => {
    const response = await fetch(`${stack.gateway}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${tokens.acme}`, 'content-type': 'application/json' },
        'x-tollgate-usage': 'cost',
      },
      body: JSON.stringify({ model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'one two' }] }),
    });
    const id = response.headers.get('x-request-id') ?? '';
    const { usage } = (await response.json()) as { usage: { cost: string } };
    expect(usage.cost).toMatch(/^0\.0+[1-9]/);
    const { stdout } = await stack.cli('call', 'show', id, '--format', 'json');
    const session = (await stack.calls()).findLast(({ service }) => service === 'bedrock')?.caller?.sessionPolicy;
    const hash = createHash('sha256').update(JSON.stringify(session)).digest('hex');
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ request: id, tenant: 'acme', principal: 'acme-app', costCenter: 'CC-100', model: 'claude-sonnet-4-5' },
      ...{
        outcome: 'ok',
        tokens: { input: 2, output: 3 },
        estimated: false,
        // As its answer has said.
        cost: usage.cost,
      },
      attempts: [{ region: 'us-east-1', priceVersion: expect.any(String), awsRequestId: expect.any(String) }],
      policy: { hash },
    });
    expect(await stack.cli('call', 'show', 'no-such-call')).toMatchObject({ code: 1, stdout: '' });
  });

  test('calls of the last minutes are listed by what they are, and a model that was refused by a name that is in no line', async () => {
    const list = async (...args: string[]) =>
      JSON.parse((await stack.cli('call', 'list', ...args, '--format', 'json')).stdout) as Record<string, unknown>[];
    expect((await list('acme', '--model', 'nova-lite')).length).toBeGreaterThanOrEqual(3);
    expect(await list('globex', '--outcome', 'ok')).toMatchObject([{ tenant: 'globex', model: 'llama-3-3-70b' }]);
    expect(await list('--principal', 'acme-app', '--outcome', 'refused', '--model', 'llama-3-3-70b')).toMatchObject([
      { tenant: 'acme', model: '', code: 'model_not_allowed', wantedHash: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
    const ofAcme = (await raw.records()).filter(({ tenant }) => tenant === 'acme');
    expect(JSON.stringify(ofAcme)).not.toContain('llama-3-3-70b');
    expect(await list('--until', '2026-11-01')).toEqual([]);
  });

  test('a second run changes no bytes of the report', async () => {
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    const before = await stack.cli('report', '--format', 'csv');
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    expect((await stack.cli('report', '--format', 'csv')).stdout).toBe(before.stdout);
  });

  test('today computed anew is the same report, hour by hour on stderr, and the watermark is told', async () => {
    const before = await stack.cli('report', '--format', 'csv');
    const today = new Date().toISOString().slice(0, 10);
    const { stdout, stderr, code } = await stack.cli('meter', 'run', '--from', today);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/T\d\d {2}\d+ calls; \d+ hours? done, 0 left/),
    });
    expect(stdout).toMatch(/^watermark: \d{4}-\d\d-\d\dT\d\d:00Z/m);
    expect((await stack.cli('report', '--format', 'csv')).stdout).toBe(before.stdout);
    const status = await stack.cli('meter', 'status', '--format', 'json');
    expect(JSON.parse(status.stdout)).toMatchObject({ rawObjects: 0, lastRun: { failed: [] } });
  });

  test('what S3 did not take is delivered once it does', async () => {
    await stack.fault({ service: 's3', fault: { status: 503, type: 'SlowDown' } });
    expect(await converse('globex', 'nova-lite', 'kept on disk')).toBe(200);
    await fetch(`${stack.aws}/_local/flush`, { method: 'POST' });
    await stack.clearFaults();
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    expect(await report('globex')).toContainEqual(
      expect.objectContaining({ model_id: 'nova-lite', input_tokens: 3, invocations: 1 }),
    );
  });

  test('a call whose reader leaves is on the bill too', async () => {
    const leave = new AbortController();
    const response = await fetch(`${stack.gateway}/model/nova-lite/converse-stream`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.acme}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'word '.repeat(5_000) }] }] }),
      signal: leave.signal,
    });
    await response.body?.getReader().read();
    leave.abort();
    await expect
      .poll(
        async () =>
          (await raw.records()).find(
            (record) => record.phase === 'finished' && record.tokens.input === 5_000 && record.action === 'stream',
          ),
        { timeout: 20_000 },
      )
      .toMatchObject({ tokens: { output: 5_001 }, estimated: false });
  });

  test('a line that somebody else wrote is seen: AWS itself counted no such call', async () => {
    expect(await stack.cli('meter', 'run')).toMatchObject({ code: 0, stderr: '' });
    const real = (await raw.records()).find(({ phase, model }) => phase === 'finished' && model === 'llama-3-3-70b');
    if (real === undefined) throw new Error('no call of the model');
    await raw.forge([{ ...real, invocationId: 'forged' }]);
    const run = await stack.cli('meter', 'run');
    expect(run.code).toBe(0);
    const status = await stack.cli('meter', 'status');
    const said = /AWS did not count 1 call of the ledger: forged .*llama3-3-70b.* ledger 2, AWS 1\)/;
    // The gateway's own run, once a minute, may have been the first to find the line, and then this one had nothing to say.
    expect(run.stderr === '' ? status.stdout : run.stderr).toMatch(said);
    expect(status.stdout).toMatch(said);
  });

  test('counting tokens is no invocation', async () => {
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    const before = (await report('acme')).find(({ model_id }) => model_id === 'nova-lite');
    const response = await fetch(`${stack.gateway}/model/nova-lite/count-tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.acme}`, 'content-type': 'application/json' },
      body: JSON.stringify({ input: { converse: { messages: [{ role: 'user', content: [{ text: 'a b c' }] }] } } }),
    });
    expect(await response.json()).toEqual({ inputTokens: 3 });
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    expect((await report('acme')).find(({ model_id }) => model_id === 'nova-lite')).toEqual(before);
  });
});
