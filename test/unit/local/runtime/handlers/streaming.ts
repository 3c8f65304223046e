import type { ResponseStream, awslambda as Runtime } from '../../../../../local/runtime/stream.ts';

/** A streaming handler: as many chunks of as many bytes as its event says, and an ending of one of several kinds. */
interface Wanted {
  chunks: number;
  bytes: number;
  ending?: 'throw' | 'destroy' | 'linger';
}

const { awslambda } = globalThis as unknown as { awslambda: typeof Runtime };

export const handler = awslambda.streamifyResponse(async (event, stream: ResponseStream) => {
  const { chunks, bytes, ending } = event as Wanted;
  const out = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers: { 'content-type': 'text/plain' } });
  for (let i = 0; i < chunks; i++) {
    if (!out.write(Buffer.alloc(bytes, 97 + (i % 26)))) await new Promise((resolve) => out.once('drain', resolve));
    process.stdout.write(`sent ${i}\n`);
  }
  if (ending === 'throw') throw new TypeError('broken on purpose');
  if (ending === 'destroy') {
    out.destroy();
    return;
  }
  out.end();
  if (ending === 'linger') await new Promise((resolve) => setTimeout(resolve, 50));
  process.stdout.write('returned\n');
});
