import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../console/views/playground/request.ts';
import { filesOf, snippetsFor, TOKEN } from '../../console/views/playground/snippets/snippets.ts';
import settings from '../../examples/claude-code/settings.json' with { type: 'json' };
import { CLIENTS } from '../../invoke/surfaces/own/clients.ts';
import { sidecarSettings } from '../../sidecar/settings.ts';
import { startSidecar } from '../../sidecar/start.ts';
import { Stack } from './stack.ts';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
const text = (file: string): string => readFileSync(`${folder}${file}`, 'utf8');
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
/** Where each client's calls go. */
const PATHS = {
  ...{ curl: '/v1/chat/completions', 'openai-ts': '/v1/chat/completions', 'openai-python': '/v1/chat/completions' },
  ...{ anthropic: '/v1/messages', aws: '/model/{id}/converse', vercel: '/v1/chat/completions' },
};
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

describe('the code that the console shows', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const model = { id: 'claude-sonnet-4-5', native_id: CLAUDE, paths: Object.values(PATHS), streaming: true };
  const picture = 'data:image/png;base64,iVBORw0KGgo=';
  const hostile = `it's "quoted" $HOME \`id\` \${x} \\ \\n 🙂\n<<JSON`;
  const call = { id: 'call_1', type: 'function' as const, function: { name: 'weather', arguments: '{"city":"Rome"}' } };
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const REQUESTS: Record<string, ChatRequest> = {
    'a conversation': {
      ...{ model: model.id, temperature: 0.5, max_completion_tokens: 100, stop: ['END'] },
      messages: [
        { role: 'system', content: hostile },
        { role: 'user', content: hostile },
        { role: 'assistant', content: hostile },
        {
          role: 'user',
          content: [
            { type: 'text', text: `hello ${hostile}` },
            { type: 'image_url', image_url: { url: picture } },
          ],
        },
      ],
    },
    tools: {
      ...{ model: model.id, reasoning_effort: 'low' },
      tools: [{ type: 'function', function: { name: 'weather', description: hostile, parameters } }],
      messages: [
        { role: 'user', content: 'rome?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: call.id, content: 'sunny' },
        { role: 'user', content: 'hello [[tool:weather {"city":"Paris"}]]' },
      ],
    },
  };
  const PROGRAMS: Record<string, string[]> = { curl: ['sh'], 'openai-python': ['python3'] };
  const cases = snippetsFor(model).flatMap((snippet) =>
    Object.entries(REQUESTS).map(([what, request]) => ({ what, request, snippet, name: snippet.label })),
  );
  let cwd: string;
  let hasPython: boolean;
  let hasOpenai: boolean;

  beforeAll(async () => {
    const can = (code: string) =>
      run('python3', ['-c', code]).then(
        () => true,
        () => false,
      );
    [hasPython, hasOpenai] = await Promise.all([can(''), can('import openai')]);
    cwd = mkdtempSync(join(stack.dataDir, 'shown-'));
    symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'));
    writeFileSync(join(cwd, 'a-b.png'), Buffer.from('iVBORw0KGgo=', 'base64'));
  });

  test('is there for each way to ask', () => {
    expect(cases.length).toBe(2 * Object.keys(PATHS).length);
  });

  test.concurrent.for(cases)('runs as it is shown, with $name: $what', async ({ what, request, snippet }, { skip }) => {
    const { id } = snippet;
    skip(id === 'openai-python' && !hasPython, 'there is no Python');
    const files = filesOf(request, new Map([[picture, 'a b.png']]));
    const file = join(cwd, `${id}-${what.length}.mjs`);
    writeFileSync(file, snippet.code({ request, model, gateway: stack.gateway, files }));
    const [program = process.execPath] = PROGRAMS[id] ?? [];
    const own = hasOpenai
      ? {}
      : {
          PYTHONPATH: fileURLToPath(new URL('./python', import.meta.url)),
          PYTHONDONTWRITEBYTECODE: '1',
        };
    const { stdout } = await run(program, [file], { cwd, env: { PATH: env.PATH, [TOKEN]: env.TOKEN, ...own } });
    expect(textIn(stdout)).toContain(what === 'tools' ? 'Paris' : `echo: hello ${hostile}`);
  });

  /** What curl prints are the events of a stream. */
  function textIn(stdout: string): string {
    if (!stdout.startsWith('data: ')) return stdout;
    const events = stdout
      .split('\n')
      .flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));
    return events.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  }
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
