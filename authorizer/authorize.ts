import { encodeContext } from '../contract/context.ts';
import { asTollgateError } from '../contract/errors.ts';
import type { Principal, TenantId } from '../contract/identity.ts';
import type { Clock, WriteLine } from '../contract/log.ts';
import { type AuthorizerAnswer, allowStage, denyStage } from '../policies/gateway.ts';
import type { ClientReader, RegistryReader } from '../registry/reader.ts';
import type { SealContext } from '../seal/seal.ts';
import { authorizationOf, bearerToken } from './bearer.ts';
import { admit, whoCalls } from './decide.ts';
import type { AuthorizerEvent } from './event.ts';
import { createReport } from './report.ts';
import type { Verify } from './verify.ts';

/** API Gateway answers 401 to an authorizer that throws exactly this message. */
const UNAUTHORIZED = 'Unauthorized';

/**
 * Any other message is AUTHORIZER_FAILURE, 500 by default. An authorizer cannot choose a status of its own, so the
 * gateway's responses AUTHORIZER_FAILURE and AUTHORIZER_CONFIGURATION_ERROR are set to 503 with `Retry-After`, in the
 * template and in the local front alike: "cannot decide now" is not the caller's fault and not final.
 */
const UNAVAILABLE = 'Unavailable';

export interface AuthorizerOptions {
  verify: Verify;
  registry: RegistryReader & ClientReader;
  seal: SealContext;
  clock: Clock;
  /** Gets one line for each answer that is not Allow. */
  write: WriteLine;
}

/**
 * The authorizer: header -> token -> verified claims -> tenant's entries -> answer, sealed for that header.
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
  verify,
  registry,
  seal,
  clock,
  write,
}: AuthorizerOptions): (event: AuthorizerEvent) => Promise<AuthorizerAnswer> {
  const report = createReport({ clock, write });
  return async (event) => {
    const requestId = event.requestContext?.requestId ?? '';
    let tenant: TenantId | undefined;
    let principal: Principal | undefined;
    try {
      const identity = await whoCalls(await verify(bearerToken(event)), registry);
      ({ tenant, principal } = identity);
      const admission = admit(identity, await registry.tenant(tenant));
      if (admission.admitted) {
        const { context, hasPlan } = admission;
        const sealed = await seal(encodeContext(context), authorizationOf(event));
        return allowStage(event.methodArn, tenant, sealed, hasPlan ? tenant : null);
      }
      report.refused({ code: 'forbidden', reason: admission.reason, tenant, principal, requestId });
      return denyStage(event.methodArn, tenant);
    } catch (thrown) {
      const { code, reason, detail, cause } = asTollgateError(thrown);
      const about = { code, reason, issuer: detail?.issuer, tenant, principal, requestId };
      if (code === 'unauthenticated') {
        report.refused(about);
        throw new Error(UNAUTHORIZED);
      }
      report.undecided(about, code === 'internal' ? cause : undefined);
      throw new Error(UNAVAILABLE);
    }
  };
}
