import type { IncomingMessage } from 'node:http';
import { belowBase } from '../../contract/base-path.ts';

/**
 * A REST API's events, as API Gateway builds them for a proxy integration and for a REQUEST authorizer
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html). Header names keep the caller's letters, the path
 * stays percent-encoded as received, and nothing but the path and the headers is the caller's to choose.
 */

export interface Api {
  apiId: string;
  accountId: string;
  region: string;
  stage: string;
  /** Of our own making, never the request's Host. */
  domainName: string;
}

export interface Received {
  method: string;
  /** Raw path, without the query and without the base path of a custom domain: the one that has a route. */
  path: string;
  /** The same with the base path, where the request has it. */
  written: string;
  query: URLSearchParams;
  /** Name and value, in the order received. */
  headers: readonly (readonly [string, string])[];
  sourceIp: string;
  /** A UUID. */
  requestId: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** Never forwarded to an integration (RFC 9110 section 7.6.1, and HTTP/2's own). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name.toLowerCase());
}

/**
 * @param requestId the gateway's own id for this request
 * @param at milliseconds since 1970
 * @param basePath as `/ai`: below it this is a custom domain that maps it, and elsewhere the API's own address
 */
export function receive(req: IncomingMessage, requestId: string, at: number, basePath = ''): Received {
  const url = req.url ?? '/';
  const mark = url.indexOf('?');
  const written = mark < 0 ? url : url.slice(0, mark);
  return {
    method: req.method ?? 'GET',
    path: belowBase(basePath, written),
    written,
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: pairs(req.rawHeaders),
    sourceIp: req.socket.remoteAddress ?? '127.0.0.1',
    requestId,
    at,
  };
}

function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    if (name === ':authority') found.push(['Host', value]);
    else if (!name.startsWith(':') && !isHopByHop(name)) found.push([name, value]);
  }
  return found;
}

/** @returns every value of a header, whatever the letters of its name */
export function valuesOf({ headers }: Received, name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

export function methodArn(api: Api, { method, path }: Received): string {
  return `arn:aws:execute-api:${api.region}:${api.accountId}:${api.apiId}/${api.stage}/${method}/${path.replace(/^\//, '')}`;
}

function multi(entries: Iterable<readonly [string, string]>): Record<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of entries) {
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  // fromEntries defines own members, so a header named __proto__ is only a header.
  return Object.fromEntries(found);
}

/** The last value wins in the single-valued form. */
function single(entries: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries(entries);
}

function common(api: Api, received: Received, resource: string) {
  const { method, path, written, query, headers, sourceIp, requestId, at } = received;
  const hasQuery = query.size > 0;
  const find = (name: string): string | null => valuesOf(received, name).at(-1) ?? null;
  return {
    resource,
    path: written,
    httpMethod: method,
    headers: single(headers),
    multiValueHeaders: multi(headers),
    queryStringParameters: hasQuery ? single(query) : null,
    multiValueQueryStringParameters: hasQuery ? multi(query) : null,
    pathParameters: resource.includes('{proxy+}') ? { proxy: path.replace(/^\//, '') } : null,
    stageVariables: null,
    requestContext: {
      resourceId: 'local',
      resourcePath: resource,
      httpMethod: method,
      // The custom domain maps its base path to the stage, which its callers do not name.
      path: written === path ? `/${api.stage}${path}` : written,
      accountId: api.accountId,
      apiId: api.apiId,
      stage: api.stage,
      domainName: api.domainName,
      domainPrefix: api.apiId,
      protocol: 'HTTP/1.1',
      requestId,
      extendedRequestId: requestId,
      requestTime: new Date(at).toISOString(),
      requestTimeEpoch: at,
      identity: { sourceIp, userAgent: find('user-agent') },
    },
  };
}

export function authorizerEvent(api: Api, received: Received, resource: string) {
  return { type: 'REQUEST', methodArn: methodArn(api, received), ...common(api, received, resource) };
}

/**
 * @param authorizer the authorizer's context, or null on a route without one
 * @param body raw bytes; always base64, because a REST API with binary media types `*\/*` does the same
 */
export function proxyEvent(
  api: Api,
  received: Received,
  resource: string,
  authorizer: Readonly<Record<string, string>> | null,
  body: Uint8Array,
) {
  const event = common(api, received, resource);
  return {
    ...event,
    requestContext: authorizer === null ? event.requestContext : { ...event.requestContext, authorizer },
    body: body.length === 0 ? null : Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64'),
    isBase64Encoded: body.length > 0,
  };
}
