import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';

/** What the fake upstream of a benchmark answers, at once and always, in Converse's format. */

/** Deltas of a streamed answer, and words of a whole one; each is this text. */
export const DELTAS = 20;
export const DELTA = 'x ';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

function frame(type: string, payload: unknown): Uint8Array {
  return codec.encode({
    headers: {
      ':event-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: 'application/json' },
      ':message-type': { type: 'string', value: 'event' },
    },
    body: fromUtf8(JSON.stringify(payload)),
  });
}

const usage = { inputTokens: 10, outputTokens: DELTAS, totalTokens: 10 + DELTAS };

export const WHOLE = {
  type: 'application/json',
  chunks: [
    JSON.stringify({
      output: { message: { role: 'assistant', content: [{ text: DELTA.repeat(DELTAS) }] } },
      stopReason: 'end_turn',
      usage,
      metrics: { latencyMs: 1 },
    }),
  ],
};

/** Each chunk is a frame of its own. */
export const STREAMED = {
  type: 'application/vnd.amazon.eventstream',
  chunks: [
    frame('messageStart', { role: 'assistant' }),
    ...Array.from({ length: DELTAS }, () =>
      frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: DELTA } }),
    ),
    frame('contentBlockStop', { contentBlockIndex: 0 }),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage, metrics: { latencyMs: 1 } }),
  ],
};
