import { encodeContext } from '../contract/context.ts';
import { asTollgateError, isTollgateError } from '../contract/errors.ts';
import { type AuthorizerAnswer, allowStage, denyStage } from '../policies/gateway.ts';
import type { SealContext } from '../seal/seal.ts';
import { type AdmissionOptions, type Admitted, createAdmission } from './admission.ts';
import { authorizationOf } from './bearer.ts';
import type { AuthorizerEvent } from './event.ts';
import { createReport } from './report.ts';

/** API Gateway answers 401 to an authorizer that throws exactly this message. */
const UNAUTHORIZED = 'Unauthorized';

/**
 * Any other message is AUTHORIZER_FAILURE, 500 by default. An authorizer cannot choose a status of its own, so the
 * gateway's responses AUTHORIZER_FAILURE and AUTHORIZER_CONFIGURATION_ERROR are set to 503 with `Retry-After`, in the
 * template and in the local front alike: "cannot decide now" is not the caller's fault and not final.
 */
const UNAVAILABLE = 'Unavailable';

export interface AuthorizerOptions extends AdmissionOptions {
  seal: SealContext;
}

/**
 * The authorizer of the REST API: who calls, sealed for the header that said so.
 *
 * The answers for one status are the same, whatever the reason: 401 when it is not known who calls, 403 when it is
 * known and that tenant is not (or no longer) admitted, 503 when a store or an issuer did not say. The reason is in the
 * log alone.
 *
 * @returns a policy for the whole stage: Allow with the context, or Deny without one. Both are cached by API Gateway.
 *   Entries that do not fit into the context are left out as a whole, and the invoke function then asks the registry
 * @throws Error "Unauthorized" (401), or "Unavailable" (503); neither is cached
 */
export function createAuthorizer({
  seal,
  ...options
}: AuthorizerOptions): (event: AuthorizerEvent) => Promise<AuthorizerAnswer> {
  const admission = createAdmission(options);
  const report = createReport(options);
  return async (event) => {
    const requestId = event.requestContext?.requestId ?? '';
    let admitted: Admitted;
    try {
      admitted = await admission(event, requestId);
    } catch (error) {
      throw new Error(isTollgateError(error, 'unauthenticated') ? UNAUTHORIZED : UNAVAILABLE);
    }
    try {
      if (!admitted.admitted) return denyStage(event.methodArn, admitted.tenant);
      const { context, countedBy } = admitted;
      const sealed = await seal(encodeContext(context), authorizationOf(event));
      return allowStage(event.methodArn, context.tenant, sealed, countedBy);
    } catch (thrown) {
      const { code, reason, cause } = asTollgateError(thrown);
      const tenant = admitted.admitted ? admitted.context.tenant : admitted.tenant;
      const about = { code, reason, issuer: undefined, tenant, principal: undefined, requestId };
      report.undecided(about, code === 'internal' ? cause : undefined);
      throw new Error(UNAVAILABLE);
    }
  };
}
