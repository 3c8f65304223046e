import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { ResponseMetadata, Served } from '../../../invoke/edge/lambda.ts';
import { bound } from '../../seal.ts';
import { caller, event, lambda, ResponseStream } from './edge.ts';
import { serve } from './loopback.ts';

/** The least API Gateway that an unmodified SDK can talk to: requests become events, the prelude becomes a head. */
export async function front(app: Served): Promise<{ url: string } & AsyncDisposable> {
  const handler = lambda(app);
  return serve(async (request, response) => {
    let head: ResponseMetadata | undefined;
    const stream = new ResponseStream((chunk, taken) => {
      if (head === undefined) {
        head = JSON.parse(chunk.subarray(0, -8).toString()) as ResponseMetadata;
        response.writeHead(head.statusCode, head.headers);
        return taken();
      }
      response.write(chunk, () => taken());
    });
    response.once('close', () => stream.destroy());
    const headers = request.headers as Record<string, string>;
    const body = (await buffer(request)).toString('base64');
    const requestContext = { requestId: 'req-1', authorizer: await bound(caller, headers.authorization) };
    const given = { headers, body, isBase64Encoded: true, requestContext };
    await handler(event(request.method ?? '', pathOf(request), given), stream);
    response.end();
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?')[0] ?? '/';
}
