/**
 * A bare Bedrock upstream: instant answers, no IAM, no signature check. Every contender is measured against it, so that
 * the figures show the contender and not the model. A process of its own; prints `listening PORT`.
 */
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import { listen } from '../../local/listen.ts';

const DELTAS = 20;
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
const whole = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'x '.repeat(DELTAS) }] } },
  stopReason: 'end_turn',
  usage,
  metrics: { latencyMs: 1 },
});
const frames = [
  frame('messageStart', { role: 'assistant' }),
  ...Array.from({ length: DELTAS }, () => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'x ' } })),
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage, metrics: { latencyMs: 1 } }),
];

const server = await listen({
  host: '127.0.0.1',
  port: 0,
  onRequest: (request, response) => {
    request.resume();
    request.on('end', () => {
      if (request.url?.endsWith('/converse-stream')) {
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
        for (const bytes of frames) response.write(bytes);
        response.end();
      } else {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(whole);
      }
    });
  },
});
process.stdout.write(`listening ${server.port}\n`);
process.once('SIGTERM', () => process.exit(0));
