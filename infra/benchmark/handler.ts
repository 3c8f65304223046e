import type { Writable } from 'node:stream';
import { STREAMED, WHOLE } from './answers.ts';

/** What Lambda's Node runtime sets before it loads a handler. */
interface Runtime {
  streamifyResponse(handler: (event: { rawPath?: string }, stream: Writable) => Promise<void>): unknown;
  HttpResponseStream: { from(stream: Writable, metadata: object): Writable };
}

const { awslambda } = globalThis as unknown as { awslambda: Runtime };

/**
 * A model that costs nothing, behind a function's URL: Converse and ConverseStream, for whoever asks. It looks at no header and
 * writes no log: what it is sent is signed with real sessions.
 */
export const handler = awslambda.streamifyResponse(async ({ rawPath = '' }, stream) => {
  const answer = rawPath.endsWith('/converse-stream') ? STREAMED : rawPath.endsWith('/converse') ? WHOLE : undefined;
  const out = awslambda.HttpResponseStream.from(stream, {
    statusCode: answer === undefined ? 404 : 200,
    headers: { 'content-type': answer?.type ?? 'application/json' },
  });
  for (const chunk of answer?.chunks ?? ['{"message":"A benchmark has Converse and ConverseStream alone."}'])
    out.write(chunk);
  out.end();
});
