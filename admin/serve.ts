import { TollgateError } from '../contract/errors.ts';
import { type Clock, logLine, type WriteLine } from '../contract/log.ts';
import type { Served } from '../invoke/edge/lambda.ts';
import type { Given } from '../invoke/exchange.ts';
import type { OpenContext } from '../seal/seal.ts';
import { type AdminDeps, createAdmin } from './app.ts';
import { problemAnswer } from './problem.ts';

export interface ServeOptions extends AdminDeps {
  open: OpenContext;
  clock: Clock;
  write: WriteLine;
}

/** The API as what an adapter of events or of sockets serves. */
export function createAdminServed({ open, write, ...deps }: ServeOptions): Served {
  const { clock } = deps;
  const app = createAdmin(deps);

  const log = (requestId: string, error: unknown): void => {
    const { code = 'internal', reason = String(error) } = error instanceof TollgateError ? error : {};
    write(logLine(clock(), { event: 'admin-failed', level: 'error', requestId, code, reason }));
  };

  return {
    async serve(asked, { authorizer, authorization, requestId }) {
      try {
        const caller = await open(authorizer, authorization);
        const { method, path, query, headers } = asked;
        const bare = method === 'GET' || method === 'HEAD';
        const body = bare ? {} : { body: Buffer.from(await asked.body()) };
        const search = query.size === 0 ? '' : `?${query}`;
        const request = new Request(`http://tollgate${path}${search}`, {
          method,
          headers: [...headers] as [string, string][],
          ...body,
        });
        const response = await app.fetch(request, { caller, requestId });
        if (response.status >= 500) log(requestId, `answered ${response.status}`);
        return givenOf(response);
      } catch (error) {
        return refused(error, requestId);
      }
    },
    refuse: (_, error, requestId) => refusedNow(error, requestId),
    failed: (error, requestId) => log(requestId, error),
  };

  async function refused(error: unknown, requestId: string): Promise<Given> {
    return givenOf(problemAnswer(error, requestId, false));
  }
}

async function givenOf(response: Response): Promise<Given> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

/** What never became a request. */
function refusedNow(error: unknown, instance: string): Given {
  const {
    status,
    publicMessage: detail,
    code,
  } = error instanceof TollgateError ? error : new TollgateError('invalid_request');
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: 'Refused', status, detail, code, instance }),
  };
}
