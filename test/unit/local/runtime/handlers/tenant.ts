import type { Writable } from 'node:stream';

/** Answers with the tenant that the environment was given to, and with how many calls it has served. */

const { awslambda } = globalThis as unknown as {
  awslambda: {
    streamifyResponse(handler: (event: unknown, stream: Writable, context: object) => Promise<void>): unknown;
  };
};

let served = 0;

export const handler = awslambda.streamifyResponse(async (_event, stream, context) => {
  const { tenantId } = context as { tenantId?: string };
  stream.end(JSON.stringify({ tenantId: tenantId ?? null, served: ++served }));
});
