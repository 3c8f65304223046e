import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayResponses, type GatewayResponseType, gatewayResponses } from '../../contract/gateway-responses.ts';
import { NO_TENANT } from '../../contract/identity.ts';
import { FUNCTION_EVENT_MAX_BYTES } from '../../contract/limits/contract.ts';
import type { Clock } from '../../contract/log.ts';
import { OPEN_PATHS } from '../../contract/open-paths.ts';
import { isConsole, type PageAnswer, type PageRequest } from '../../pages/serve.ts';
import type { OnRequest } from '../../server/listen.ts';
import type { StreamReader } from '../runtime/function.ts';
import { answerAlone, answerFrom, answerPage, cut, type Ending } from './answer.ts';
import type { Authorization } from './authorizers.ts';
import { readBody } from './body.ts';
import { type Api, proxyEvent, type Received, receive, valuesOf } from './event.ts';

export interface FrontOptions {
  api: Api;
  authorize(received: Received, resource: string): Promise<Authorization>;
  /**
   * Counts a call of a guarded route by the API key that the authorizer named. A key that the caller sends is not looked at.
   *
   * @returns how it is refused, or undefined
   */
  count(usageKey: string | undefined): GatewayResponseType | undefined;
  /**
   * The streaming integration of a route. Never rejects.
   *
   * @param resource the route's, e.g. ADMIN_RESOURCE
   * @param tenantId what the API maps to `X-Amz-Tenant-Id`: from the authorizer's context alone, never from a header
   */
  integrate(resource: string, event: string, requestId: string, reader: StreamReader, tenantId: string): Promise<void>;
  /** The console, which in AWS is a function of its own. */
  servePage(asked: PageRequest): Promise<PageAnswer>;
  /** Whether pages may call from a browser: then the API has OPTIONS methods, without an authorizer. */
  cors: boolean;
  /** As `/ai`: what a custom domain puts before every path. */
  basePath?: string;
  clock: Clock;
  newId(): string;
  /** A call that the integration did not answer. */
  onBroken(received: Received, ending: Ending, error: Error | undefined): void;
}

interface Route {
  resource: string;
  /** Whether the authorizer stands before it. */
  open: boolean;
}

/** The registry's API has a function of its own. */
export const ADMIN_RESOURCE = '/admin/{proxy+}';

const OPEN: ReadonlySet<string> = new Set(OPEN_PATHS);

/** @returns the API's route, or undefined where the API has none: what is open can be read and nothing else */
function routeOf({ method, path }: Received, cors: boolean): Route | undefined {
  const resource = path === '/' || OPEN.has(path) ? path : path.startsWith('/admin/') ? ADMIN_RESOURCE : '/{proxy+}';
  if (cors && method === 'OPTIONS') return { resource, open: true };
  if (OPEN.has(path) || isConsole(path))
    return method === 'GET' || method === 'HEAD' ? { resource, open: true } : undefined;
  return { resource, open: false };
}

/** A REST API in front of the functions: authorizer, limits, streaming proxy integration, and its own error answers. */
export function createFront(options: FrontOptions): OnRequest {
  const responses = gatewayResponses(options.cors);
  return (req, res) => {
    const received = receive(req, options.newId(), options.clock(), options.basePath);
    handle(options, responses, req, res, received).catch((error: Error) => {
      options.onBroken(received, 'failed', error);
      if (res.headersSent) cut(res);
      else answerAlone(res, responses.DEFAULT_5XX, received.requestId);
    });
  };
}

async function handle(
  { api, authorize, count, integrate, servePage, cors, onBroken }: FrontOptions,
  responses: GatewayResponses,
  req: IncomingMessage,
  res: ServerResponse,
  received: Received,
): Promise<void> {
  const { requestId, path } = received;
  // Begun first and awaited later: the body arrives while the authorizer decides.
  const reading = readBody(req);
  if (!path.startsWith('/')) return answerAlone(res, responses.DEFAULT_4XX, requestId, 400);
  const route = routeOf(received, cors);
  if (route === undefined) return answerAlone(res, responses.MISSING_AUTHENTICATION_TOKEN, requestId);
  if (isConsole(path)) return answerPage(res, await servePage(pageOf(received)), requestId);
  const authorization = route.open ? undefined : await authorize(received, route.resource);
  if (authorization?.ok === false) return answerAlone(res, responses[authorization.response], requestId);
  const refused = authorization && count(authorization.usageKey);
  if (refused !== undefined) return answerAlone(res, responses[refused], requestId);

  const body = await reading;
  if (body.kind === 'gone') return;
  if (body.kind === 'too-large') return answerAlone(res, responses.REQUEST_TOO_LARGE, requestId);
  const event = JSON.stringify(proxyEvent(api, received, route.resource, authorization?.context ?? null, body.bytes));
  if (Buffer.byteLength(event) > FUNCTION_EVENT_MAX_BYTES)
    return answerAlone(res, responses.REQUEST_TOO_LARGE, requestId);

  const reader = answerFrom(res, responses, requestId, (ending, error) => {
    if (ending !== 'answered') onBroken(received, ending, error);
  });
  await integrate(route.resource, event, requestId, reader, authorization?.context.tenant ?? NO_TENANT);
}

function pageOf(received: Received): PageRequest {
  const { method, path, query } = received;
  const search = query.size === 0 ? '' : `?${query}`;
  return { method, path, search, acceptEncoding: valuesOf(received, 'accept-encoding').join() };
}
