import type { CallerContext } from '../contract/context.ts';
import { asTollgateError, TollgateError } from '../contract/errors.ts';
import type { CountedBy, Principal, TenantId } from '../contract/identity.ts';
import type { Clock, WriteLine } from '../contract/log.ts';
import type { RegistryReader } from '../registry/reader.ts';
import { type CallersOptions, createCallers } from './callers.ts';
import { admit } from './decide.ts';
import type { AuthorizerEvent } from './event.ts';
import { createReport } from './report.ts';

export interface AdmissionOptions extends CallersOptions {
  registry: CallersOptions['registry'] & RegistryReader;
  clock: Clock;
  /** Gets one line for each caller who is not admitted. */
  write: WriteLine;
}

export type Admitted =
  | { admitted: true; context: CallerContext; countedBy: CountedBy }
  | { admitted: false; tenant: TenantId };

/**
 * Header -> token or key -> who calls -> tenant's entries -> who calls, and what it may use. The REST API's authorizer and the
 * container both ask it.
 *
 * @throws TollgateError `unauthenticated` when it is not known who calls; any other code when that could not be decided
 */
export type Admission = (
  headers: Pick<AuthorizerEvent, 'headers' | 'multiValueHeaders'>,
  requestId: string,
) => Promise<Admitted>;

export function createAdmission(options: AdmissionOptions): Admission {
  const { registry, clock } = options;
  const report = createReport(options);
  const callerOf = createCallers(options);
  return async (headers, requestId) => {
    let tenant: TenantId | undefined;
    let principal: Principal | undefined;
    try {
      const identity = await callerOf(headers);
      ({ tenant, principal } = identity);
      const admission = admit(identity, await registry.tenant(tenant), clock());
      if (admission.admitted) return admission;
      // A token is good and its tenant is not; a key is the tenant's own, and with it no good.
      if (identity.narrowed !== undefined) throw new TollgateError('unauthenticated', { reason: admission.reason });
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
