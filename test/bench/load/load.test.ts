import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { callOf } from '../points.ts';
import { loadOptions } from './options.ts';
import { loadPage } from './page.ts';
import { Tally } from './tally.ts';
import { fromCommand, keepTokens } from './tokens.ts';
import { faultOf, traffic } from './traffic.ts';

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let url: string;

beforeEach(async () => {
  server = createServer((request, response) => answer(request.resume(), response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterEach(() => {
  server.close().closeAllConnections();
});

const token = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

async function made(rate: number) {
  const { path, body } = callOf('chat', 'a-model');
  return traffic({
    call: { url: `${url}${path}`, headers: {}, body },
    kind: 'chat',
    tenants: 2,
    tokens: await keepTokens(2, async (tenant) => token({ sub: `tenant-${tenant}` })),
    connections: 4,
    seconds: 1,
    rate,
    onSecond: () => undefined,
  });
}

describe('a load', () => {
  test('is made with the tokens of all tenants, and errors are told by kind', async () => {
    const seen = new Set<string | undefined>();
    let count = 0;
    answer = (request, response) => {
      seen.add(request.headers.authorization);
      if (++count % 2 === 0) response.end('{}');
      else response.writeHead(429, { 'x-amzn-errortype': 'ThrottlingException' }).end('{}');
    };
    const { calls, errors, ms, bySecond } = await made(0);
    expect(seen.size).toBe(2);
    expect(calls).toBeGreaterThan(0);
    expect(errors).toEqual([['429 ThrottlingException', expect.any(Number)]]);
    expect(Math.abs(calls - (errors[0]?.[1] ?? 0))).toBeLessThanOrEqual(1);
    expect(ms).toHaveLength(4);
    expect(bySecond.reduce((sum, second) => sum + second.calls, 0)).toBe(calls);
  });

  test('at a rate has so many calls, and each is late from when it was due', async () => {
    const held: ServerResponse[] = [];
    answer = (_, response) => {
      // The first four hold every connection until half of the calls are due.
      if (held.length < 4) held.push(response);
      else response.end('{}');
      if (held.length === 4) setTimeout(() => held.splice(0, 4, ...held.map((one) => one.end('{}'))), 500);
    };
    const { calls, ms } = await made(40);
    expect(calls).toBe(40);
    // Those that were due meanwhile waited too, though each was answered at once when it was sent.
    expect(ms[0]).toBeGreaterThan(20);
  });

  test('draws a page without a token', async () => {
    answer = (_, response) => response.end('{}');
    const page = loadPage('2026-11-28T00:00:00Z', loadOptions(['--path', 'chat']), await made(20));
    expect(page).toContain('<polyline');
    expect(page).toContain('p99.9');
    expect(page).not.toContain(token({ sub: 'tenant-0' }));
  });
});

test.each([
  ['a stream without its end', 'chat-stream', 200, {}, 'data: {}\n\n', '200, but broken off'],
  ['a stream with its end', 'chat-stream', 200, {}, 'data: [DONE]\n\n', undefined],
  [
    'an error of Bedrock',
    'converse',
    403,
    { 'x-amzn-errortype': 'AccessDeniedException:http' },
    '',
    '403 AccessDeniedException',
  ],
  ['an error of OpenAI', 'chat', 429, {}, '{"error":{"code":"rate_limited"}}', '429 rate_limited'],
  ['an error of nobody', 'chat', 502, {}, '<html>', '502'],
] as const)('%s is told as what it is', (_, kind, status, headers, body, fault) => {
  expect(faultOf(kind, { status, headers, body: Buffer.from(body), ms: 1, firstMs: 1 })).toBe(fault);
});

test('a token is asked for again when it comes near its end, and once', async () => {
  let asked = 0;
  const tokens = await keepTokens(1, async () => token({ exp: Date.now() / 1_000 + 30, n: ++asked }));
  await Promise.all([tokens.of(0), tokens.of(0)]);
  expect(asked).toBe(2);
});

test('a command prints the token of each tenant; what it printed is in no error', async () => {
  await expect(fromCommand('echo token-{n}')(1)).resolves.toBe('token-2');
  await expect(fromCommand('echo secret; exit 3')(0)).rejects.toThrow('--token-command ended with 3 for tenant 1');
});

test('many kinds of errors take no more memory than a few', () => {
  const tally = new Tally();
  for (let i = 0; i < 1_000; i++) tally.failed(`kind ${i}`);
  expect(tally.summary(1).errors.length).toBeLessThan(60);
});

test.each([
  [['--seconds', '3601'], '--seconds'],
  [['--connections', '0'], '--connections'],
  [['--path', 'elsewhere'], '--path'],
  [['--url', 'file:///x'], '--url'],
  [['--url', 'http://127.0.0.1:1'], '--token-command'],
  [['--client', 'a:b'], '--url'],
  [['--url', 'http://127.0.0.1:1', '--client', 'a:b'], '--issuer'],
])('%j names the option that is wrong', (args, named) => {
  expect(() => loadOptions(args)).toThrow(named);
});
