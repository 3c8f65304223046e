import type { IncomingMessage } from 'node:http';
import { GATEWAY_BODY_MAX_BYTES } from '../../contract/limits/contract.ts';

export type Body = { kind: 'whole'; bytes: Uint8Array } | { kind: 'too-large' } | { kind: 'gone' };

/** Where AWS is answered while it is still spoken to. Nothing of that is served, and such a client ends when it is told so. */
const BOTH_WAYS = /-bidirectional-stream(?:\?|$)/;

/**
 * Reads a request's body. What is beyond the limit is read and thrown away, never kept: a client that has not finished
 * sending would otherwise miss the answer that tells it why.
 */
export function readBody(req: IncomingMessage): Promise<Body> {
  if (BOTH_WAYS.test(req.url ?? '')) {
    req.resume();
    return Promise.resolve({ kind: 'whole', bytes: new Uint8Array() });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= GATEWAY_BODY_MAX_BYTES) chunks.push(chunk);
      else {
        chunks.length = 0;
        resolve({ kind: 'too-large' });
      }
    });
    req.once('end', () => resolve({ kind: 'whole', bytes: Buffer.concat(chunks) }));
    req.once('error', () => resolve({ kind: 'gone' }));
    req.once('close', () => resolve({ kind: 'gone' }));
  });
}
