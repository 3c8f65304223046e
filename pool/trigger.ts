import { type Clock, logLine, type WriteLine } from '../contract/log.ts';
import { type Providers, ROLES_CLAIM, SELF_SERVICE_SCOPE, TENANT_CLAIM } from '../contract/sign-in.ts';
import { decide } from './decide.ts';
import { isFederation, type PoolEvent, type TokenEvent } from './event.ts';
import { attributesToMap } from './groups.ts';

export interface TriggerOptions {
  providers: Providers;
  clock: Clock;
  /** Gets a line for each token without a tenant. */
  write: WriteLine;
}

/** The event with its answer, which is what Cognito wants to have back. */
export type Trigger = <E extends PoolEvent>(event: E) => E & { response: object };

/**
 * Before a token is given out: the access token names its tenant and roles, or neither; then the gateway refuses it. It is not
 * refused here, where the person would read an error of Cognito's that helps nobody.
 */
export function createTrigger({ providers, clock, write }: TriggerOptions): Trigger {
  return (event) => {
    if (isFederation(event)) return { ...event, response: { userAttributesToMap: attributesToMap(event, providers) } };
    return { ...event, response: { claimsAndScopeOverrideDetails: overrides(event) } };
  };

  function overrides(event: TokenEvent): object {
    const decision = decide(event, providers);
    const { groupConfiguration, userAttributes } = event.request;
    if (decision.tenant === null)
      write(
        logLine(clock(), {
          ...{ event: 'token-without-tenant', level: 'warn', reason: decision.reason, source: event.triggerSource },
          client: event.callerContext?.clientId,
          principal: userAttributes?.sub,
        }),
      );
    return {
      accessTokenGeneration: {
        ...(decision.tenant === null
          ? { claimsToSuppress: [TENANT_CLAIM, ROLES_CLAIM] }
          : { claimsToAddOrOverride: { [TENANT_CLAIM]: decision.tenant, [ROLES_CLAIM]: decision.roles } }),
        // App clients may not ask for it either. With it, somebody could write the groups that a provider is to say.
        scopesToSuppress: [SELF_SERVICE_SCOPE],
      },
      // Left out, the pool's own groups would be taken out of all tokens.
      ...(groupConfiguration ? { groupOverrideDetails: groupConfiguration } : {}),
    };
  }
}
