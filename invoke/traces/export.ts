import {
  SPANS_ANSWER_MAX_BYTES,
  SPANS_BATCH,
  SPANS_PAUSE_MAX_MS,
  SPANS_PAUSE_MS,
  SPANS_WAITING_MAX,
} from '../../contract/limits/traces.ts';
import { type Clock, logLine, type WriteLine } from '../../contract/log.ts';
import type { Post } from '../providers/post.ts';
import { isStaleConnection } from '../providers/transport.ts';
import { jsonOf, member } from '../usage/json.ts';

export interface ExportOptions<Span> {
  post: Post;
  url: URL;
  /** Those of the collector, a key among them; asked once for each request. @throws TollgateError where they cannot be had */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** @returns the body of a request */
  encode(spans: readonly Span[], signal: AbortSignal): Promise<string>;
  /** Milliseconds for one request, with what it takes to make it. */
  timeoutMs: number;
  /** Milliseconds for which spans wait for each other; undefined: until they are flushed. */
  everyMs?: number | undefined;
  clock: Clock;
  write: WriteLine;
}

export interface Exporter<Span> {
  /** Waits for `flush`. What cannot be kept is counted. */
  add(span: Span): void;
  /** Sends what waits, and what joins it meanwhile. Never throws, and takes `timeoutMs` for each of its requests at most. */
  flush(): Promise<void>;
}

/**
 * Spans to a collector, by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp). What it does not take at the first
 * attempt is dropped: calls are not to wait, and memory is not to grow, for a collector that is down. Then it is left alone for a
 * while, and one line says how many spans were lost.
 */
export function createExporter<Span>(options: ExportOptions<Span>): Exporter<Span> {
  const { post, url, encode, timeoutMs, everyMs, clock, write } = options;
  let waiting: Span[] = [];
  let sending: Promise<void> | undefined;
  let dropped = 0;
  let pauseMs = SPANS_PAUSE_MS;
  let pausedUntil = 0;
  let due: NodeJS.Timeout | undefined;

  async function send(spans: readonly Span[], signal: AbortSignal): Promise<void> {
    const body = Buffer.from(await encode(spans, signal));
    const headers = { ...(await options.headers(signal)), host: url.host, 'content-type': 'application/json' };
    const { protocol, hostname, port } = url;
    const endpoint = {
      protocol: protocol as 'http:' | 'https:',
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? undefined : Number(port),
    };
    const once = () => post(endpoint, { path: url.pathname, headers, body, signal });
    const reply = await once().catch((error: unknown) => {
      // A connection that a frozen function came back to; nothing was taken on it.
      if (signal.aborted || !isStaleConnection(error)) throw error;
      return once();
    });
    const answer = await read(reply.body);
    if (reply.status < 200 || reply.status >= 300) throw new Refused(reply.status, reply.headers['retry-after']);
    // https://opentelemetry.io/docs/specs/otlp/#partial-success-1
    const rejected = Number(member(member(jsonOf(answer), 'partialSuccess'), 'rejectedSpans') ?? 0);
    if (rejected > 0) tell(Math.min(rejected, spans.length), 'rejected');
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const spans = waiting.splice(0, SPANS_BATCH);
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        await send(spans, signal);
        pauseMs = SPANS_PAUSE_MS;
        if (dropped > 0) tell(0, 'paused');
      } catch (error) {
        const lost = spans.length + waiting.length;
        waiting = [];
        const told = error instanceof Refused ? error.retryAfterMs : 0;
        pausedUntil = clock() + Math.min(Math.max(pauseMs, told), SPANS_PAUSE_MAX_MS);
        pauseMs = Math.min(pauseMs * 2, SPANS_PAUSE_MAX_MS);
        tell(lost, signal.aborted ? 'timeout' : reasonOf(error));
      }
    }
  }

  /** One line for all that were lost since the last one. Of an error its kind alone: a collector's words are anybody's. */
  function tell(more: number, reason: string): void {
    write(logLine(clock(), { event: 'spans-dropped', level: 'warn', dropped: dropped + more, reason }));
    dropped = 0;
  }

  const flush = async (): Promise<void> => {
    clearTimeout(due);
    due = undefined;
    while (waiting.length > 0) {
      sending ??= sendAll().finally(() => {
        sending = undefined;
      });
      await sending;
    }
  };

  return {
    add(span) {
      if (clock() < pausedUntil || waiting.length >= SPANS_WAITING_MAX) {
        dropped++;
        return;
      }
      waiting.push(span);
      if (everyMs === undefined) return;
      if (waiting.length >= SPANS_BATCH) void flush();
      // Nothing that has ended is kept running for it.
      else due ??= setTimeout(flush, everyMs).unref();
    },
    flush,
  };
}

/** The collector answered, and not with success. */
class Refused extends Error {
  readonly code: string;
  /** As it asks; 0: it does not say. */
  readonly retryAfterMs: number;

  constructor(status: number, retryAfter = '') {
    super();
    this.code = `status-${status}`;
    this.retryAfterMs = /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : 0;
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[\w-]{1,64}$/.test(code) ? code : 'unexpected';
}

/** @returns nothing of one that is too long, which is left with its connection */
async function read(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > SPANS_ANSWER_MAX_BYTES) return new Uint8Array();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
