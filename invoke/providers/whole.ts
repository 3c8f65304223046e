import { TollgateError } from '../../contract/errors.ts';
import type { Deadline } from './deadline.ts';
import type { ProviderReply } from './provider.ts';

/**
 * @param idleMs milliseconds without a byte
 * @param came is given every chunk as it comes, so that one who waits in vain has what there is
 * @returns the whole body, or, when it is longer, its first chunks beyond `maxBytes`: the caller of this tells by the length
 * @throws TollgateError `upstream_failed` (connection-lost); the reason of the deadline's signal
 */
export async function readBody(
  { body }: ProviderReply,
  {
    maxBytes,
    idleMs,
    deadline,
    came = [],
  }: { maxBytes: number; idleMs: number; deadline: Deadline; came?: Uint8Array[] },
): Promise<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  let bytes = 0;
  while (bytes <= maxBytes) {
    const { done, value } = await deadline.within(idleMs, 'body-idle', chunks.next()).catch(lost);
    if (done) return joined(came);
    came.push(value);
    bytes += value.byteLength;
  }
  // Leaving a body early closes its connection, and what is still coming is not paid for in memory.
  await chunks.return?.();
  return joined(came);
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

function lost(cause: unknown): never {
  if (cause instanceof TollgateError) throw cause;
  throw new TollgateError('upstream_failed', { reason: 'connection-lost', cause });
}
