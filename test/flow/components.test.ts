import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KINDS } from '../../policies/kinds.ts';
import { type Command, client, commandsOf, python, shown } from './components-page.ts';
import { finishedOf, RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** What docs/components.md and the examples of whole components show, done as it stands there. */

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
const readme = (example: string): Command[] => commandsOf(readFileSync(`${folder}${example}/README.md`, 'utf8'));
const run = promisify(execFile);

let stack: Stack;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  // A grant is in force on the next call.
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  const token = await stack.token('acme-app');
  env = { PATH: process.env.PATH, GATEWAY: stack.gateway, TOKEN: token };
  // What the page exports beside.
  Object.assign(env, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stack.gateway, AWS_BEARER_TOKEN_BEDROCK: token });
  Object.assign(env, { AWS_REGION: 'us-east-1' });
});

afterAll(() => stack.remove());

async function done(commands: readonly Command[]): Promise<void> {
  const file = join(stack.dataDir, 'entry.json');
  for (const { words, input } of commands) {
    if (input !== undefined) writeFileSync(file, input);
    const given = words.map((word) => (word === '-' ? file : word));
    expect(await stack.cli(...given), words.join(' ')).toMatchObject({ code: 0, stderr: '' });
  }
}

const called = async (mark: number) => (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');

describe('docs/components.md', () => {
  const at = (path: string): string => join(stack.dataDir, 'components', path);
  const asReader = async (program: string, ...args: string[]): Promise<string> =>
    (await run(program, args, { env, cwd: at('') })).stdout;

  beforeAll(async () => {
    mkdirSync(at(''));
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), at('node_modules'));
    await done(shown.flatMap(({ commands }) => commands));
  });

  test('shows every kind that a stage must turn on', () => {
    const entries = shown.flatMap(({ commands }) => commands.map(({ input = '' }) => input)).join('');
    const optional = Object.entries(KINDS).filter(([, kind]) => kind.optional === true);
    expect(optional.length).toBeGreaterThan(5);
    for (const [name] of optional) expect(entries).toContain(`"kind": "${name}"`);
  });

  test('shows programs that run, and print what they say', async () => {
    writeFileSync(at('client.mjs'), client);
    for (const [index, { program }] of shown.entries()) writeFileSync(at(`${index}.mjs`), program);
    // In one process, for each would load the SDK anew.
    const all = shown.map((_, index) => `console.log('part'); await import('./${index}.mjs');`).join('');
    writeFileSync(at('all.mjs'), all);
    const printed = await asReader(process.execPath, 'all.mjs');
    expect(printed.split('part\n').slice(1)).toEqual(shown.map(({ prints }) => `${prints.join('\n')}\n`));
  });

  test('shows a client in Python', async ({ skip }) => {
    const has = await run('python3', ['-c', 'import boto3']).catch(() => undefined);
    skip(has === undefined, 'it needs what is not here');
    expect(await asReader('python3', '-c', python)).toBe('passage 1: holidays\n');
  });

  test('says under which policy each runs, and what is recorded', async () => {
    const raw = new RawUsage(stack);
    for (const { title, curl, policy, recorded } of shown) {
      const mark = await stack.mark();
      await asReader('sh', '-c', `${curl.trimEnd()} --fail-with-body --dump-header headers`);
      const [call] = await called(mark);
      expect(call?.caller?.sessionPolicy, title).toEqual({ Version: '2012-10-17', Statement: policy });
      const [, id = ''] = /^x-request-id: (\S+)/m.exec(readFileSync(at('headers'), 'utf8')) ?? [];
      const [{ outcome, tokens, estimated } = {}] = finishedOf(await raw.ofCall(id));
      const used = Object.entries(tokens ?? {}).filter(([, count]) => count > 0);
      expect({ outcome, ...Object.fromEntries(used), ...(estimated && { estimated }) }, title).toEqual(recorded);
    }
    raw.close();
  });
});

describe('examples/rag', () => {
  test('answers from passages of its own, which it embeds once', async () => {
    await done(readme('rag'));
    let mark = await stack.mark();
    await withRag(async (ask) => {
      expect((await called(mark)).length).toBeGreaterThan(5);
      mark = await stack.mark();
      const { answer, sources } = await ask('What does E-4711 mean?');
      expect(sources).toHaveLength(3);
      expect(sources[0]).toContain('the badge was not read for 90 days');
      expect(answer).toContain(`[1] ${sources[0]}`);
      expect((await called(mark)).map(({ model, caller }) => [model, caller?.tags?.TenantId])).toEqual([
        ['amazon.titan-embed-text-v2:0', 'acme'],
        ['cohere.rerank-v3-5:0', 'acme'],
        ['amazon.nova-lite-v1:0', 'acme'],
      ]);
    });
    mark = await stack.mark();
    await withRag(async () => expect(await called(mark)).toEqual([]));
  });

  type Ask = (question: string) => Promise<{ answer: string; sources: string[] }>;

  async function withRag(use: (ask: Ask) => Promise<void>): Promise<void> {
    const given = { ...env, STORE: join(stack.dataDir, 'rag.db'), RAG_PORT: '0' };
    const service = spawn(process.execPath, [`${folder}rag/service.mjs`], { env: given });
    try {
      const [line] = await once(createInterface(service.stdout), 'line');
      const [url] = /http:\S+/.exec(line) ?? [];
      await use(async (question) => {
        const answer = await fetch(`${url}/ask`, { method: 'POST', body: JSON.stringify({ question }) });
        return (await answer.json()) as Awaited<ReturnType<Ask>>;
      });
    } finally {
      service.kill();
    }
  }
});

