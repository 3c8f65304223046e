import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import { STREAM_SILENT_MS } from '../../../contract/limits/invoke.ts';
import type { Answer, Call } from '../../../invoke/call.ts';
import { edge, lambda, nova, post, ResponseStream, streamed } from './edge.ts';
import { conversation, stream } from './frame.ts';

/** Each format that can say in a stream that it lives, what it is asked with, and what it says. */
const messages = [{ role: 'user', content: 'x' }];
const FORMATS = [
  ['/v1/chat/completions', { messages }, ': \n\n', 'data: [DONE]\n\n'],
  [
    '/v1/messages',
    { max_tokens: 9, messages },
    'event: ping\ndata: {"type":"ping"}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ],
  // With the whole response in it.
  ['/v1/responses', { input: 'x' }, ': \n\n', 'event: response.completed\n'],
] as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A model that has taken the call and says nothing until the test lets it. */
async function thinking(path: string, body: object) {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = Promise.withResolvers<void>();
  const { app, lines } = edge(() => {
    asked.resolve();
    return promise;
  });
  const out = new ResponseStream();
  const over = lambda(app)(post(path, { model: 'nova-lite', stream: true, ...body }), out);
  await asked.promise;
  return { resolve, reject, lines, out, over };
}

describe.each(FORMATS)('%s: a stream of a model that thinks before its first word', (path, body, says, end) => {
  test('waits for it, so that a refusal has its own status', async () => {
    const { reject, out, over } = await thinking(path, body);
    await vi.advanceTimersByTimeAsync(STREAM_SILENT_MS - 1);
    expect(out.raw).toHaveLength(0);
    reject(new TollgateError('model_failed'));
    await over;
    expect(out.metadata.statusCode).toBe(424);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('begins before those in between give it up, says so as often as it takes, and loses nothing', async () => {
    const { resolve, out, over } = await thinking(path, body);
    await vi.advanceTimersByTimeAsync(STREAM_SILENT_MS + 1);
    expect(out.metadata.statusCode).toBe(200);
    expect(out.body.toString()).toBe(says);
    await vi.advanceTimersByTimeAsync(2 * STREAM_SILENT_MS);
    expect(out.body.toString()).toBe(says.repeat(3));
    resolve(streamed(nova, stream(conversation(['hello']))));
    await over;
    const text = out.body.toString();
    expect(text.slice(3 * says.length)).toMatch(/hello/);
    // Its last event, to the blank line after it, and nothing more.
    expect(text.slice(text.lastIndexOf(end)).split('\n\n').slice(1)).toEqual(['']);
  });

  test('keeps the model that it began with, in whose form it is written', async () => {
    const asked = Promise.withResolvers<Call>();
    const { app } = edge((_, call) => {
      asked.resolve(call);
      return new Promise(() => {});
    });
    void lambda(app)(post(path, { model: 'nova-lite', stream: true, ...body }), new ResponseStream());
    const call = await asked.promise;
    await vi.advanceTimersByTimeAsync(STREAM_SILENT_MS - 1);
    expect(() => call.prepare(nova)).not.toThrow();
    await vi.advanceTimersByTimeAsync(2);
    expect(() => call.prepare(nova)).toThrow(expect.objectContaining({ code: 'invalid_request', field: 'model' }));
  });

  test('ends as any stream that breaks where the model then refuses', async () => {
    const { reject, out, over, lines } = await thinking(path, body);
    await vi.advanceTimersByTimeAsync(STREAM_SILENT_MS + 1);
    reject(new TollgateError('upstream_throttled'));
    await over;
    const text = out.body.toString();
    expect(text.slice(says.length)).toContain(new TollgateError('upstream_throttled').publicMessage);
    expect(text).not.toContain(end);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'stream-broke', code: 'upstream_throttled' });
  });

  test('is left at once by a caller who goes, and its events when they come', async () => {
    const { resolve, out, over } = await thinking(path, body);
    await vi.advanceTimersByTimeAsync(STREAM_SILENT_MS + 1);
    out.destroy();
    const left = Promise.withResolvers<void>();
    const events = stream(conversation(['hello']));
    resolve(
      streamed(nova, {
        [Symbol.asyncIterator]: () => ({
          ...events[Symbol.asyncIterator](),
          return: async () => {
            left.resolve();
            return { done: true, value: undefined };
          },
        }),
      }),
    );
    await Promise.all([left.promise, over]);
  });
});
