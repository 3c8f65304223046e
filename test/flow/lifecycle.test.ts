import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

let stack: Stack;
let token: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '1' } });
  token = await stack.token('acme-app');
});

afterAll(() => stack.remove());

async function converse(model: string, { gateway } = stack, bearer = token): Promise<Response> {
  return fetch(`${gateway}/model/${model}/converse`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] }),
  });
}

/** The authorizer's cache time and the registry's own memory, and room for a busy machine. */
const BOUND = { timeout: 15_000, interval: 100 };

const becomes = (model: string, status: number) =>
  expect.poll(async () => (await converse(model)).status, BOUND).toBe(status);

describe('an edit of the registry, without a restart', () => {
  test('retires a model with 410, and restores it', async () => {
    expect((await converse('nova-lite')).status).toBe(200);
    expect((await stack.cli('model', 'retire', 'nova-lite')).code).toBe(0);
    await becomes('nova-lite', 410);
    const mark = await stack.mark();
    await converse('nova-lite');
    expect(await stack.upstream(mark)).toEqual([]);
    expect((await stack.cli('model', 'restore', 'nova-lite')).code).toBe(0);
    await becomes('nova-lite', 200);
  });

  test('a draft is to whom it was granted what was not granted, until it is activated', async () => {
    const { stdout } = await stack.cli('model', 'show', 'nova-lite', '--format', 'json');
    const { version: _, ...document } = JSON.parse(stdout) as object & { version: number };
    const draft = join(stack.dataDir, 'draft.json');
    writeFileSync(draft, JSON.stringify({ ...document, id: 'nova-draft', lifecycle: { status: 'draft' } }));
    for (const args of [
      ['model', 'put', draft],
      ['grant', 'add', 'acme', 'nova-draft'],
      ['grant', 'add', 'acme', 'llama-3-3-70b'],
    ])
      expect(await stack.cli(...args)).toMatchObject({ code: 0 });
    const told = async (model: string) => {
      const answer = await converse(model);
      return [answer.status, answer.headers.get('x-amzn-errortype'), await answer.text()];
    };
    // Once what was granted at the same moment can be called, the draft's grant has been read, too.
    await becomes('llama-3-3-70b', 200);
    expect(await told('nova-draft')).toEqual(await told('no-such-model'));
    expect((await stack.cli('model', 'activate', 'nova-draft')).code).toBe(0);
    await becomes('nova-draft', 200);
  });

  test('revokes a grant with 403, and grants it again', async () => {
    expect((await stack.cli('grant', 'revoke', 'acme', 'nova-lite')).code).toBe(0);
    await becomes('nova-lite', 403);
    expect((await stack.cli('grant', 'add', 'acme', 'nova-lite')).code).toBe(0);
    await becomes('nova-lite', 200);
  });

  test('announces the end of a deprecated model on every answer', async () => {
    const { headers, status } = await converse('claude-v2');
    expect(status).toBe(200);
    expect(headers.get('deprecation')).toMatch(/^@\d+$/);
    const days = (Date.parse(headers.get('sunset') ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
    expect(headers.get('link')).toContain('rel="successor-version"');
  });
});

describe('a model that requires an evaluation', () => {
  const dataset = 's3://tollgate-usage/evaluation/prompts.jsonl';
  const told = async (...args: string[]) => {
    const { code, stdout, stderr } = await stack.cli(...args, '--format', 'json');
    return { code, said: code === 0 ? JSON.parse(stdout) : stderr };
  };
  const written = (name: string, value: object) => {
    const file = join(stack.dataDir, name);
    writeFileSync(file, JSON.stringify(value));
    return file;
  };
  const prompts = async (...lines: object[]) => {
    const s3 = new S3Client({
      ...{ endpoint: stack.aws, region: 'us-east-1', forcePathStyle: true },
      credentials: { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' },
    });
    const Body = lines.map((line) => JSON.stringify(line)).join('\n');
    await s3.send(new PutObjectCommand({ Bucket: 'tollgate-usage', Key: 'evaluation/prompts.jsonl', Body }));
    s3.destroy();
  };
  const GOOD = { prompt: 'say blue', referenceResponse: 'blue' };
  const BAD = { prompt: 'say red', referenceResponse: 'green' };

  test('is granted once Bedrock has found it good enough; who holds it keeps it when it no longer is', async () => {
    const quality = written('quality.json', {
      ...{ sort: 'judge', role: 'arn:aws:iam::111122223333:role/evaluations', output: 's3://tollgate-usage/results' },
      ...{ task: 'General', metrics: ['Builtin.Correctness'], judge: 'amazon.nova-pro-v1:0' },
      pass: { 'Builtin.Correctness': 0.6 },
    });
    await told('eval', 'template', 'put', 'quality', '--file', quality);
    await told('model', 'put', written('demand.json', { id: 'llama-3-3-70b', requires: { evaluation: true } }));
    for (const tenant of ['judged', 'late']) await told('tenant', 'put', tenant, '--cost-center', 'CC-9');
    expect((await told('grant', 'judged', 'llama-3-3-70b')).said).toContain('requires an evaluation');

    await prompts(GOOD, BAD, BAD);
    const start = ['eval', 'start', 'llama-3-3-70b', '--dataset', dataset];
    const mark = await stack.mark();
    const { said: dry } = await told(...start, '--dry-run');
    expect(dry).toMatchObject({ roleArn: 'arn:aws:iam::111122223333:role/evaluations' });
    expect(await stack.upstream(mark)).toEqual([]);
    const { said: first } = await told(...start);
    const { said: again } = await told(...start);
    expect((await stack.cli(...start)).stderr).toContain('--run');
    expect([first.changed, again.changed, again.job === first.job]).toEqual([true, false, true]);
    const score = { 'Builtin.Correctness': 1 / 3 };
    expect((await told('eval', 'take', 'llama-3-3-70b')).said).toMatchObject([{ passed: false, scores: score }]);
    expect((await told('grant', 'judged', 'llama-3-3-70b')).code).toBe(1);

    await prompts(GOOD, GOOD, BAD);
    await told(...start, '--run', '2');
    expect((await told('eval', 'take')).said).toMatchObject([{ model: 'llama-3-3-70b', passed: true }]);
    expect((await told('eval', 'show', 'llama-3-3-70b')).said).toMatchObject({ required: true, grantable: true });
    expect((await told('grant', 'judged', 'llama-3-3-70b')).code).toBe(0);

    const { said: shut } = await told('eval', 'record', 'llama-3-3-70b', '--failed', '--note', 'it swears');
    expect(shut.changed).toBe(true);
    expect((await told('eval', 'list', 'llama-3-3-70b')).said).toMatchObject([
      { template: 'quality', counts: true, last: { passed: true } },
      { template: 'review', counts: true, last: { passed: false, note: 'it swears' } },
    ]);
    expect((await told('grant', 'late', 'llama-3-3-70b')).said).toContain('failed review');
    expect((await told('access', 'judged')).said).toMatchObject([{ model: 'llama-3-3-70b' }]);
    expect((await told('eval', 'record', 'llama-3-3-70b', '--passed', '--template', 'quality')).said).toContain(
      'judges',
    );
  });

  test('keeps its last verdict where a job fails, and says why it did', async () => {
    const start = ['eval', 'start', 'llama-3-3-70b', '--dataset', 's3://tollgate-usage/evaluation/none.jsonl'];
    await told(...start);
    expect((await told('eval', 'take')).said).toMatchObject([
      { status: 'Failed', failure: expect.stringContaining('none') },
    ]);
    const { evaluated } = (await told('model', 'show', 'llama-3-3-70b')).said;
    expect(evaluated[0]).toMatchObject({ job: { status: 'Failed' }, last: { passed: true } });
    expect((await told('eval', 'start', 'mixtral-8x7b', '--dataset', dataset)).said).toContain('cannot evaluate');
  });
});

describe('with an authorizer that is never kept', () => {
  test('a retirement, a revocation and a suspension are in force on the very next call', async () => {
    const immediate = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
    try {
      const own = await immediate.token('acme-app');
      const status = async () => (await converse('nova-lite', immediate, own)).status;
      const edited = async (...args: string[]) => {
        expect((await immediate.cli(...args)).code).toBe(0);
        return status();
      };
      expect(await status()).toBe(200);
      expect(await edited('model', 'retire', 'nova-lite')).toBe(410);
      expect(await edited('model', 'restore', 'nova-lite')).toBe(200);
      expect(await edited('grant', 'revoke', 'acme', 'nova-lite')).toBe(403);
      expect(await edited('grant', 'add', 'acme', 'nova-lite')).toBe(200);
      expect(await edited('tenant', 'suspend', 'acme')).toBe(403);
    } finally {
      await immediate.remove();
    }
  });
});

describe('the command line', () => {
  test('prints a token that the gateway takes', async () => {
    const { code, stdout } = await stack.cli('token', 'acme-app');
    expect(code).toBe(0);
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    expect((await fetch(`${stack.gateway}/v1/models`, { headers })).status).toBe(200);
  });
});
