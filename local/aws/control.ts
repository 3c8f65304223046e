import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Calls } from './calls.ts';
import type { Events } from './events.ts';
import type { Faults } from './faults.ts';

export interface ControlOptions {
  calls: Calls;
  events: Pick<Events, 'after'>;
  faults: Faults;
  /** Makes everything that was written so far visible in the stores. */
  flush: () => Promise<void>;
}

/** The names of this machine that no page on the web can have, whatever its own name is made to lead to. */
const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Whether a request was meant for this endpoint by something on this machine. A page in the machine's browser that comes from
 * elsewhere names its origin; one whose name was made to lead here (DNS rebinding) names that as the host.
 */
export function isOwn({ headers, socket }: IncomingMessage): boolean {
  const own = OWN_NAMES.map((name) => `${name}:${socket.localPort}`);
  const { origin, host = headers[':authority'] } = headers;
  return (
    own.includes(String(host).toLowerCase()) &&
    (origin === undefined || own.some((name) => origin === `http://${name}`))
  );
}

export function refuseForeign(res: ServerResponse): void {
  send(res, 403, { message: 'This is for this machine alone: neither another host nor another origin may ask.' });
}

/**
 * The paths under `/_local/`, which no AWS service has and which need no signature: what arrived, events, faults to come, and
 * flushing what is on its way.
 */
export async function control(
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  { calls, events, faults, flush }: ControlOptions,
): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://local');
  switch (`${req.method} ${url.pathname}`) {
    case 'GET /_local/calls':
      return send(res, 200, calls.after(Number(url.searchParams.get('after') ?? 0)));
    case 'GET /_local/events':
      return send(res, 200, events.after(Number(url.searchParams.get('after') ?? 0)));
    case 'GET /_local/faults':
      return send(res, 200, faults.list());
    case 'POST /_local/faults': {
      const wrong = faults.add(parsed(body));
      return wrong === null ? send(res, 204) : send(res, 400, { message: wrong });
    }
    case 'DELETE /_local/faults':
      faults.clear();
      return send(res, 204);
    case 'POST /_local/flush':
      await flush();
      return send(res, 204);
    default:
      return send(res, 404, { message: 'There is no such path.' });
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function send(res: ServerResponse, status: number, value?: unknown): void {
  if (value === undefined) {
    res.writeHead(status).end();
    return;
  }
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
