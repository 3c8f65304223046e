/**
 * The two functions' own handlers behind the least that stands before them in AWS: the authorizer's answer kept under the
 * caller's header, the REST event built and parsed, the answer streamed. No worker thread, no local API Gateway: what a
 * call costs here is the handlers, one HTTP server, and the JSON of the event. A process of its own, with the functions'
 * environment variables; prints `listening PORT`.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createAuthorizer } from '../../local/gateway/authorizers.ts';
import { type Api, proxyEvent, receive } from '../../local/gateway/event.ts';

type Handler<Arguments extends unknown[]> = (...given: Arguments) => Promise<unknown>;

const RESOURCE = '/{proxy+}';
const api: Api = {
  apiId: 'bench',
  accountId: '111122223333',
  region: 'us-east-1',
  stage: 'bench',
  domainName: 'bench.example',
};

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: unknown) => handler,
    HttpResponseStream: {
      from: (
        response: ServerResponse,
        { statusCode, headers }: { statusCode: number; headers: Record<string, string> },
      ) => response.writeHead(statusCode, headers),
    },
  },
});
const [{ handler: authorizer }, { handler: invoke }] = (await Promise.all(
  ['authorizer', 'invoke'].map((name) => import(new URL(`../../${name}/handler.ts`, import.meta.url).href)),
)) as [
  { handler: Handler<[event: unknown]> },
  { handler: Handler<[event: unknown, stream: ServerResponse, context: object]> },
];

const authorize = createAuthorizer({
  api,
  call: (event) => authorizer(event),
  ttlSeconds: Number(process.env.TOLLGATE_AUTHORIZER_TTL),
  clock: () => Date.now(),
  onFailure: (error) => process.stderr.write(`the authorizer failed: ${String(error)}\n`),
});

const server = createServer(async (request, response) => {
  const received = receive(request, randomUUID(), Date.now());
  const [authorization, body] = await Promise.all([authorize(received, RESOURCE), buffer(request)]);
  if (!authorization.ok) {
    response.writeHead(403).end(authorization.response);
    return;
  }
  const event = JSON.stringify(proxyEvent(api, received, RESOURCE, authorization.context, body));
  await invoke(JSON.parse(event), response, { awsRequestId: received.requestId });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`listening ${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
