/**
 * The two functions' own handlers, and before them what Lambda's runtime for Node.js does in the function's own process: an
 * event comes as JSON text over HTTP on loopback and is parsed, a streamed answer leaves in chunks behind its prelude. Started
 * with the functions' environment variables; what stands before them in AWS is `api-gateway.ts`. Prints `listening PORT`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

type Handler<Arguments extends unknown[]> = (...given: Arguments) => Promise<unknown>;

const DELIMITER = new Uint8Array(8);

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: unknown) => handler,
    HttpResponseStream: {
      from(stream: ServerResponse, metadata: object) {
        stream.write(JSON.stringify(metadata));
        stream.write(DELIMITER);
        return stream;
      },
    },
  },
});
const [{ handler: authorizer }, { handler: invoke }] = (await Promise.all(
  ['authorizer', 'invoke'].map((name) => import(new URL(`../../${name}/handler.ts`, import.meta.url).href)),
)) as [
  { handler: Handler<[event: unknown]> },
  { handler: Handler<[event: unknown, stream: ServerResponse, context: object]> },
];

async function authorize(event: unknown, response: ServerResponse): Promise<void> {
  try {
    response.end(JSON.stringify(await authorizer(event)));
  } catch (error) {
    response.writeHead(500).end((error as Error).message);
  }
}

const server = createServer((request: IncomingMessage, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.once('end', () => {
    const event: unknown = JSON.parse(text);
    if (request.url === '/authorizer') void authorize(event, response);
    else void invoke(event, response, { awsRequestId: request.headers['lambda-runtime-aws-request-id'] });
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`listening ${address.port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
