import OpenAI, { APIError, BadRequestError, NotFoundError, PermissionDeniedError, RateLimitError } from 'openai';
import type { Response, ResponseInput, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

const CLAUDE = 'claude-sonnet-4-5';
const WEATHER = {
  type: 'function' as const,
  name: 'weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};

let stack: Stack;
let client: OpenAI;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_STORE_RESPONSES: 'true' } });
  client = await clientOf('acme-app');
});

afterEach(() => stack.clearFaults());
afterAll(() => stack.remove());

async function clientOf(name: string): Promise<OpenAI> {
  return new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: await stack.token(name), maxRetries: 0 });
}

async function collect(events: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const all: ResponseStreamEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function ended(id: string): Promise<Response> {
  for (;;) {
    const response = await client.responses.retrieve(id);
    if (response.status !== 'in_progress') return response;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const modelCalls = async (after: number) =>
  (await stack.upstream(after)).filter(({ service }) => service === 'bedrock').length;

describe('the unmodified SDK of OpenAI', () => {
  test('has a response, which says that it is not kept', async () => {
    const response = await client.responses.create({ model: CLAUDE, input: 'two words', instructions: 'be brief' });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      store: false,
      instructions: 'be brief',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'echo: two words' }] }],
      usage: { input_tokens: 4, output_tokens: 3, total_tokens: 7, input_tokens_details: { cached_tokens: 0 } },
    });
    expect(response.output_text).toBe('echo: two words');
    expect(response.id).toBe(`resp_${response._request_id}`);
    await expect(client.responses.retrieve(response.id)).rejects.toThrow(NotFoundError);
  });

  test('checks a stream of thoughts, of a call, and of text, event by event', async () => {
    const asked = { model: CLAUDE, reasoning: { effort: 'low' as const, summary: 'auto' as const }, tools: [WEATHER] };
    const stream = client.responses.stream({ ...asked, input: 'hi [[tool:weather {"city":"Rome"}]]' });
    const events = await collect(stream);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    const types = events.map(({ type }) => type.replace('response.', ''));
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
      ...['created', 'in_progress'],
      ...['output_item.added', 'reasoning_summary_part.added', 'reasoning_summary_text.delta'],
      ...['reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done'],
      ...['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done'],
      'completed',
    ]);
    const { output } = await stream.finalResponse();
    const call = output.find(({ type }) => type === 'function_call');
    const call_id = call?.type === 'function_call' ? call.call_id : '';
    // All of it goes back as it came, and so does the next answer.
    const input = [
      { role: 'user', content: 'hi' },
      ...output,
      { type: 'function_call_output', call_id, output: 'sunny' },
    ] as ResponseInput;
    const next = await client.responses.create({ ...asked, input });
    expect(next.output_text).toBe('echo: sunny');
    const last = client.responses.stream({
      model: CLAUDE,
      input: [...input, ...(next.output as ResponseInput), { role: 'user', content: 'a' }],
    });
    const texts = (await collect(last)).flatMap((event) =>
      event.type === 'response.output_text.delta' ? [event.delta] : [],
    );
    expect(texts.join('')).toBe('echo: a');
  });

  test('has an answer by a schema, parsed', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    for (const model of [CLAUDE, 'nova-lite']) {
      const format = { type: 'json_schema' as const, name: 'n', schema };
      const response = await client.responses.parse({ model, input: 'jo', text: { format } });
      expect(response.output_parsed).toEqual({ a: 'echo: jo' });
    }
  });

  test('sees that an answer was cut', async () => {
    const response = await client.responses.create({ model: CLAUDE, input: 'a b c d', max_output_tokens: 2 });
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
  });

  test('raises the classes that its users catch', async () => {
    const create = (more: object) => client.responses.create({ model: CLAUDE, input: 'hi', ...more });
    await expect(create({ tools: [{ type: 'web_search' }] })).rejects.toThrow(BadRequestError);
    await expect(create({ model: 'nobody-has-it' })).rejects.toThrow(PermissionDeniedError);
    await expect(create({ input: [{ type: 'item_reference', id: 'msg_1' }] })).rejects.toThrow('`store: false`');
    await expect(create({ previous_response_id: 'resp_1' })).rejects.toMatchObject({ param: 'previous_response_id' });
    await stack.fault({ service: 'bedrock-runtime', times: 1, fault: { status: 429, type: 'ThrottlingException' } });
    await expect(create({})).rejects.toThrow(RateLimitError);
  });

  test.each([false, true])(
    'raises a break of the stream, and has no end of it (in the background: %s)',
    async (background) => {
      await stack.fault({ service: 'bedrock-runtime', times: 1, fault: { breakAfterEvents: 3 } });
      const stream = await client.responses.create({ model: CLAUDE, input: 'a b c d e', stream: true, background });
      const types: string[] = [];
      const read = (async () => {
        for await (const { type } of stream) types.push(type);
      })();
      await expect(read).rejects.toThrow(APIError);
      await expect(read).rejects.toMatchObject({ code: 'upstream_failed', requestID: expect.any(String) });
      expect(types.at(-1)).toBe('response.failed');
      expect(types).not.toContain('response.completed');
    },
  );
});

