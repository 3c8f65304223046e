import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { constants } from 'node:http2';
import type { GatewayResponse, GatewayResponses } from '../../contract/gateway-responses.ts';
import { GATEWAY_IDLE_MS, GATEWAY_TOTAL_MS } from '../../contract/limits/contract.ts';
import { ANTHROPIC_ID_HEADER, AWS_ID_HEADER, REQUEST_ID_HEADER } from '../../contract/request-id.ts';
import type { PageAnswer } from '../../pages/serve.ts';
import type { StreamReader } from '../runtime/function.ts';
import { isHopByHop } from './event.ts';
import { type Prelude, PreludeReader } from './prelude.ts';

/** Both ids are the gateway's own: the first is Tollgate's promise, the second what API Gateway always adds. */
function identify(res: ServerResponse, requestId: string): void {
  if (!res.hasHeader(REQUEST_ID_HEADER)) res.setHeader(REQUEST_ID_HEADER, requestId);
  res.setHeader(AWS_ID_HEADER, requestId);
}

/** An answer that the gateway makes itself. @param status for the kinds that keep the gateway's own */
export function answerAlone(res: ServerResponse, response: GatewayResponse, requestId: string, status = 500): void {
  res.statusCode = response.status ?? status;
  for (const [name, value] of Object.entries(response.headers)) res.setHeader(name, value);
  res.setHeader(ANTHROPIC_ID_HEADER, requestId);
  identify(res, requestId);
  res.end(response.body);
}

/** An answer of the console's. */
export function answerPage(res: ServerResponse, { status, headers, body }: PageAnswer, requestId: string): void {
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  identify(res, requestId);
  res.end(body);
}

/** How the integration fared, for the log. */
export type Ending = 'answered' | 'failed' | 'timed-out';

/**
 * Passes a streamed answer on to the client as it comes. A client that leaves is not reported to the function, as in AWS:
 * its chunks are taken and thrown away until the function ends by itself.
 *
 * @param ended called once, when nothing more will be written
 */
export function answerFrom(
  res: ServerResponse,
  responses: GatewayResponses,
  requestId: string,
  ended: (ending: Ending, error?: Error) => void,
): StreamReader {
  const prelude = new PreludeReader();
  const waiting = new Set<() => void>();
  let over = false;

  const finish = (ending: Ending, error?: Error): void => {
    if (over) return;
    over = true;
    clearTimeout(total);
    clearTimeout(idle);
    ended(ending, error);
  };
  const breakOff = (ending: 'failed' | 'timed-out', error?: Error): void => {
    if (over) return;
    if (!res.headersSent)
      answerAlone(res, ending === 'timed-out' ? responses.INTEGRATION_TIMEOUT : responses.DEFAULT_5XX, requestId, 502);
    else cut(res);
    finish(ending, error);
  };
  const total = setTimeout(() => breakOff('timed-out'), GATEWAY_TOTAL_MS);
  const idle = setTimeout(() => breakOff('timed-out'), GATEWAY_IDLE_MS);

  // A client may leave at any byte; unheard, that would end the process.
  res.on('error', () => {});
  res.once('close', () => {
    for (const taken of waiting) taken();
    waiting.clear();
  });

  const write = (bytes: Uint8Array, taken: () => void): void => {
    if (over || res.destroyed || res.writableEnded || bytes.length === 0) {
      taken();
      return;
    }
    // Once, whichever comes first: the bytes have left, or the client has.
    waiting.add(taken);
    res.write(bytes, () => {
      if (waiting.delete(taken)) taken();
    });
  };

  return {
    chunk(bytes, taken) {
      idle.refresh();
      if (over || res.headersSent) {
        write(bytes, taken);
        return;
      }
      try {
        const begun = prelude.push(bytes);
        if (begun === undefined) taken();
        else {
          begin(res, begun.prelude, requestId);
          write(begun.rest, taken);
        }
      } catch (error) {
        taken();
        breakOff('failed', error as Error);
      }
    },
    ended() {
      if (!res.headersSent) breakOff('failed', new Error('the integration ended without a prelude'));
      else {
        res.end();
        finish('answered');
      }
    },
    failed: (error) => breakOff('failed', error),
  };
}

function begin(res: ServerResponse, { statusCode, headers }: Prelude, requestId: string): void {
  res.statusCode = statusCode;
  for (const [name, value] of headers) {
    // A streamed answer is chunked: API Gateway does not know its length, whatever the function says.
    if (isHopByHop(name) || name.toLowerCase() === 'content-length') continue;
    res.setHeader(name, value);
  }
  identify(res, requestId);
  res.flushHeaders();
}

/** Ends an answer so that no client can take it for a whole one. */
export function cut(res: ServerResponse | Http2ServerResponse): void {
  if ('stream' in res) res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.destroy();
}
