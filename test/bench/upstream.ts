/**
 * A bare Bedrock upstream: instant answers, no IAM, no signature check. Every contender is measured against it, so that
 * the figures show the contender and not the model. It counts who signed what it was asked, and keeps a few requests whole
 * for whoever checks them afterwards. A process of its own; prints `listening PORT`.
 */
import type { IncomingMessage } from 'node:http';
import { STREAMED, WHOLE } from '../../infra/benchmark/answers.ts';
import { listen } from '../../server/listen.ts';

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
      const { type, chunks } = request.url?.endsWith('/converse-stream') ? STREAMED : WHOLE;
      response.writeHead(200, { 'content-type': type });
      for (const chunk of chunks.slice(0, -1)) response.write(chunk);
      response.end(chunks.at(-1));
    });
  },
});
process.stdout.write(`listening ${server.port}\n`);
process.once('SIGTERM', () => process.exit(0));
