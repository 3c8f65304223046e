import { createAuthorizer } from '../../../authorizer/authorize.ts';
import type { IdentifyKey } from '../../../authorizer/callers.ts';
import type { AuthorizerEvent } from '../../../authorizer/event.ts';
import { trustIssuers } from '../../../authorizer/issuers.ts';
import type { Fetch } from '../../../authorizer/jwks.ts';
import { createReport } from '../../../authorizer/report.ts';
import { createVerifier } from '../../../authorizer/verify.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import type { AuthorizerAnswer } from '../../../policies/gateway.ts';
import type { ClientReader, RegistryReader, TenantEntries } from '../../../registry/reader.ts';
import { createSeal, type SealContext } from '../../../seal/seal.ts';
import { KEYS } from '../../seal.ts';
import { ISSUER, NOW } from './tokens.ts';

/** A whole authorizer whose issuers, registry, clock and log are in memory. */

export const METHOD_ARN = 'arn:aws:execute-api:us-east-1:111122223333:local/local/POST/model/nova-lite/converse';
export const JWKS_URI = `${ISSUER}/keys`;

export const SETTINGS = { issuer: ISSUER, jwksUri: JWKS_URI, audience: ['tollgate'], tenantClaim: 'tenant' };

export function entries(id: string, more: Partial<TenantEntries> = {}): TenantEntries {
  return {
    id: id as TenantEntries['id'],
    suspended: false,
    costCenter: 'cc-1',
    countedBy: null,
    models: [],
    budgets: [],
    unusable: 0,
    ...more,
  };
}

export const json = (value: unknown): Response => new Response(JSON.stringify(value));

export interface World {
  authorize: (event: AuthorizerEvent) => Promise<AuthorizerAnswer>;
  /** Milliseconds since 1970; move it. */
  clock: { now: number };
  /** Addresses asked for, in order. */
  fetched: string[];
  /** Tenants asked for, in order. */
  looked: string[];
  /** The log, parsed. */
  log: Record<string, unknown>[];
}

export interface WorldOptions {
  /** The TOLLGATE_ISSUERS setting. */
  issuers?: object[];
  /** What an address answers; change what it closes over to change it. */
  answer: (url: string) => Response | Promise<Response>;
  tenants?: TenantEntries[];
  registry?: RegistryReader;
  /** Whose the clients of the one issuer are. */
  clients?: Record<string, string>;
  seal?: SealContext;
  /** Keys of the stage; absent: it has none. */
  keys?: IdentifyKey;
}

/** A registry that knows clients of one issuer. */
export function knowing(clients: Record<string, string>): ClientReader {
  return {
    clientTenant: async ({ issuer, client }) =>
      ((issuer === ISSUER && clients[client]) || null) as TenantEntries['id'] | null,
  };
}

export function createWorld(options: WorldOptions): World {
  const { issuers = [SETTINGS], answer, tenants = [], registry, clients = {}, seal, keys } = options;
  const clock = { now: NOW * 1000 };
  const fetched: string[] = [];
  const looked: string[] = [];
  const log: Record<string, unknown>[] = [];
  const fetch: Fetch = async (url) => {
    fetched.push(url);
    return answer(url);
  };
  const tell = { clock: () => clock.now, write: (line: string) => log.push(JSON.parse(line)) };
  const trust = trustIssuers(parseIssuers(issuers), { fetch, clock: tell.clock, report: createReport(tell).issuer });
  const authorize = createAuthorizer({
    verify: createVerifier({ issuers: trust, clock: tell.clock }),
    registry: {
      ...knowing(clients),
      async tenant(id) {
        if (registry !== undefined) return registry.tenant(id);
        looked.push(id);
        return tenants.find((tenant) => tenant.id === id) ?? null;
      },
    },
    keys,
    seal: seal ?? createSeal({ keys: KEYS }),
    ...tell,
  });
  return { authorize, clock, fetched, looked, log };
}

export function eventOf(headers: Record<string, string[]>): AuthorizerEvent {
  return {
    methodArn: METHOD_ARN,
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: headers,
    requestContext: { requestId: 'request-1' },
  };
}

export const bearer = (token: string): AuthorizerEvent => eventOf({ Authorization: [`Bearer ${token}`] });

/** What API Gateway makes of the authorizer's answer. */
export async function statusOf(world: World, event: AuthorizerEvent): Promise<200 | 401 | 403 | 503> {
  try {
    const answer = await world.authorize(event);
    return answer.policyDocument.Statement[0]?.Effect === 'Allow' ? 200 : 403;
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    if (thrown.message === 'Unauthorized') return 401;
    if (thrown.message === 'Unavailable') return 503;
    throw thrown;
  }
}
