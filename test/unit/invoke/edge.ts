import { Writable } from 'node:stream';
import type { CallerContext } from '../../../contract/context.ts';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { NO_TOKENS } from '../../../contract/usage.ts';
import { type AppDeps, createApp } from '../../../invoke/app.ts';
import type { Answer, Call, Events, ProviderRequest } from '../../../invoke/call.ts';
import type { RestEvent } from '../../../invoke/edge/event.ts';
import {
  type LambdaContext,
  type ResponseMetadata,
  type Served,
  type StreamingHandler,
  streamingHandler,
} from '../../../invoke/edge/lambda.ts';
import { passTraces } from '../../../invoke/edge/trace.ts';
import { createEntries } from '../../../invoke/pipeline/entries.ts';
import { NO_COUNTS } from '../../../metering/budgets/counters.ts';
import { createOpen } from '../../../seal/seal.ts';
import { AUTHORIZATION, bound, KEYS } from '../../seal.ts';

/** What the tests of the edge share: a caller, a pipeline that answers what a test says, a Lambda runtime. */

export const NOW = Date.UTC(2026, 10, 21, 12);

export const bedrockModel = (id: string, modelId: string, more: Partial<AllowedModel> = {}): AllowedModel => ({
  id,
  target: {
    kind: 'bedrock-model',
    modelId,
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
  },
  actions: ['invoke', 'stream', 'count'],
  lifecycle: { status: 'active' },
  ...more,
});

export const nova = bedrockModel('nova-lite', 'amazon.nova-lite-v1:0');

export const ending = bedrockModel('claude-v2', 'anthropic.claude-v2:1', {
  lifecycle: {
    status: 'deprecated',
    deprecatedAt: NOW / 1000 - 86_400,
    sunsetAt: NOW / 1000 + 86_400,
    successor: 'nova-lite',
  },
});

export const retired = bedrockModel('old', 'amazon.old-v1:0', {
  lifecycle: { status: 'retired', successor: 'nova-lite' },
});

export const mixtral: AllowedModel = {
  id: 'mixtral-8x7b',
  target: {
    kind: 'sagemaker-endpoint',
    endpointName: 'mixtral-8x7b',
    region: 'us-east-1',
    arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/mixtral-8x7b',
  },
  actions: ['invoke', 'stream'],
  lifecycle: { status: 'active' },
};

export const caller: CallerContext = {
  tenant: parseTenantId('acme'),
  principal: parsePrincipal('acme-app'),
  roles: [],
  costCenter: 'cc-1',
  exp: NOW / 1000 + 600,
  models: [nova, ending, retired, mixtral],
  budgets: [],
};

export const authorizer = await bound(caller);

/** What a test lets the pipeline do. `request` is what the surface would have sent. */
export type Upstream = (request: ProviderRequest, call: Call, model: AllowedModel) => Promise<Answer> | Answer;

export interface Edge {
  app: Served;
  /** Every call that reached the pipeline, with the provider request that came of it. */
  calls: { call: Call; request: ProviderRequest }[];
  lines: string[];
}

const HANDED_OUT = {
  accessKeyId: 'ASIAHANDEDOUT',
  secretAccessKey: 'secret',
  sessionToken: 'session',
  expiresAt: NOW + 900_000,
};

/** A counters table in which nothing was ever counted. */
const NOTHING_COUNTED: AppDeps['counters'] = { query: async () => [], counts: async () => NO_COUNTS };

export function edge(
  upstream: Upstream = () => whole(nova, {}),
  model: AllowedModel = nova,
  counters = NOTHING_COUNTED,
  more: Partial<AppDeps> = {},
): Edge {
  const calls: Edge['calls'] = [];
  const lines: string[] = [];
  const app = createApp({
    run: async (call) => {
      const request = call.prepare(model);
      calls.push({ call, request });
      return upstream(request, call, model);
    },
    open: createOpen({ keys: KEYS, clock: () => NOW }),
    keepToken: false,
    entries: createEntries({ registry: { tenant: async () => null }, clock: Date.now, onUndecided: () => {} }),
    direct: async () => ({ model, credentials: HANDED_OUT, expiresAt: NOW + 600_000 }),
    counters,
    answers: undefined,
    storesResponses: false,
    sessionIds: async () => Promise.reject(new Error('no session here')),
    costs: async () => Promise.reject(new Error('no prices here')),
    describe: async () => new Map(),
    corsOrigins: [],
    takeUp: passTraces,
    clock: () => NOW,
    write: (line) => lines.push(line),
    ...more,
  });
  return { app, calls, lines };
}

