import { CONSOLE, type PageAnswer, type PageRequest } from './serve.ts';

/**
 * An API Gateway REST proxy event of the console's two routes, and the answer to it
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
 */
export interface PageEvent {
  httpMethod?: unknown;
  /** As the caller wrote it: below a custom domain with the base path, and with a last slash where the caller wrote one. */
  path?: unknown;
  /** What the route's `{proxy+}` stands for. */
  pathParameters?: { proxy?: unknown } | null;
  headers?: Record<string, unknown> | null;
  multiValueQueryStringParameters?: Record<string, unknown> | null;
}

export interface PageEventAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: true;
}

/** The path below the console is the route's own to say, so that no base path has to be known. */
export function pageOf({ httpMethod, path, pathParameters, headers, ...event }: PageEvent): PageRequest {
  const { proxy } = pathParameters ?? {};
  const atRoot = String(path).endsWith('/') ? `${CONSOLE}/` : CONSOLE;
  const accepted = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'accept-encoding');
  const query = new URLSearchParams(
    Object.entries(event.multiValueQueryStringParameters ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, String(value)]),
    ),
  );
  return {
    method: String(httpMethod),
    path: proxy === undefined ? atRoot : `${CONSOLE}/${String(proxy)}`,
    search: query.size === 0 ? '' : `?${query}`,
    acceptEncoding: accepted === undefined ? undefined : String(accepted[1]),
  };
}

/** As bytes, which the API gives on as they are. */
export function answerOf({ status, headers, body }: PageAnswer): PageEventAnswer {
  return { statusCode: status, headers, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
}