describe('a response in the background', () => {
  test('is answered at once, goes on by itself, and is the call of one caller, counted once however often it is read', async () => {
    const usage = new RawUsage(stack);
    const mark = await stack.mark();
    await stack.fault({ service: 'bedrock-runtime', times: 1, fault: { delayMs: 2_500 } });
    const begun = await client.responses.create({ model: CLAUDE, input: 'take your time', background: true });
    expect(begun).toMatchObject({ status: 'in_progress', background: true, output: [] });
    expect((await client.responses.retrieve(begun.id)).status).toBe('in_progress');
    const followed = client.responses.stream({ response_id: begun.id });
    expect((await followed.finalResponse()).output_text).toBe('echo: take your time');
    expect(await ended(begun.id)).toMatchObject({ status: 'completed', output_text: 'echo: take your time' });
    for (const other of ['globex-app']) {
      const stranger = await clientOf(other);
      await expect(stranger.responses.retrieve(begun.id)).rejects.toThrow(NotFoundError);
      await expect(stranger.responses.cancel(begun.id)).rejects.toThrow(NotFoundError);
      await expect(stranger.responses.delete(begun.id)).rejects.toThrow(NotFoundError);
    }
    expect(await modelCalls(mark)).toBe(1);
    const lines = await usage.ofCall(begun.id.slice('resp_'.length));
    expect(lines.map(({ phase }) => phase)).toEqual(['started', 'finished']);
    expect(lines[1]).toMatchObject({ outcome: 'ok', tokens: { input: 3, output: 4 } });
  });

  test('is read on by who lost its stream, from where it was', async () => {
    const stream = await client.responses.create({ model: CLAUDE, input: 'a b c d e', background: true, stream: true });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.sequence_number === 5) break;
    }
    const rest = await collect(await client.responses.retrieve(id, { stream: true, starting_after: 5 }));
    expect(rest[0]?.sequence_number).toBe(6);
    expect(rest.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
    expect(rest.map(({ sequence_number }) => sequence_number)).toEqual(rest.map((_, index) => index + 6));
    const again = await collect(await client.responses.retrieve(id, { stream: true }));
    expect(again.at(-1)).toEqual(rest.at(-1));
    expect(again[0]).toMatchObject({ type: 'response.created', sequence_number: 0 });
  });

  test('is cancelled, and deleted, by its caller', async () => {
    await stack.fault({ service: 'bedrock-runtime', times: 1, fault: { delayMs: 2_000 } });
    const { id } = await client.responses.create({ model: CLAUDE, input: 'hi', background: true });
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    const events = await collect(await client.responses.retrieve(id, { stream: true }));
    expect(events).toMatchObject([
      { type: 'response.created', sequence_number: 0 },
      { type: 'response.incomplete', sequence_number: 1, response: { status: 'cancelled' } },
    ]);
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toThrow(NotFoundError);
  });

  test('that is refused at once is refused, and not kept', async () => {
    const create = (model: string) => client.responses.create({ model, input: 'hi', background: true });
    await expect(create('llama-3-3-70b')).rejects.toThrow(PermissionDeniedError);
    await stack.fault({ service: 'bedrock-runtime', times: 1, fault: { status: 429, type: 'ThrottlingException' } });
    await expect(create(CLAUDE)).rejects.toThrow(RateLimitError);
  });

  test('that fails later says so', async () => {
    await stack.fault({ service: 'bedrock-runtime', times: 1, fault: { breakAfterEvents: 2 } });
    const { id } = await client.responses.create({ model: CLAUDE, input: 'a b c', background: true });
    expect(await ended(id)).toMatchObject({ status: 'failed', error: { code: 'upstream_failed' } });
  });
});

describe('where the stage keeps responses', () => {
  test('one that is asked to be kept is, and a next one goes on from it, whole or streamed', async () => {
    const first = await client.responses.create({ model: CLAUDE, input: 'first', store: true });
    expect(first).toMatchObject({ store: true });
    expect(await client.responses.retrieve(first.id)).toMatchObject({ output_text: 'echo: first' });
    const stream = client.responses.stream({
      model: CLAUDE,
      input: 'second',
      previous_response_id: first.id,
      store: true,
    });
    const second = await stream.finalResponse();
    expect(second.usage?.input_tokens).toBe(4);
    const third = await client.responses.create({ model: CLAUDE, input: 'third', previous_response_id: second.id });
    expect(third.usage?.input_tokens).toBe(7);
    await expect(client.responses.cancel(first.id)).rejects.toThrow(BadRequestError);
    const stranger = await clientOf('globex-app');
    const stolen = stranger.responses.create({ model: 'nova-lite', input: 'x', previous_response_id: first.id });
    await expect(stolen).rejects.toMatchObject({ param: 'previous_response_id' });
  });
});
