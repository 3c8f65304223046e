import type { IncomingMessage } from 'node:http';
import { request as https } from 'node:https';
import { request as http } from '../../server/node-http.ts';

/** As much of the answer of `fetch` as is read here. */
export type Fetched = Pick<Response, 'status' | 'headers'> & { body: AsyncIterable<Uint8Array> | null };

export interface FetchInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | URLSearchParams;
  signal: AbortSignal;
}

export type Fetch = (url: string, init: FetchInit) => Promise<Fetched>;

/**
 * `fetch` as far as a token needs it, over Node's `http`: its own keeps 16 MB for good. No redirect is followed, and an answer comes as
 * it is sent, since no compression is asked for.
 *
 * @throws the error of the connection, or the reason of the signal
 */
export const fetchPlainly: Fetch = async (url, { method = 'GET', headers = {}, body, signal }) => {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const init = { method, headers, signal };
    // Without TLS it is of this machine or a container's metadata: a proxy of the environment would read the secret.
    const request = url.startsWith('https:')
      ? https(url, init, resolve)
      : http(url, { ...init, agent: false }, resolve);
    // With its length known at once: not in chunks, which not every token endpoint takes.
    request.once('error', reject).end(body?.toString());
  });
  return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: answer };
};

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  return headers;
}
