import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Seconds before a token's end at which it is asked for again. */
const RENEW_SECONDS = 60;

/** Tokens asked for at once, before the load begins. */
const AT_ONCE = 8;

export interface Tokens {
  /** The token of a tenant, 0 for the first; renewed when it comes near its end. */
  of(tenant: number): Promise<string>;
}

/** @param ask for the token of a tenant; called for each of them before this resolves */
export async function keepTokens(tenants: number, ask: (tenant: number) => Promise<string>): Promise<Tokens> {
  const kept: { token: string; until: number }[] = [];
  const asking = new Map<number, Promise<void>>();
  const renew = async (tenant: number): Promise<void> => {
    const token = await ask(tenant);
    kept[tenant] = { token, until: (expiryOf(token) - RENEW_SECONDS) * 1_000 };
  };
  for (let from = 0; from < tenants; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, tenants - from) }, (_, i) => renew(from + i)));
  return {
    async of(tenant) {
      const found = kept[tenant];
      if (found !== undefined && found.until > Date.now()) return found.token;
      const under = asking.get(tenant) ?? renew(tenant).finally(() => asking.delete(tenant));
      asking.set(tenant, under);
      await under;
      return kept[tenant]?.token ?? '';
    },
  };
}

/** Seconds since 1970; of what is no JWT, or has no end: never. */
function expiryOf(token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    if (typeof claims.exp === 'number') return claims.exp;
  } catch {
    // Not ours to judge: the gateway will say so.
  }
  return Number.POSITIVE_INFINITY;
}

/** What a command prints, for each tenant. @throws Error without the command's output, which may hold a secret */
export function fromCommand(command: string): (tenant: number) => Promise<string> {
  const run = promisify(execFile);
  return async (tenant) => {
    try {
      const { stdout } = await run('/bin/sh', ['-c', command.replaceAll('{n}', String(tenant + 1))], {
        timeout: 30_000,
      });
      if (stdout.trim() !== '') return stdout.trim();
    } catch (error) {
      throw new Error(`--token-command ended with ${(error as { code?: unknown }).code} for tenant ${tenant + 1}`);
    }
    throw new Error(`--token-command printed nothing for tenant ${tenant + 1}`);
  };
}
