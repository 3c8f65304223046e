import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, WriteLine } from '../contract/log.ts';
import type { Authorization } from './authorization.ts';
import { createCounts } from './counts.ts';
import { CREDENTIALS_PATH, isCredentialsPath } from './credentials.ts';
import { type Fault, refuse } from './error.ts';
import { createFaultLines } from './faults.ts';
import { createForward, toldBy } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { createGuard } from './guard.ts';
import { createHandOut } from './hand-out.ts';
import { PSEUDONYM } from './headers.ts';
import { createReach } from './ready.ts';
import type { Tokens } from './token/token.ts';

export interface FrontOptions {
  gateway: Gateway;
  tokens: Tokens;
  /** Whether `/_sidecar/metrics` is served. */
  metrics: boolean;
  clock: Clock;
  write: WriteLine;
  /** Whose sidecar it is, where there are several. */
  client?: string | undefined;
}

type Handle = (req: IncomingMessage, res: ServerResponse) => void;

/** Where its own paths begin; every other is the gateway's. */
const OWN = '/_sidecar';

/** What is known once it listens. */
export interface Opened {
  /** undefined: a Unix socket */
  port: number | undefined;
  /** undefined: its file could not be written, and no credentials are handed out */
  authorization: Authorization | undefined;
}

/** What one of the sidecar's addresses answers. @returns a handler for when it is open */
export function createFront({ gateway, tokens, metrics, clock, write, client }: FrontOptions) {
  const counts = createCounts(client);
  const tell = createFaultLines(clock, write);
  const refused = (res: ServerResponse, fault: Fault, cause?: unknown): void => {
    counts.refused(fault);
    // What a token's source says is logged by who asked it.
    if (fault !== 'token-unavailable') tell(fault, (cause as NodeJS.ErrnoException | undefined)?.code);
    refuse(res, fault, toldBy(cause));
  };
  const forward = createForward({ gateway, tokens, counts, refuse: refused });
  const handOut = createHandOut({ gateway, tokens, counts, clock, refuse: refused });
  const reaches = createReach(gateway, clock);

  const own: Record<string, Handle> = {
    [`${OWN}/health`]: (_, res) => give(res, 200, { status: 'ok', client, token: tokenOf(), calls: counts.active }),
    [`${OWN}/ready`]: (_, res) =>
      void reaches().then((reached) => {
        const token = tokenOf();
        const isReady = reached && token.valid;
        const status = isReady ? 'ready' : 'unavailable';
        give(res, isReady ? 200 : 503, { status, client, token, gateway: { reached } });
      }),
    ...(metrics
      ? {
          [`${OWN}/metrics`]: (_, res) =>
            void res
              .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
              .end(counts.text(tokens.state())),
        }
      : {}),
  };

  function tokenOf() {
    const { valid, expiresAt, renewals, failures, fault } = tokens.state();
    const ends = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
    return { valid, expires_at: ends, renewals, failures, fault };
  }

  return ({ port, authorization }: Opened): Handle => {
    const guard = createGuard(port);
    return (req, res) => {
      const fault = guard(req) ?? loopOf(req);
      if (fault !== undefined) return refused(res, fault);
      const { url = '' } = req;
      const mark = url.indexOf('?');
      const path = mark < 0 ? url : url.slice(0, mark);
      // Whoever reaches the sidecar may call as the tenant; to take keys of the account away asks for more.
      if (isCredentialsPath(path)) {
        if (path !== CREDENTIALS_PATH) return refused(res, 'path-unknown');
        if (authorization === undefined) return refused(res, 'credentials-refused');
        return handOut(authorization, req, res);
      }
      if (path !== OWN && !path.startsWith(`${OWN}/`)) return forward(req, res);
      const { [path]: handle } = own;
      if (handle === undefined) refused(res, 'path-unknown');
      else if (req.method === 'GET' || req.method === 'HEAD') handle(req, res);
      else refused(res.setHeader('allow', 'GET, HEAD'), 'method-refused');
    };
  };
}

/** Our own request, come back: each round would be another. */
function loopOf({ headers: { via } }: IncomingMessage): Fault | undefined {
  return typeof via === 'string' && via.includes(PSEUDONYM) ? 'loop-refused' : undefined;
}

function give(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}
