import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Names that mean several models: what an operator sets by the command line, and what callers and the ledger are told. */

let stack: Stack;
let usage: RawUsage;
let token: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  usage = new RawUsage(stack);
  token = await stack.token('acme-app');
});

afterAll(async () => {
  usage.close();
  await stack.remove();
});

async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.cli(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

function ask(path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${stack.gateway}${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
}

const converse = (model: string) =>
  ask(`/model/${model}/converse`, { messages: [{ role: 'user', content: [{ text: 'one two' }] }] });
const chat = (model: string) =>
  ask('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'one two' }] });

const servedBy = ({ headers }: Response) => headers.get('x-tollgate-served-by');

describe('an alias', () => {
  test('serves one of its models, which the answer and the ledger name', async () => {
    expect(await cli('alias', 'set', 'small', 'nova-lite=1')).toContain('alias small: nova-lite 1, by principal');
    const answers = [await converse('small'), await chat('small')];
    expect(answers.map((one) => [one.status, servedBy(one)])).toEqual([
      [200, 'nova-lite'],
      [200, 'nova-lite'],
    ]);
    const requests = answers.map(({ headers }) => headers.get('x-request-id'));
    const records = (await usage.records()).filter(
      ({ requestId, phase }) => requests.includes(requestId) && phase === 'finished',
    );
    expect(records).toMatchObject([
      { model: 'nova-lite', nativeModel: 'amazon.nova-lite-v1:0', outcome: 'ok' },
      { model: 'nova-lite', outcome: 'ok' },
    ]);
    expect(servedBy(await converse('nova-lite'))).toBeNull();
  });

  test('is moved to another model and taken back by an edit alone', async () => {
    await cli('alias', 'set', 'sonnet', 'nova-lite=1');
    expect(servedBy(await converse('sonnet'))).toBe('nova-lite');
    await cli('alias', 'set', 'sonnet', 'claude-sonnet-4-5=1');
    expect(servedBy(await converse('sonnet'))).toBe('claude-sonnet-4-5');
    await cli('alias', 'remove', 'sonnet');
    const refused = await converse('sonnet');
    const unknown = await converse('nobody-has-this');
    expect([refused.status, await refused.text()]).toEqual([403, await unknown.text()]);
    expect(await cli('alias', 'history')).toContain('remove sonnet');
  });

  test('keeps a principal on one model, or draws for each request', async () => {
    await cli('alias', 'set', 'either', 'nova-lite=1', 'claude-sonnet-4-5=1');
    const served = async () => servedBy(await converse('either'));
    const first = await served();
    for (let n = 0; n < 8; n++) expect(await served()).toBe(first);
    await cli('alias', 'set', 'either', 'nova-lite=1', 'claude-sonnet-4-5=1', '--by', 'request');
    const seen = new Set<string | null>();
    // Chance leaves one of two out for 40 calls once in 10^12 runs.
    for (let n = 0; n < 40 && seen.size < 2; n++) seen.add(await served());
    expect([...seen].sort()).toEqual(['claude-sonnet-4-5', 'nova-lite']);
  });

  test('means to a tenant only what it was granted, and what is not retired', async () => {
    // llama is not acme's, however large its share.
    await cli('alias', 'set', 'large', 'llama-3-3-70b=1000', 'nova-lite=1');
    expect(servedBy(await converse('large'))).toBe('nova-lite');
    await cli('alias', 'set', 'theirs', 'llama-3-3-70b=1');
    expect((await converse('theirs')).status).toBe(403);
    await cli('alias', 'set', 'old', 'claude-v2=1000', 'nova-lite=1');
    await cli('model', 'retire', 'claude-v2');
    expect(servedBy(await converse('old'))).toBe('nova-lite');
    await cli('model', 'restore', 'claude-v2');
  });

  test('goes past a model that the path cannot ask, of whatever share', async () => {
    await cli('alias', 'set', 'mixed', 'mixtral-8x7b=1000', 'titan-embed-v2=1000', 'nova-lite=1');
    expect(servedBy(await converse('mixed'))).toBe('nova-lite');
  });

  test('is listed and shown as a model is, with what answers to it', async () => {
    await cli('alias', 'set', 'small', 'nova-lite=1', 'llama-3-3-70b=1');
    await cli('alias', 'set', 'drawn', 'nova-lite=1', 'claude-sonnet-4-5=1', '--by', 'request');
    for (const headers of [{}, { 'anthropic-version': '2023-06-01' }]) {
      const { data } = (await (await ask('/v1/models', undefined, headers)).json()) as {
        data: { id: string; served_by?: string[] }[];
      };
      expect(data.find(({ id }) => id === 'small')).toMatchObject({ served_by: ['nova-lite'] });
      expect(data.find(({ id }) => id === 'nova-lite')).not.toHaveProperty('served_by');
      const shown = await (await ask('/v1/models/drawn', undefined, headers)).json();
      expect(shown).toMatchObject({ id: 'drawn', served_by: ['claude-sonnet-4-5', 'nova-lite'] });
    }
    expect((await ask('/v1/models/nobody-has-this')).status).toBe(403);
  });

  test('hands out credentials for what it means, and says for which model', async () => {
    await cli('alias', 'set', 'handed', 'claude-sonnet-4-5=1000', 'nova-lite=1');
    expect((await ask('/credentials?model=handed')).status).toBe(403);
    await cli('grant', 'acme', 'nova-lite', '--direct');
    const answer = await ask('/credentials?model=handed');
    expect([answer.status, servedBy(answer)]).toEqual([200, 'nova-lite']);
    await cli('grant', 'acme', 'nova-lite');
  });

  test('is explained and reviewed', async () => {
    await cli('alias', 'set', 'tried', 'nova-lite=95', 'llama-3-3-70b=5');
    const text = await cli('policy', 'explain', '--tenant', 'acme', '--model', 'tried');
    expect(text).toContain('acme, invoke of nova-lite: allowed');
    expect(text).toMatch(
      /Which model does the alias mean here\?\s+nova-lite: llama-3-3-70b 5, nova-lite 95, by principal\s+STAGE ALIASES v\d+/,
    );
    const review = JSON.parse(await cli('policy', 'review', '--format', 'json')) as {
      closed: boolean;
      aliases: object[];
    };
    expect(review.closed).toBe(true);
    expect(JSON.stringify(review.aliases)).toContain('"tried"');
    expect(await cli('policy', 'review')).toMatch(
      /ALIASES[^\n]*\n[^\n]*\n(?:[^\n]+\n)*tried +llama-3-3-70b 5, nova-lite 95 +principal/,
    );
  });

  test('is refused by the command line where it is wrong, and the field is named', async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await stack.cli('alias', 'set', ...args);
      return `${code} ${stderr}`;
    };
    expect(await refused('x', 'nova-lite=0')).toMatch(/^1 .*models\.nova-lite: too small/);
    expect(await refused('x', 'nova-lite=1', 'nobody=1')).toMatch(/^1 .*models\.nobody: no such model/);
    expect(await refused('nova-lite', 'claude-v2=1')).toMatch(/^1 .*id: is a model/);
    expect(await refused('x', 'nova-lite')).toMatch(/^2 error: nova-lite: a model, once, and its weight/);
    expect((await stack.cli('alias', 'show', 'nobody')).stderr).toBe('tollgate: There is no alias nobody.\n');
    const shown = JSON.parse(await cli('alias', 'show', 'tried', '--format', 'json')) as object;
    expect(shown).toEqual({ id: 'tried', models: { 'llama-3-3-70b': 5, 'nova-lite': 95 }, by: 'principal' });
  });
});