export function whole(model: AllowedModel, body: object | Uint8Array, headers: Record<string, string> = {}): Answer {
  return {
    kind: 'whole',
    model,
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body)),
    tokens: NO_TOKENS,
  };
}

export function streamed(model: AllowedModel, events: Events): Answer {
  return {
    kind: 'stream',
    model,
    status: 200,
    headers: { 'content-type': 'application/vnd.amazon.eventstream' },
    events,
  };
}

/** A Lambda response stream, whose bytes are read back as API Gateway reads them. */
export class ResponseStream extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly #onChunk: (chunk: Buffer, taken: () => void) => void;
  prelude: (() => void) | undefined;

  constructor(onChunk: (chunk: Buffer, taken: () => void) => void = (_, taken) => taken(), highWaterMark = 65_536) {
    super({ highWaterMark });
    this.#onChunk = onChunk;
  }

  override _write(chunk: Buffer, _encoding: string, taken: (error?: Error) => void): void {
    this.prelude?.();
    this.prelude = undefined;
    this.#chunks.push(chunk);
    this.#onChunk(chunk, taken);
  }

  put(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#onChunk(chunk, () => {});
  }

  get raw(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get metadata(): ResponseMetadata {
    return JSON.parse(this.raw.subarray(0, this.raw.indexOf(Buffer.alloc(8))).toString());
  }

  get body(): Buffer {
    return this.raw.subarray(this.raw.indexOf(Buffer.alloc(8)) + 8);
  }
}

/** The handler as Lambda would call it. */
export function lambda(
  app: Served,
  lines: Parameters<typeof streamingHandler>[2] = { underWay: new Set(), written: () => {} },
): (event: RestEvent, stream: ResponseStream, context?: LambdaContext) => Promise<void> {
  const runtime = {
    streamifyResponse: (handle: StreamingHandler) => handle,
    HttpResponseStream: {
      from(stream: ResponseStream, metadata: ResponseMetadata) {
        stream.prelude = () => stream.put(Buffer.concat([Buffer.from(JSON.stringify(metadata)), Buffer.alloc(8)]));
        return stream;
      },
    },
  };
  const handler = streamingHandler(app, runtime, lines) as StreamingHandler;
  return (event, stream, context = {}) => handler(event, stream, context);
}

/** A REST proxy event as API Gateway builds it, of the caller that `authorizer` is bound to. */
export function post(path: string, body: unknown, headers: Record<string, string> = {}): RestEvent {
  return event('POST', path, {
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export function event(httpMethod: string, path: string, more: Partial<RestEvent> = {}): RestEvent {
  return {
    path,
    httpMethod,
    headers: null,
    multiValueHeaders: null,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    body: null,
    isBase64Encoded: false,
    requestContext: { requestId: 'req-1', authorizer },
    ...more,
    ...withAuthorization(more),
  };
}

/** The header beside those that a test gives, if it does not give one itself; in the form that is read. */
function withAuthorization({ headers, multiValueHeaders }: Partial<RestEvent>): Partial<RestEvent> {
  const given = Object.keys(multiValueHeaders ?? headers ?? {}).map((name) => name.toLowerCase());
  if (given.includes('authorization')) return {};
  return multiValueHeaders
    ? { multiValueHeaders: { ...multiValueHeaders, Authorization: [AUTHORIZATION] } }
    : { headers: { ...headers, Authorization: AUTHORIZATION } };
}

/** One call through the adapter. */
export async function call(
  app: Served,
  request: RestEvent,
): Promise<ResponseMetadata & { bytes: Buffer; text: string; json: () => Record<string, unknown> }> {
  const stream = new ResponseStream();
  await lambda(app)(request, stream);
  const { metadata, body } = stream;
  return { ...metadata, bytes: body, text: body.toString(), json: () => JSON.parse(body.toString()) };
}
