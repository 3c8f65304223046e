import type { TrustMap } from '../authorizer/issuers.ts';
import { parseTenantId } from '../contract/identity.ts';
import { READY_MEMORY_MS } from '../contract/limits/server.ts';
import type { Clock } from '../contract/log.ts';
import type { RegistryReader } from '../registry/reader.ts';

export interface ReadyOptions {
  registry: RegistryReader;
  issuers: TrustMap;
  clock: Clock;
}

/** Of nobody: it is read to see that the table answers. */
const NOBODY = parseTenantId('ready');

/**
 * Whether the registry and at least one issuer's keys can be reached. One issuer of several that is down takes its own callers
 * with it, and must not take the task out of the load balancer for all others.
 *
 * @returns asks at most once a second, however often it is asked
 */
export function createReady({ registry, issuers, clock }: ReadyOptions): () => Promise<boolean> {
  let last: { at: number; answer: Promise<boolean> } | undefined;
  const look = async (): Promise<boolean> => {
    try {
      const keys = [...issuers.values()].map(({ keys }) => keys.reach());
      await Promise.all([registry.tenant(NOBODY), Promise.any(keys)]);
      return true;
    } catch {
      return false;
    }
  };
  return () => {
    const now = clock();
    if (last === undefined || now - last.at >= READY_MEMORY_MS || now < last.at) last = { at: now, answer: look() };
    return last.answer;
  };
}
