import type { ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import type { Reply } from './service.ts';

/**
 * Writes an answer, event by event, each when the one before has left.
 *
 * @param stopAfter break a stream after this many events; undefined: never
 * @returns false when it was broken off there: the answer is not ended, and the caller says what becomes of it
 */
export async function write(res: ServerResponse, reply: Reply, stopAfter?: number): Promise<boolean> {
  if (res.destroyed) return true;
  if (!('frames' in reply)) {
    res.writeHead(reply.status, { 'content-length': Buffer.byteLength(reply.body), ...reply.headers });
    res.end(reply.body);
    return true;
  }
  res.writeHead(reply.status, reply.headers);
  res.flushHeaders();
  for (const [index, frame] of reply.frames.entries()) {
    if (stopAfter !== undefined && index >= stopAfter) return false;
    const delay = reply.delays?.[index] ?? 0;
    if (delay > 0) await wait(delay, res);
    if (res.destroyed) return true;
    await sent(res, frame);
  }
  if (stopAfter !== undefined && reply.frames.length >= stopAfter) return false;
  res.end();
  return true;
}

/** Milliseconds, or until the caller has gone. */
export function wait(ms: number, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      res.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    res.once('close', done);
  });
}

function sent(res: ServerResponse, frame: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    res.once('close', resolve);
    res.write(frame, () => {
      res.off('close', resolve);
      resolve();
    });
  });
}

/** Whether the whole answer has left, to be asked when the response is closed. */
export function isComplete(res: ServerResponse): boolean {
  const http2: unknown = res;
  // The compatibility API says `finish` of a stream that was reset, too.
  if (http2 instanceof Http2ServerResponse)
    return http2.writableEnded && http2.stream.rstCode === constants.NGHTTP2_NO_ERROR;
  return res.writableFinished;
}

/** Ends the connection (HTTP/2: the stream) without the answer's end, as a server that dies does. */
export function cut(res: ServerResponse): void {
  // The compatibility API hides the stream's own methods behind the same names, hence the test by class.
  const http2: unknown = res;
  if (http2 instanceof Http2ServerResponse) http2.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.socket?.destroy();
}

/** Refuses without any answer: a TCP reset, or HTTP/2's RST_STREAM. */
export function reset(res: ServerResponse): void {
  const http2: unknown = res;
  if (http2 instanceof Http2ServerResponse) http2.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.socket?.resetAndDestroy();
}
