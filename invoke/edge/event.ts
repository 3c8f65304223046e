import { belowBase } from '../../contract/base-path.ts';
import { TollgateError } from '../../contract/errors.ts';
import { Secret } from '../../contract/secret.ts';
import { type Asked, type AskedHeaders, headersFrom } from '../exchange.ts';
import { canonicalPath } from './path.ts';

/**
 * An API Gateway REST proxy event
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html). Every member may
 * be missing or of another type: whoever may invoke the function directly writes the event.
 */
export interface RestEvent {
  path?: unknown;
  httpMethod?: unknown;
  headers?: Record<string, string | undefined> | null;
  multiValueHeaders?: Record<string, string[] | undefined> | null;
  queryStringParameters?: Record<string, string | undefined> | null;
  multiValueQueryStringParameters?: Record<string, string[] | undefined> | null;
  body?: unknown;
  isBase64Encoded?: unknown;
  requestContext?: {
    requestId?: unknown;
    authorizer?: unknown;
    identity?: { sourceIp?: unknown } | null;
    stage?: unknown;
    path?: unknown;
  } | null;
}

/**
 * Under a custom domain an event's path has the base path that the domain maps, whatever the route; under the API's own address,
 * whose path in the context begins with the stage, it has not: there `/v1/models` is itself, though `v1` be the base path.
 *
 * @param base as `/ai`, or ''
 * @returns the event with the gateway's own path
 */
export function withoutBase(event: RestEvent, base: string): RestEvent {
  if (base === '' || typeof event?.path !== 'string') return event;
  const { path, requestContext } = event;
  if (requestContext?.path === `/${requestContext?.stage}${path}`) return event;
  return { ...event, path: belowBase(base, path) };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/**
 * @returns the request that the app serves: its path is the event's, whatever the headers say
 * @throws TollgateError `invalid_request` for a path, header or parameter that cannot be one; `not_found` for a method that
 *   no route has
 */
export function askedOf(event: RestEvent): Asked {
  const path = canonicalPath(event.path);
  const method = event.httpMethod;
  if (typeof method !== 'string' || !METHODS.has(method)) throw new TollgateError('not_found', { reason: 'method' });
  try {
    return { method, path, query: queryOf(event), headers: headersOf(event), body: () => bodyOf(event) };
  } catch (cause) {
    throw new TollgateError('invalid_request', { reason: 'event', cause });
  }
}

/**
 * What the context is bound to, and the token for the broker to verify again.
 *
 * @returns the one Authorization header, as it came; undefined when there is none, or more than one
 */
export function authorizationOf({ headers, multiValueHeaders }: RestEvent): Secret | undefined {
  const found = pairs(multiValueHeaders, headers)
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .flatMap(([, values]) => values);
  const [only] = found;
  return found.length === 1 && typeof only === 'string' ? new Secret(only) : undefined;
}

function headersOf({ headers, multiValueHeaders }: RestEvent): AskedHeaders {
  const lines: [string, string][] = [];
  for (const [name, values] of pairs(multiValueHeaders, headers))
    for (const value of values) lines.push([name.toLowerCase(), value]);
  return headersFrom(lines);
}

function queryOf({ queryStringParameters, multiValueQueryStringParameters }: RestEvent): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, values] of pairs(multiValueQueryStringParameters, queryStringParameters))
    for (const value of values) query.append(name, value);
  return query;
}

/** The multi-value form holds everything; the single form only the last of equal names. */
function pairs(
  many: Record<string, string[] | undefined> | null | undefined,
  single: Record<string, string | undefined> | null | undefined,
): [string, string[]][] {
  if (many) return Object.entries(many).map(([name, values]) => [name, values ?? []]);
  return Object.entries(single ?? {}).map(([name, value]) => [name, value === undefined ? [] : [value]]);
}

function bodyOf({ body, isBase64Encoded }: RestEvent): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8') : new Uint8Array();
}
