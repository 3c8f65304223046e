import { type Agent, type IncomingHttpHeaders, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';

export interface Call {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Milliseconds from the start of the call to its last byte. */
  ms: number;
  /** To the first word of the model; of an answer that does not stream, to its first byte. */
  firstMs: number;
}

/** What a piece of a stream has in it when it has a word: Bedrock's, Anthropic's and OpenAI's events. */
const A_WORD = /contentBlockDelta|content_block_delta|"content":"[^"]/;

/**
 * One POST, read to its end.
 *
 * @param agent keeps the connections; of the url's own protocol
 * @throws Error of the connection, with its `code`
 */
export function call({ url, headers, body }: Call, agent: Agent, timeoutMs = 60_000): Promise<Answer> {
  const send = url.startsWith('https:') ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const outgoing = send(
      url,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
        timeout: timeoutMs,
      },
      (answer) => {
        const streams = /event-?stream/.test(answer.headers['content-type'] ?? '');
        const chunks: Buffer[] = [];
        let firstMs = Number.NaN;
        answer.on('data', (chunk: Buffer) => {
          if (Number.isNaN(firstMs) && (!streams || A_WORD.test(chunk.toString('latin1'))))
            firstMs = performance.now() - begin;
          chunks.push(chunk);
        });
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks),
            ms: performance.now() - begin,
            firstMs,
          }),
        );
      },
    );
    outgoing.once('timeout', () =>
      outgoing.destroy(Object.assign(new Error(`no answer in ${timeoutMs} ms`), { code: 'ETIMEDOUT' })),
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** @param sorted ascending */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
