/**
 * A bare Bedrock upstream: instant answers, no IAM, no signature check. Every contender is measured against it, so that
 * the figures show the contender and not the model. It counts who signed what it was asked, and keeps a few requests whole
 * for whoever checks them afterwards. A process of its own; prints `listening PORT`.
 */
import type { IncomingMessage } from 'node:http';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import { listen } from '../../server/listen.ts';
import { DELTA, DELTAS } from './points.ts';

/** One request of each access key in so many is kept: one at a time, the newest. */
const KEEP_EVERY = 100;

/** Access keys that are kept apart; a run has a few dozen. */
const KEYS_MAX = 10_000;

/** What `GET /_bench/seen` answers, by access key; '' for what was not signed. */
export type Seen = Record<string, Signer>;

export interface Signer {
  requests: number;
  kept: Kept | null;
}

export interface Kept {
  path: string;
  /** Name and value in turn, as they came. */
  headers: string[];
  /** In base64. */
  body: string;
}

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
  output: { message: { role: 'assistant', content: [{ text: DELTA.repeat(DELTAS) }] } },
  stopReason: 'end_turn',
  usage,
  metrics: { latencyMs: 1 },
});
const frames = [
  frame('messageStart', { role: 'assistant' }),
  ...Array.from({ length: DELTAS }, () => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: DELTA } })),
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage, metrics: { latencyMs: 1 } }),
];

const seen = new Map<string, Signer>();

function note(request: IncomingMessage): void {
  const authorization = request.headers.authorization ?? '';
  const from = authorization.indexOf('Credential=');
  const key = from < 0 ? '' : authorization.slice(from + 11, authorization.indexOf('/', from));
  let signer = seen.get(key);
  if (signer === undefined) {
    if (seen.size >= KEYS_MAX) throw new Error('there are too many access keys');
    signer = { requests: 0, kept: null };
    seen.set(key, signer);
  }
  if (signer.requests++ % KEEP_EVERY === 0) keep(request, signer);
}

function keep(request: IncomingMessage, signer: Signer): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    const body = Buffer.concat(chunks).toString('base64');
    signer.kept = { path: request.url ?? '', headers: request.rawHeaders, body };
  });
}

const server = await listen({
  host: '127.0.0.1',
  port: 0,
  onRequest: (request, response) => {
    if (request.url === '/_bench/seen') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(Object.fromEntries(seen)));
      return;
    }
    note(request);
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
