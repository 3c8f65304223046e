/**
 * What stands before the functions in AWS, in a process of its own as there: the authorizer's answer kept under the caller's
 * header, the REST event built, the answer's prelude read. `node api-gateway.ts FUNCTIONS_PORT TTL_SECONDS`; prints
 * `listening PORT`.
 */
import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, request as send } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { createAuthorizer } from '../../local/gateway/authorizers.ts';
import { type Api, proxyEvent, receive } from '../../local/gateway/event.ts';
import { PreludeReader } from '../../local/gateway/prelude.ts';

const RESOURCE = '/{proxy+}';
const api: Api = {
  apiId: 'bench',
  accountId: '111122223333',
  region: 'us-east-1',
  stage: 'bench',
  domainName: 'bench.example',
};

const [port, ttlSeconds] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });

/** Hands one event to a function. */
function call(name: 'authorizer' | 'invoke', event: unknown, requestId: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = send(
      {
        host: '127.0.0.1',
        port,
        path: `/${name}`,
        method: 'POST',
        headers: { 'lambda-runtime-aws-request-id': requestId },
        agent,
      },
      resolve,
    );
    outgoing.once('error', reject);
    outgoing.end(JSON.stringify(event));
  });
}

const authorize = createAuthorizer({
  api,
  async call(event, requestId) {
    const answer = await call('authorizer', event, requestId);
    const said = await text(answer);
    if (answer.statusCode !== 200) throw new Error(said);
    return JSON.parse(said);
  },
  ttlSeconds: ttlSeconds ?? 0,
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
  const event = proxyEvent(api, received, RESOURCE, authorization.context, body);
  const answer = await call('invoke', event, received.requestId);
  const reader = new PreludeReader();
  answer.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    const begun = reader.push(chunk);
    if (begun === undefined) return;
    response.writeHead(begun.prelude.statusCode, begun.prelude.headers.flat());
    if (begun.rest.length > 0) response.write(begun.rest);
  });
  answer.once('end', () => response.end());
  // Cut off there, so that it cannot be taken for a whole answer here.
  answer.once('error', () => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`listening ${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