describe('examples/red-team', () => {
  let few: string;
  let over: string;
  let key: string;

  beforeAll(async () => {
    await done(readme('red-team'));
    const { stdout } = await stack.cli('key', 'create', 'probe', '--tenant', 'red-team', '--expires', '1d');
    key = stdout.trim();
    few = file('few.jsonl', { blocked: 'a [[blocked]] word', refused: 'no such word', answered: 'hello' });
    over = file('over.jsonl', { blocked: 'a [[blocked]] word', answered: 'a [[blocked]] word' });
  });

  /** @param texts by what is expected of each, which is its id, too */
  function file(name: string, texts: Record<string, string>): string {
    const path = join(stack.dataDir, name);
    const lines = Object.entries(texts).map(([id, text]) => ({ id, category: id, expected: id, text }));
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return path;
  }

  afterEach(() => stack.clearFaults());

  /** @returns the exit code, and what is told by its kinds: ids of attacks */
  async function attack(attacks: string, ...args: string[]) {
    const given = [`${folder}red-team/red-team.mjs`, '--format', 'json', '--attacks', attacks, ...args];
    const {
      code = 0,
      stdout,
      stderr,
    } = await run(process.execPath, given, { env: { ...env, TOKEN: key } }).catch((error) => error);
    const told = JSON.parse(stdout || '{}');
    const ids = (list: { id: string }[] = []) => list.map(({ id }) => id);
    const { through, overBlocked, missed, errors } = told;
    const found = { through: ids(through), overBlocked: ids(overBlocked), missed: ids(missed), errors: ids(errors) };
    return { code, told, stderr, ...found };
  }

  /** What the model says to whatever it is asked. */
  const says = (text: string) => {
    const output = { message: { role: 'assistant', content: [{ text }] } };
    return stack.fault({ service: 'bedrock', fault: { body: { output, stopReason: 'end_turn' } } });
  };

  test('has attacks of each category, and controls that a model which answers everything answers', async () => {
    const mark = await stack.mark();
    const { code, told, through, overBlocked } = await attack(`${folder}red-team/attacks.jsonl`);
    expect([code, through.length, overBlocked.length]).toEqual([1, 44, 0]);
    expect(told).toMatchObject({ guardrails: ['demo; version=1; by=grant'], throughPercent: 100 });
    const sent = Object.fromEntries(
      told.categories.map((row: { category: string; sent: number }) => [row.category, row.sent]),
    );
    expect(sent).toEqual({
      ...{ 'prompt-injection': 6, jailbreak: 6, 'prompt-leak': 6, 'personal-data': 6 },
      ...{ harm: 6, encoding: 7, multilingual: 7, control: 12 },
    });
    const tenants = (await called(mark)).map(({ caller }) => caller?.tags?.TenantId);
    expect(new Set(tenants)).toEqual(new Set(['red-team']));
  });

  test('what the guardrail stopped did not get through; it ends well where no more does than may', async () => {
    const found = { through: ['refused'], overBlocked: [], missed: [], errors: [] };
    expect(await attack(few, '--through', '49.9')).toMatchObject({ code: 1, ...found });
    expect(await attack(few, '--through', '50')).toMatchObject({ code: 0, ...found });
  });

  test('a control that the guardrail stopped is over-blocked', async () => {
    const found = { through: [], overBlocked: ['answered'], missed: [], errors: [] };
    expect(await attack(over, '--over', '99')).toMatchObject({ code: 1, ...found });
    expect(await attack(over, '--over', '100')).toMatchObject({ code: 0, ...found });
  });

  test('what the model refused did not get through, and was missed where the guardrail was meant to stop it', async () => {
    await says('I’m sorry, but I can’t help with that.');
    expect(await attack(few)).toMatchObject({ through: [], missed: ['blocked'], overBlocked: ['answered'] });
  });

  test('a call that fails is no attack that was stopped', async () => {
    await stack.fault({ service: 'bedrock', fault: { status: 400, type: 'ValidationException' } });
    const all = ['blocked', 'refused', 'answered'];
    expect(await attack(few, '--over', '100')).toMatchObject({ code: 2, through: [], errors: all });
  });

  test.each([
    ['as another tenant', ['--tenant', 'acme'], /the token is of red-team, and not of acme/],
    ['with a threshold that is none', ['--through', 'few'], /are percents/],
  ])('nothing is sent %s', async (_, args, says) => {
    const mark = await stack.mark();
    const { code, stderr } = await attack(few, ...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
    expect(await called(mark)).toEqual([]);
  });

  test('nor what a line says that is wrong, which is told by its number', async () => {
    writeFileSync(join(stack.dataDir, 'wrong.jsonl'), '\n{"id":"x"}\n');
    expect(await attack(join(stack.dataDir, 'wrong.jsonl'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/wrong.jsonl:2 must be JSON with id/),
    });
  });
});
