import type { CallerContext } from '../contract/context.ts';
import { asTollgateError } from '../contract/errors.ts';
import type { Principal, TenantId } from '../contract/identity.ts';
import type { Clock, WriteLine } from '../contract/log.ts';
import type { ClientReader, RegistryReader } from '../registry/reader.ts';
import { bearerToken } from './bearer.ts';
import { admit, whoCalls } from './decide.ts';
import type { AuthorizerEvent } from './event.ts';
import { createReport } from './report.ts';
import type { Verify } from './verify.ts';

export interface AdmissionOptions {
  verify: Verify;
  registry: RegistryReader & ClientReader;
  clock: Clock;
  /** Gets one line for each caller who is not admitted. */
  write: WriteLine;
}

export type Admitted =
  | { admitted: true; context: CallerContext; hasPlan: boolean }
  | { admitted: false; tenant: TenantId };

/**
 * Header -> token -> verified claims -> tenant's entries -> who calls, and what it may use. The REST API's authorizer and the
 * container both ask it.
 *
 * @throws TollgateError `unauthenticated` when it is not known who calls; any other code when that could not be decided
 */
export type Admission = (
  headers: Pick<AuthorizerEvent, 'headers' | 'multiValueHeaders'>,
  requestId: string,
) => Promise<Admitted>;

export function createAdmission({ verify, registry, clock, write }: AdmissionOptions): Admission {
  const report = createReport({ clock, write });
  return async (headers, requestId) => {
    let tenant: TenantId | undefined;
    let principal: Principal | undefined;
    try {
      const identity = await whoCalls(await verify(bearerToken(headers)), registry);
      ({ tenant, principal } = identity);
      const admission = admit(identity, await registry.tenant(tenant), clock());
      if (admission.admitted) return admission;
      report.refused({ code: 'forbidden', reason: admission.reason, tenant, principal, requestId });
      return { admitted: false, tenant };
    } catch (thrown) {
      const error = asTollgateError(thrown);
      const { code, reason, detail, cause } = error;
      const about = { code, reason, issuer: detail?.issuer, tenant, principal, requestId };
      if (code === 'unauthenticated') report.refused(about);
      else report.undecided(about, code === 'internal' ? cause : undefined);
      throw error;
    }
  };
}
