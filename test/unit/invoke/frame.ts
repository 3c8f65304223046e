import { EventStreamCodec } from '@smithy/core/event-streams';
import { TollgateError } from '../../../contract/errors.ts';
import type { StreamEvent } from '../../../invoke/call.ts';

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

/** One event as Bedrock frames it. */
export function frame(type: string, payload: object): StreamEvent {
  const body = Buffer.from(JSON.stringify(payload));
  const bytes = codec.encode({
    headers: {
      ':message-type': { type: 'string', value: 'event' },
      ':event-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: 'application/json' },
    },
    body,
  });
  return { bytes, type, payload: body };
}

/** A ConverseStream answer whose text is `words`. */
export function conversation(
  words: string[],
  usage: object = { inputTokens: 3, outputTokens: words.length },
): StreamEvent[] {
  return [
    frame('messageStart', { role: 'assistant' }),
    frame('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'thinking' } } }),
    ...words.map((text) => frame('contentBlockDelta', { contentBlockIndex: 1, delta: { text } })),
    frame('contentBlockStop', { contentBlockIndex: 1 }),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage, metrics: { latencyMs: 1 } }),
  ];
}

/** The events, each on its own, and then a break if one is given. */
export async function* stream(events: StreamEvent[], broken?: TollgateError): AsyncGenerator<StreamEvent[]> {
  for (const event of events) yield [event];
  if (broken !== undefined) throw broken;
}

export const BREAK = new TollgateError('upstream_failed', { reason: 'connection-reset' });
