import { readFile } from 'node:fs/promises';
import type { HeldToken, TokenSource } from './token.ts';

/** A token that others write into a file and renew there: Kubernetes, ECS, a job. */
export function fromFile(path: string): TokenSource {
  return async (signal) => {
    const token = (await readFile(path, { encoding: 'utf8', signal })).trim();
    return { token, expiresAt: expiryOf(token) };
  };
}

/** The `exp` of a JWT; what is none says nothing of its end, and is asked for again each minute. */
export function expiryOf(token: string): HeldToken['expiresAt'] {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    if (typeof exp === 'number' && Number.isFinite(exp)) return exp * 1_000;
  } catch {
    // Opaque to us, not to the gateway.
  }
  return Date.now() + 60_000;
}
