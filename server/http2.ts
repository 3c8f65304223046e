import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Bounds } from './bounds.ts';

export interface Http2 {
  server: Http2Server;
  /** Announces the end (GOAWAY); a session closes itself when its last stream has ended. */
  end(): void;
}

/** A server that never listens itself: it is given connections. */
export function createHttp2(bounds: Bounds, onRequest: (req: IncomingMessage, res: ServerResponse) => void): Http2 {
  const sessions = new Set<ServerHttp2Session>();
  let isEnding = false;
  const server = createServer(
    {
      settings: { maxConcurrentStreams: bounds.streamsMax },
      maxHeaderListPairs: bounds.headersMax,
      streamResetBurst: bounds.resetsBurst,
      streamResetRate: bounds.resetsPerSecond,
    },
    (req, res) => {
      // What was sent is at most 64 KiB; a byte of it may stand for as much as the connection's table holds (RFC 7541 section 2.3).
      let bytes = 0;
      for (const text of req.rawHeaders) bytes += text.length;
      if (bytes <= bounds.headMaxBytes)
        return onRequest(req as unknown as IncomingMessage, res as unknown as ServerResponse);
      res.writeHead(431).end();
    },
  );
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    endSlow(session, bounds);
    endFlood(session, bounds);
    if (isEnding) session.close();
  });
  return {
    server,
    end() {
      isEnding = true;
      for (const session of sessions) session.close();
    },
  };
}

/** What Node's HTTP/1.1 server does by itself: it ends who sends a request too slowly, or none for too long. */
function endSlow(session: ServerHttp2Session, { patience }: Bounds): void {
  const { requestMs, idleMs } = patience;
  let open = 0;
  const wait = (ms: number): NodeJS.Timeout => setTimeout(() => session.destroy(), ms).unref();
  let idle = wait(Math.min(requestMs, idleMs));
  session.once('close', () => clearTimeout(idle));
  session.on('stream', (stream) => {
    clearTimeout(idle);
    open++;
    endSlowStream(stream, patience);
    stream.once('close', () => {
      if (--open === 0 && !session.closed) idle = wait(idleMs);
    });
  });
}

function endSlowStream(stream: ServerHttp2Stream, { requestMs, stallMs, answerMs }: Bounds['patience']): void {
  const cut = (): void => stream.close(constants.NGHTTP2_CANCEL);
  const slow = stream.endAfterHeaders ? undefined : setTimeout(cut, requestMs).unref();
  const late = setTimeout(cut, answerMs).unref();
  // Of a stream on which nothing has moved for so long; one that waits for its answer is left alone.
  stream.setTimeout(stallMs);
  stream.on('timeout', () => {
    if (stream.writableLength > 0) cut();
  });
  stream.once('end', () => clearTimeout(slow));
  stream.once('close', () => {
    clearTimeout(slow);
    clearTimeout(late);
  });
}

/** Pings and settings are answered before anybody could count them, and by Node without end. */
function endFlood(session: ServerHttp2Session, { controlPerSecond }: Bounds): void {
  let since = 0;
  let frames = 0;
  const count = (): void => {
    const now = performance.now();
    if (now - since >= 1_000) {
      since = now;
      frames = 0;
    }
    if (++frames > controlPerSecond) session.destroy();
  };
  session.on('ping', count);
  session.on('remoteSettings', count);
}
