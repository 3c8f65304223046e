import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import type { FinishedUsage } from '../../../contract/usage.ts';
import type { Answer, Call } from '../../../invoke/call.ts';
import { createCosts } from '../../../invoke/costs.ts';
import type { PricedModel } from '../../../registry/price.ts';
import type { PriceReader } from '../../../registry/reader.ts';
import { bedrockModel, edge, NOW, nova, streamed, whole } from './edge.ts';
import { BREAK, conversation, frame, stream } from './frame.ts';
import { front } from './front.ts';

const RECORD: FinishedUsage = {
  ...({ v: 1, phase: 'finished', surface: 'openai', action: 'invoke', outcome: 'ok', code: '' } as const),
  ...{ invocationId: 'i', requestId: 'r', at: NOW, tenant: 'acme', principal: 'acme-app', costCenter: 'cc-1' },
  ...{ model: 'nova-lite', nativeModel: 'amazon.nova-lite-v1:0', region: 'us-east-1', estimated: false },
  ...{ durationMs: 800, firstByteMs: 300, tokens: { input: 5, output: 2, cacheRead: 0, cacheWrite: 0 } },
};
const RETRIED: FinishedUsage = { ...RECORD, outcome: 'retried', code: 'upstream_failed' };

const oss = bedrockModel('gpt-oss', 'openai.gpt-oss-120b-1:0');
const COUNTS = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
const ownEvent = (chunk: object) => frame('chunk', { bytes: Buffer.from(JSON.stringify(chunk)).toString('base64') });
const said = { index: 0, delta: { content: 'hi' }, finish_reason: 'stop' };

/** Answers of each form, as a model gives them; `ends` tells the pipeline's records before the last of it is taken. */
const ANSWERS: Record<string, { model?: AllowedModel; isStream: boolean; answer: (ends: () => void) => Answer }> = {
  'over Converse, whole': {
    isStream: false,
    answer(ends) {
      ends();
      const output = { message: { role: 'assistant', content: [{ text: 'hi' }] } };
      return whole(nova, { output, stopReason: 'end_turn', usage: { inputTokens: 5, outputTokens: 2 } });
    },
  },
  'over Converse, streamed': {
    isStream: true,
    answer: (ends) => streamed(nova, endsWith(conversation(['a ', 'b'], { inputTokens: 5, outputTokens: 2 }), ends)),
  },
  'in OpenAI’s own form, whole': {
    model: oss,
    isStream: false,
    answer(ends) {
      ends();
      const choices = [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }];
      return whole(oss, { choices, usage: COUNTS });
    },
  },
  'in OpenAI’s own form, streamed, with its usage in a chunk of its own': {
    model: oss,
    isStream: true,
    answer: (ends) =>
      streamed(oss, endsWith([ownEvent({ choices: [said] }), ownEvent({ choices: [], usage: COUNTS })], ends)),
  },
  'in OpenAI’s own form, streamed, with its usage in its last choice': {
    model: oss,
    isStream: true,
    answer: (ends) => streamed(oss, endsWith([ownEvent({ choices: [said], usage: COUNTS })], ends)),
  },
  'in OpenAI’s own form, streamed, with counts of Bedrock’s alone': {
    model: oss,
    isStream: true,
    answer(ends) {
      const metrics = { inputTokenCount: 5, outputTokenCount: 2 };
      const chunk = ownEvent({ choices: [said], 'amazon-bedrock-invocationMetrics': metrics });
      return streamed(oss, endsWith([chunk], ends));
    },
  },
};

async function* endsWith(events: ReturnType<typeof frame>[], ends: () => void) {
  yield* stream(events);
  ends();
}

/** Prices of nova-lite, and of nothing else. */
const PRICES = priced({ input: '0.06', output: '0.24' });

function priced(usdPerMillion: object): PriceReader {
  const model = { id: 'nova-lite', prices: [{ version: '1', from: 0, usdPerMillion }] } as PricedModel;
  return { prices: async (ids) => new Map(ids.flatMap((id) => (id === model.id ? [[id, model]] : []))) };
}

