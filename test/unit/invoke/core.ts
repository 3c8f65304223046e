import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AssumeRoleCommand, AssumeRoleCommandOutput } from '@aws-sdk/client-sts';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import type { AllowedModel, Purpose } from '../../../contract/model.ts';
import type { FinishedUsage, StartedUsage } from '../../../contract/usage.ts';
import { type Call, type Events, LATER, type Operation, type ProviderRequest } from '../../../invoke/call.ts';
import type { Meter } from '../../../metering/emit.ts';
import type { AssumesRole } from '../../../sessions/assume.ts';

/** What the tests of the pipeline share: callers, an STS, a Bedrock on a real port, a meter that remembers. */

export const NOW = Date.UTC(2026, 10, 21, 12);
export const ROLE = 'arn:aws:iam::111122223333:role/tollgate-local-invoker';

export const modelOf = (id: string, modelId = `vendor.${id}-v1:0`): AllowedModel => ({
  id,
  target: {
    kind: 'bedrock-model',
    modelId,
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
  },
  actions: ['invoke', 'stream', 'count'],
  lifecycle: { status: 'active' },
});

export const tokensOf = (input: number, output: number, cacheRead = 0, cacheWrite = 0) => ({
  input,
  output,
  cacheRead,
  cacheWrite,
});

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

export const requestOf = (operation: Operation, body: unknown = { messages: [] }): ProviderRequest => ({
  operation,
  body: body instanceof Uint8Array ? body : encode(body),
  contentType: 'application/json',
  accept: 'application/json',
  headers: {},
});

export interface TestCall extends Call {
  /** What the function was asked to stay alive for. */
  kept: Promise<unknown>[];
}

const ACTION: Readonly<Partial<Record<Operation, Purpose>>> = {
  converse: 'invoke',
  'converse-stream': 'stream',
  invoke: 'invoke',
  'invoke-with-response-stream': 'stream',
  'count-tokens': 'count',
  invocations: 'invoke',
  'invocations-response-stream': 'stream',
  'async-invocations': 'invoke',
  'apply-guardrail': 'guard',
  'retrieve-and-generate': 'generate',
  'retrieve-and-generate-stream': 'generate',
  rerank: 'rerank',
};

export function callOf(
  operation: Operation,
  more: { tenant?: string; principal?: string; wanted?: string; models?: AllowedModel[]; body?: unknown } = {},
): TestCall {
  const models = more.models ?? [modelOf('nova')];
  const kept: Promise<unknown>[] = [];
  return {
    surface: 'bedrock',
    caller: {
      tenant: parseTenantId(more.tenant ?? 'acme'),
      principal: parsePrincipal(more.principal ?? 'app'),
      roles: [],
      costCenter: 'cc-1',
      exp: NOW / 1000 + 900,
      models,
      budgets: [],
    },
    requestId: 'request-1',
    wanted: more.wanted ?? models[0]?.id ?? '',
    action: ACTION[operation] ?? 'invoke',
    ...(operation === LATER ? { later: true } : {}),
    prepare: () => requestOf(operation, more.body),
    kept,
    waitUntil: (promise) => kept.push(promise),
  };
}

export interface MemoryMeter extends Meter {
  lines: (StartedUsage | FinishedUsage)[];
  finishedLines(): FinishedUsage[];
  /** What each finished line publishes beside its record. */
  published: unknown[];
}

export function memoryMeter(): MemoryMeter {
  const lines: (StartedUsage | FinishedUsage)[] = [];
  const published: unknown[] = [];
  return {
    lines,
    published,
    started(record) {
      lines.push(structuredClone(record));
    },
    finished(record, metrics) {
      lines.push(structuredClone(record));
      published.push(metrics);
    },
    finishedLines: () => lines.filter((line) => line.phase === 'finished'),
  };
}

export interface FakeSts extends AssumesRole {
  inputs: AssumeRoleCommand['input'][];
}

/** @param answer by the number of the call, from 1; the default issues credentials for 15 minutes from `now()` */
export function fakeSts(
  answer?: (call: number, input: AssumeRoleCommand['input']) => Partial<AssumeRoleCommandOutput> | Promise<never>,
  now: () => number = () => NOW,
): FakeSts {
  const inputs: AssumeRoleCommand['input'][] = [];
  return {
    inputs,
    async send(command) {
      inputs.push(command.input);
      const given = await answer?.(inputs.length, command.input);
      return { ...(given ?? { Credentials: issued(inputs.length, now()) }), $metadata: {} };
    },
  };
}

export function issued(serial: number, now: number) {
  return {
    AccessKeyId: `ASIA${String(serial).padStart(16, '0')}`,
    SecretAccessKey: `secret-${serial}`,
    SessionToken: `token-${serial}`,
    Expiration: new Date(now + 900_000),
  };
}

/** The lines that are not about a session that was issued, in order. */
export function besidesIssued(lines: readonly string[]): string[] {
  return lines.filter((line) => JSON.parse(line).event !== 'credentials-issued');
}

/** An error as the SDK raises it. */
export function awsError(name: string, status?: number): Error {
  return Object.assign(new Error(`${name}: arn:aws:iam::111122223333:role/x`), {
    name,
    $metadata: status === undefined ? {} : { httpStatusCode: status },
  });
}

const codec = new EventStreamCodec(toUtf8, fromUtf8);

export function frame(type: string, payload: unknown, kind: 'event' | 'exception' | 'error' = 'event'): Uint8Array {
  const text = (value: string) => ({ type: 'string' as const, value });
  const headers =
    kind === 'error'
      ? { ':error-code': text(type), ':error-message': text(String(payload)) }
      : { [`:${kind}-type`]: text(type), ':content-type': text('application/json') };
  return codec.encode({
    headers: { ':message-type': text(kind), ...headers },
    body: kind === 'error' ? new Uint8Array() : payload instanceof Uint8Array ? payload : encode(payload),
  });
}

export const delta = (text: string): Uint8Array =>
  frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text }, p: 'abcd' });

export const metadata = (inputTokens: number, outputTokens: number, more = {}): Uint8Array =>
  frame('metadata', { usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...more } });

export const chunk = (value: unknown): Uint8Array =>
  frame('chunk', { bytes: Buffer.from(JSON.stringify(value)).toString('base64'), p: 'abc' });

export async function* bytesOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export async function textsOf(events: Events): Promise<string[]> {
  const types: string[] = [];
  for await (const together of events) types.push(...together.map(({ type }) => type));
  return types;
}

export interface Upstream {
  url: string;
  requests: { method: string; path: string; headers: IncomingMessage['headers']; body: Buffer }[];
  close(): Promise<void>;
}

/** A Bedrock Runtime that says what a test wants, byte for byte. Clients find it as they find AWS, by the environment. */
export async function upstream(
  answer: (request: Upstream['requests'][number], response: ServerResponse, count: number) => unknown,
): Promise<Upstream> {
  const requests: Upstream['requests'] = [];
  const server = createServer(async (incoming, response) => {
    const body: Buffer[] = [];
    for await (const piece of incoming) body.push(piece as Buffer);
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(body),
    };
    requests.push(request);
    await answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = url;
  return {
    url,
    requests,
    async close() {
      delete process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
