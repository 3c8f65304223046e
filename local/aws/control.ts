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
