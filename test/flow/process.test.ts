import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { freePorts } from './ports.ts';
import { Stack } from './stack.ts';

const stacks: Stack[] = [];
const undo: (() => unknown)[] = [];

async function launch(...options: Parameters<typeof Stack.launch>) {
  const stack = await Stack.launch(...options);
  stacks.push(stack);
  return stack;
}

afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.remove();
  for (const step of undo.splice(0)) await step();
});

const ONE_LINE = /^tollgate: [^\n]+\n$/;

describe('a start that cannot succeed is one clear line on stderr and exit 1', () => {
  test.each([0, 1, 2])('when port PORT+%i is busy', async (offset) => {
    const port = await freePorts(3);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port + offset, '127.0.0.1', resolve));
    undo.push(() => server.close());
    const { code, stdout, stderr } = await (await launch({ port })).ended();
    expect(code).toBe(1);
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toContain(`Port ${port + offset} on 127.0.0.1 is already in use`);
    expect(stdout).toBe('');
  });

  test.each([
    ['PORT', 'eighty'],
    ['TOLLGATE_AUTHORIZER_TTL', '301'],
    ['TOLLGATE_ISSUERS', '[{"issuer":"ftp://x"}]'],
  ])('when %s is %s', async (name, value) => {
    const { code, stderr } = await (await launch({ env: { [name]: value } })).ended();
    expect(code).toBe(1);
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toContain(name);
  });

  test('when the data folder cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-flow-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await (await launch({ env: { TOLLGATE_DATA: join(folder, 'file', 'data') } })).ended();
    expect(code).toBe(1);
    expect(stderr).toMatch(ONE_LINE);
    expect(stderr).toContain('TOLLGATE_DATA');
  });
});

describe('a running gateway', () => {
  test('tells where it is, prints two calls to paste, and ends its banner with the ready line', async () => {
    const stack = await launch();
    await stack.ready();
    const { gateway, issuer, aws } = stack;
    expect(JSON.parse(readFileSync(join(stack.dataDir, 'local.json'), 'utf8'))).toEqual({
      gateway,
      issuer,
      aws,
      pid: stack.process.pid,
    });
    expect(stack.stdout).toMatch(/^ {2}tenant isolation {3}off$/m);
    expect(stack.stdout).toContain('npx tollgate token acme-app');
    expect(stack.stdout.match(/curl /g)).toHaveLength(2);
    expect(stack.stdout.trimEnd().split('\n').at(-1)).toBe(`ready ${gateway}`);
    expect((await fetch(`${gateway}/health`)).status).toBe(200);
    expect(await stack.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' });
  });

  test('refuses a second one on the same data in one line, and is not disturbed by it', async () => {
    const first = await launch();
    await first.ready();
    const { code, stderr } = await (await launch({ env: { TOLLGATE_DATA: first.dataDir } })).ended();
    expect(code).toBe(1);
    expect(stderr).toMatch(ONE_LINE);
    expect(existsSync(join(first.dataDir, 'local.json'))).toBe(true);
    expect((await fetch(`${first.gateway}/health`)).status).toBe(200);
  });

  test('answers calls in flight after SIGTERM, delivers their usage, and exits 0', async () => {
    const stack = await launch();
    await stack.ready();
    await stack.fault({ service: 'bedrock', fault: { delayMs: 1_500 } });
    const mark = await stack.mark();
    const call = fetch(`${stack.gateway}/model/nova-lite/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await stack.token('acme-app')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'still here' }] }] }),
    });
    await expect.poll(async () => (await stack.upstream(mark)).some(({ service }) => service === 'bedrock')).toBe(true);
    const ended = stack.stop();
    const answer = await call;
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('echo: still here');
    expect((await ended).code).toBe(0);
    expect(existsSync(join(stack.dataDir, 'local.json'))).toBe(false);
    expect(readFileSync(join(stack.dataDir, 'spool', 'current.jsonl'), 'utf8')).toBe('');
  });

  test('frees its ports and keeps what was changed when it is started again', async () => {
    const first = await launch();
    await first.ready();
    const token = await first.token('acme-app');
    expect((await first.cli('model', 'retire', 'nova-lite')).code).toBe(0);
    expect((await first.stop()).code).toBe(0);

    const second = await launch({ dataDir: first.dataDir, port: first.port });
    await second.ready();
    const answer = await fetch(`${second.gateway}/model/nova-lite/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] }),
    });
    expect(answer.status).toBe(410);
  });
});
