import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import settings from '../../examples/claude-code/settings.json' with { type: 'json' };
import { CLIENTS } from '../../invoke/surfaces/own/clients.ts';
import { KINDS } from '../../policies/kinds.ts';
import { sidecarSettings } from '../../sidecar/settings.ts';
import { startSidecar } from '../../sidecar/start.ts';
import { client, python, shown } from './components-page.ts';
import { finishedOf, RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
const text = (file: string): string => readFileSync(`${folder}${file}`, 'utf8');
/** What they share, and what calls a sidecar in place of the gateway. */
const NO_CLIENTS = new Set(['gateway.mjs', 'sidecar.mjs']);
const programs = readdirSync(folder).filter((name) => /\.(mjs|py|sh)$/.test(name) && !NO_CLIENTS.has(name));
const run = promisify(execFile);

const INTERPRETERS: Record<string, string> = { mjs: process.execPath, py: 'python3', sh: 'sh' };

/** What Python must have, for those that are written in it. */
const MODULES: Record<string, string> = {
  'boto3_bedrock.py': 'import boto3; assert tuple(map(int, boto3.__version__.split(".")[:2])) >= (1, 39)',
  'openai_chat.py': 'import openai',
};

async function canRun(file: string): Promise<boolean> {
  if (text(file).includes('Run by hand')) return false;
  const module = MODULES[file];
  return (
    module === undefined ||
    run('python3', ['-c', module]).then(
      () => true,
      () => false,
    )
  );
}

let stack: Stack;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  stack = await Stack.start();
  env = { PATH: process.env.PATH, GATEWAY: stack.gateway, TOKEN: await stack.token('acme-app') };
});

afterAll(() => stack.remove());

/** As in a program, which has the address in a variable; without what a formatter is free to choose. */
function flat(code: string): string {
  return code.replaceAll(/\s+/g, '').replaceAll(/[,;](?=[)\]}])/g, '');
}

function asProgram(line: string, file: string): string {
  if (file.endsWith('.mjs'))
    return line.replaceAll("'GATEWAY'", 'gateway').replaceAll(/'GATEWAY(.*?)'/g, '`${gateway}$1`');
  if (file.endsWith('.py')) return line.replaceAll(/"GATEWAY(.*?)"/g, 'f"{gateway}$1"');
  return line.replaceAll('GATEWAY', file.endsWith('.sh') ? '$GATEWAY' : settings.env.ANTHROPIC_BASE_URL);
}

describe('examples/', () => {
  test.concurrent.for(programs)('%s runs, and prints what the model said', async (file, { skip }) => {
    const interpreter = INTERPRETERS[file.split('.').at(-1) ?? ''] ?? '';
    skip(!(await canRun(file)), 'it needs what is not here');
    const { stdout } = await run(interpreter, [`${folder}${file}`], { env });
    expect(stdout).toContain('echo: hello');
  });

  test('sidecar.mjs runs beside a sidecar, and has no token', async () => {
    const { TOKEN = '', ...own } = env;
    const file = join(stack.dataDir, 'token');
    writeFileSync(file, TOKEN);
    const settings = sidecarSettings({ TOLLGATE_URL: stack.gateway, TOLLGATE_TOKEN_FILE: file, PORT: '0' });
    const sidecar = await startSidecar(settings, () => {});
    try {
      const { stdout } = await run(process.execPath, [`${folder}sidecar.mjs`], {
        env: { ...own, SIDECAR: sidecar.address },
      });
      expect(stdout).toContain('echo: hello');
    } finally {
      await sidecar.stop();
    }
  });

  test('claude-code/settings.json is answered: a helper prints the token, and it is sent in both headers', async () => {
    const { apiKeyHelper, env: told } = settings;
    const { stdout } = await stack.cli(...apiKeyHelper.split(' ').slice(2));
    const token = stdout.trim();
    const defaultHeaders = { 'x-api-key': token };
    const client = new Anthropic({ baseURL: stack.gateway, authToken: token, apiKey: null, defaultHeaders });
    for (const model of [told.ANTHROPIC_MODEL, told.ANTHROPIC_DEFAULT_HAIKU_MODEL]) {
      const { content } = await client.messages.create({
        model,
        max_tokens: 64,
        system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
        messages: [{ role: 'user', content: 'hello' }],
      });
      expect(content).toMatchObject([{ type: 'text', text: 'echo: hello' }]);
    }
  });
});

describe('docs/components.md', () => {
  const at = (path: string): string => join(stack.dataDir, 'components', path);
  const asReader = async (program: string, ...args: string[]): Promise<string> => {
    const given = { ...env, TOKEN: await stack.token('acme-app') };
    return (await run(program, args, { env: given, cwd: at('') })).stdout;
  };

  beforeAll(async () => {
    mkdirSync(at(''));
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), at('node_modules'));
    for (const { words, input } of shown.flatMap(({ commands }) => commands)) {
      if (input !== undefined) writeFileSync(at('entry.json'), input);
      const given = words.map((word) => (word === '-' ? at('entry.json') : word));
      expect(await stack.cli(...given), words.join(' ')).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('shows every kind that a stage must turn on', () => {
    const entries = shown.flatMap(({ commands }) => commands.map(({ input = '' }) => input)).join('');
    const optional = Object.entries(KINDS).filter(([, kind]) => kind.optional === true);
    expect(optional.length).toBeGreaterThan(2);
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
    skip(!(await canRun('boto3_bedrock.py')), 'it needs what is not here');
    expect(await asReader('python3', '-c', python)).toBe('passage 1: holidays\n');
  });

  test('says under which policy each runs, and what is recorded', async () => {
    const raw = new RawUsage(stack);
    for (const { title, commands, curl, policy, recorded } of shown) {
      const mark = await stack.mark();
      await asReader('sh', '-c', `${curl.trimEnd()} --fail-with-body`);
      const call = (await stack.upstream(mark)).find(({ service }) => service === 'bedrock');
      expect(call?.caller?.sessionPolicy, title).toEqual({ Version: '2012-10-17', Statement: policy });
      const { id } = JSON.parse(commands[0]?.input ?? '');
      const records = async () => finishedOf(await raw.records()).filter(({ model }) => model === id);
      await expect.poll(async () => (await records()).length, { timeout: 10_000 }).toBeGreaterThan(0);
      for (const { outcome, tokens } of await records()) {
        const used = Object.entries(tokens).filter(([, count]) => count > 0);
        expect([outcome, Object.fromEntries(used)], title).toEqual(['ok', recorded]);
      }
    }
    raw.close();
  });
});

describe('what /docs says of a client', () => {
  test.each(CLIENTS)('is in its example: $name', ({ example, lines }) => {
    for (const line of lines.split('\n').map((one) => one.replace(/^(\/\/|#|await) /, '')))
      expect(flat(text(example))).toContain(flat(asProgram(line, example)));
  });

  test('is there for every example', () => {
    const shown = new Set(CLIENTS.map(({ example }) => example));
    expect(programs.filter((file) => !shown.has(file))).toEqual([]);
    for (const file of shown) expect(text('README.md')).toContain(`(${file})`);
  });
});
