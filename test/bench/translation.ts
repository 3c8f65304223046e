import { parsePrincipal, parseTenantId } from '../../contract/identity.ts';
import { ACTIONS, type AllowedModel } from '../../contract/model.ts';
import type { Answer, StreamEvent } from '../../invoke/call.ts';
import { type Exchange, headersFrom } from '../../invoke/exchange.ts';
import { ROUTES } from '../../invoke/surfaces/routes.ts';
import { NO_USAGE } from '../../invoke/usage/usage.ts';
import { microseconds } from './decisions.ts';
import type { Results } from './results.ts';

/** What a surface adds to a call by itself: its table checked, its translation there and back, with no model and no pipeline. */

const MODEL: AllowedModel = {
  id: 'nova-lite',
  target: {
    kind: 'bedrock-model',
    modelId: 'amazon.nova-lite-v1:0',
    region: 'us-east-1',
    arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  },
  actions: [...ACTIONS],
  lifecycle: { status: 'active' },
};

const TURNS = 10;
const TOOLS = 3;
const DELTAS = 1_000;
const STREAMS = 20;

const words = 'What is the weather like in the capital of this country today, and what was it yesterday? '.repeat(3);
const turns = Array.from({ length: TURNS }, (_, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content: words }));
const messages = [...turns, { role: 'user', content: words }];
const schema = { type: 'object', properties: { city: { type: 'string', description: 'A city.' } }, required: ['city'] };
const tools = Array.from({ length: TOOLS }, (_, i) => ({ name: `tool_${i}`, description: words }));

/** By path: what an agent asks in its eleventh turn, some 4 kB. */
const BODIES: Record<string, object> = {
  '/v1/chat/completions': {
    model: 'nova-lite',
    messages: [{ role: 'system', content: words }, ...messages],
    tools: tools.map((tool) => ({ type: 'function', function: { ...tool, parameters: schema } })),
    temperature: 0.2,
  },
  '/v1/messages': {
    model: 'nova-lite',
    max_tokens: 1_000,
    system: words,
    messages,
    tools: tools.map((tool) => ({ ...tool, input_schema: schema })),
    temperature: 0.2,
  },
  '/v1/responses': {
    model: 'nova-lite',
    instructions: words,
    input: messages,
    tools: tools.map((tool) => ({ type: 'function', ...tool, parameters: schema, strict: false })),
    temperature: 0.2,
    store: false,
  },
};

const usage = { inputTokens: 1_000, outputTokens: 100, totalTokens: 1_100 };
const headers = {};
const WHOLE: Answer = {
  kind: 'whole',
  model: MODEL,
  status: 200,
  headers,
  tokens: NO_USAGE.tokens,
  body: Buffer.from(
    JSON.stringify({
      output: { message: { role: 'assistant', content: [{ text: words }] } },
      stopReason: 'end_turn',
      usage,
    }),
  ),
};

const event = (type: string, payload: object): StreamEvent => ({
  type,
  bytes: new Uint8Array(),
  payload: Buffer.from(JSON.stringify(payload)),
});
const EVENTS = [
  event('messageStart', { role: 'assistant' }),
  ...Array.from({ length: DELTAS }, () =>
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'word ' } }),
  ),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', { usage }),
];

/** Each event by itself, as a model that writes word by word sends them. */
async function* oneByOne(): AsyncGenerator<StreamEvent[]> {
  for (const one of EVENTS) yield [one];
}

/** By path. */
export async function translations(): Promise<Results['translationsMicroseconds']> {
  const figures: Results['translationsMicroseconds'] = {};
  for (const { path, load } of ROUTES) {
    const body = BODIES[path];
    if (body === undefined) continue;
    const serve = await load();
    const [whole, stream] = [body, { ...body, stream: true }].map((asked) => Buffer.from(JSON.stringify(asked)));
    const call = async (asked = new Uint8Array()): Promise<void> => {
      const { body: given } = await serve(exchangeOf(path, asked));
      if (typeof given === 'string' || given instanceof Uint8Array) return;
      for await (const piece of given) if (piece.byteLength === 0) throw new Error('an empty piece');
    };
    const streamed = await microseconds(() => call(stream), STREAMS);
    figures[path] = { call: await microseconds(() => call(whole)), event: streamed / EVENTS.length };
  }
  return figures;
}

function exchangeOf(path: string, body: Uint8Array): Exchange {
  const none = (): never => {
    throw new Error('a translation asks for nothing else');
  };
  return {
    request: {
      method: 'POST',
      path,
      query: new URLSearchParams(),
      headers: headersFrom([['content-type', 'application/json']]),
      body: () => body,
    },
    caller: {
      tenant: parseTenantId('acme'),
      principal: parsePrincipal('acme-app'),
      roles: [],
      costCenter: 'CC-100',
      exp: 2_000_000_000,
      models: [MODEL],
      budgets: [],
    },
    requestId: 'request-1',
    nowSeconds: 1_800_000_000,
    run: async (call) => {
      const { operation } = call.prepare(MODEL);
      return operation.endsWith('stream')
        ? { kind: 'stream', model: MODEL, status: 200, headers, events: oneByOne() }
        : WHOLE;
    },
    entries: none,
    describe: async () => new Map(),
    counters: { query: none, counts: none },
    abilities: none,
    answers: undefined,
    storesResponses: false,
    sessionIds: none,
    costs: none,
    direct: none,
    waitUntil: () => {},
    broke: (error) => {
      throw error;
    },
  };
}