/** What a chat is answered with. */
async function chat(
  upstream: (call: Call) => Answer,
  { prices = PRICES, usage = 'cost' as string | null, isStream = false, model = nova } = {},
): Promise<{ status: number; text: string; usages: Record<string, unknown>[] }> {
  const costs = createCosts({ prices, clock: () => NOW });
  const { app } = edge((_, call) => upstream(call), model, undefined, { costs: async () => costs });
  await using server = await front(app);
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      ...{ authorization: 'Bearer jwt', 'content-type': 'application/json' },
      ...(usage === null ? {} : { 'x-tollgate-usage': usage }),
    },
    body: JSON.stringify({ model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }], stream: isStream }),
  });
  const text = await response.text();
  const lines = isStream ? text.split('\n\n').map((line) => line.slice('data: '.length)) : [text];
  const objects = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return { status: response.status, text, usages: objects.flatMap((one) => one.usage ?? []) };
}

const telling =
  (answer: (ends: () => void) => Answer, records: FinishedUsage[] = [RECORD]) =>
  (call: Call): Answer =>
    answer(() => {
      for (const record of records) call.ended?.(record);
    });

describe.each(Object.entries(ANSWERS))('an answer %s', (_, { isStream, answer, ...more }) => {
  test('says what it cost to who asks for that, once, and with its counts', async () => {
    const { status, usages } = await chat(telling(answer), { isStream, ...more });
    expect(status).toBe(200);
    expect(usages).toEqual([expect.objectContaining({ ...COUNTS, cost: '0.00000078' })]);
  });

  test('says nothing of it unasked', async () => {
    const { text } = await chat(telling(answer), { isStream, usage: null, ...more });
    expect(text).toContain('"choices":');
    expect(text).not.toContain('cost');
  });
});

const { answer } = ANSWERS['over Converse, whole'] as { answer: (ends: () => void) => Answer };

const COSTS: [string, FinishedUsage[], PriceReader, string | null][] = [
  ['all attempts that are paid for', [RETRIED, RECORD], PRICES, '0.00000156'],
  ['a call that is not paid for', [{ ...RECORD, outcome: 'counted' }], PRICES, '0'],
  [
    'exactly, beyond what a binary fraction holds',
    [RECORD],
    priced({ input: '0.000000000001', output: '999999999' }),
    '1999.999998000000000005',
  ],
  ['null for a model without a price', [{ ...RECORD, model: 'other' }], PRICES, null],
  ['null for a kind without a price', [RECORD], priced({ input: '1' }), null],
  ['null where one attempt has no price', [{ ...RETRIED, model: 'other' }, RECORD], PRICES, null],
  [
    'null where prices cannot be read',
    [RECORD],
    { prices: () => Promise.reject(new TollgateError('unavailable')) },
    null,
  ],
];

test.each(COSTS)('the cost is that of %s', async (_, records, prices, cost) => {
  const { status, usages } = await chat(telling(answer, records), { prices });
  expect([status, usages[0]?.cost]).toEqual([200, cost]);
});

test('a stream that breaks ends with its error, and says nothing of a cost', async () => {
  const broken = () => streamed(nova, stream(conversation(['a']).slice(0, 3), BREAK));
  const { text, usages } = await chat(broken, { isStream: true });
  expect(text).toContain('"error"');
  expect(text).not.toContain('[DONE]');
  expect(usages).toEqual([]);
});

test.each(['', 'cost, tokens', 'yes'])('the header must be cost, and is not %j', async (usage) => {
  let calls = 0;
  const { status, text } = await chat(
    (call) => {
      calls++;
      return telling(answer)(call);
    },
    { usage },
  );
  expect([status, calls]).toEqual([400, 0]);
  expect(JSON.parse(text).error).toMatchObject({ param: 'x-tollgate-usage' });
});
