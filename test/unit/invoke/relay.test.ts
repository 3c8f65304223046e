import { expect, test } from 'vitest';
import type { StreamEvent } from '../../../invoke/call.ts';
import { relay, type Translation } from '../../../invoke/surfaces/relay.ts';

const SILENT_MS = 5;

const event = (type: string): StreamEvent => ({ type, bytes: Buffer.from(type), payload: Buffer.from('{}') });

const plain: Translation = {
  event: ({ bytes }) => bytes,
  end: () => Buffer.from('end'),
  broken: () => Buffer.from('!'),
};
const talkative: Translation = { ...plain, silent: () => Buffer.from('...') };

/** One event, which waits until it is let go. */
function waiting(): { events: AsyncIterable<StreamEvent[]>; letGo(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* events() {
    await promise;
    yield [event('said')];
  }
  return { events: events(), letGo: resolve };
}

async function text(next: Promise<IteratorResult<Uint8Array>>): Promise<string | undefined> {
  const { done, value } = await next;
  return done ? undefined : Buffer.from(value).toString();
}

test('while the model is silent a stream says so, as often as it takes, and nothing of the answer is lost', async () => {
  const { events, letGo } = waiting();
  const pieces = relay(events, talkative, () => {}, SILENT_MS)[Symbol.asyncIterator]();
  expect(await text(pieces.next())).toBe('...');
  expect(await text(pieces.next())).toBe('...');
  letGo();
  expect(await text(pieces.next())).toBe('said');
  expect(await text(pieces.next())).toBe('end');
  expect(await text(pieces.next())).toBeUndefined();
});

test('what comes between two pieces that are taken is kept for the next one', async () => {
  const { events, letGo } = waiting();
  const pieces = relay(events, talkative, () => {}, SILENT_MS)[Symbol.asyncIterator]();
  expect(await text(pieces.next())).toBe('...');
  letGo();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await text(pieces.next())).toBe('said');
});

test('a format that cannot fill a silence waits for the model', async () => {
  const { events, letGo } = waiting();
  const pieces = relay(events, plain, () => {}, SILENT_MS)[Symbol.asyncIterator]();
  const first = text(pieces.next());
  setTimeout(letGo, 3 * SILENT_MS);
  expect(await first).toBe('said');
});
