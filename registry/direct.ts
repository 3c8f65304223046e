import { ACTIONS, type AllowedModel } from '../contract/model.ts';
import { type SessionPolicy, sessionPolicy } from '../policies/session.ts';
import { type Asker, type Decision, decideModel } from './decide.ts';
import { isDirect } from './held-by.ts';

/** A refusal has one reason more: the tenant may call the model, but only through the gateway. */
export type DirectDecision =
  | Extract<Decision, { outcome: 'allowed' }>
  | (Omit<Extract<Decision, { outcome: 'refused' }>, 'reason'> & {
      reason: Extract<Decision, { outcome: 'refused' }>['reason'] | 'direct-off';
    });

/**
 * Whether credentials for a model may be handed out. They carry all that the grant allows, so one action that can be called
 * is enough. To the caller "only through the gateway" reads like "not granted".
 *
 * @param models what the tenant was granted
 * @param wanted as the caller wrote it: a registry id, an alias, the target's own id, or a full ARN that the entry lists
 * @param nowSeconds seconds since 1970
 * @param asker as for `decideModel`
 */
export function decideDirect(
  models: readonly AllowedModel[],
  wanted: string,
  nowSeconds: number,
  asker?: Asker,
): DirectDecision {
  const direct = models.filter(isDirect);
  const among = (held: readonly AllowedModel[]): Decision => {
    const decisions = ACTIONS.map((action) => decideModel(held, wanted, action, nowSeconds, asker));
    const telling =
      decisions.find(({ outcome }) => outcome === 'allowed') ??
      decisions.find((decision) => decision.outcome === 'refused' && decision.code === 'model_retired');
    return telling ?? decideModel(held, wanted, ACTIONS[0], nowSeconds, asker);
  };
  const decision = among(direct);
  if (decision.outcome === 'allowed' || decision.model !== undefined) return decision;
  const { model } = among(models);
  return { ...decision, reason: model === undefined ? decision.reason : 'direct-off', ...(model ? { model } : {}) };
}

/**
 * The session policy of credentials that are handed out: everything that the grant allows on the one model, and nothing
 * from the moment on at which the token or the grant ends. STS gives no session less than 15 minutes, so the end is in the
 * policy and not only in what the caller is told.
 *
 * @param tokenExp seconds since 1970
 * @throws TollgateError as `sessionPolicy`
 */
export function directPolicy(model: AllowedModel, tokenExp: number): SessionPolicy {
  return sessionPolicy(model.target, model.actions, { ...model, expiresAt: directUntil(model, tokenExp) });
}

/** @returns whole seconds since 1970: when credentials handed out for this token end at the latest */
export function directUntil({ expiresAt }: AllowedModel, tokenExp: number): number {
  // Whole, because a policy's condition is.
  return Math.floor(Math.min(expiresAt ?? tokenExp, tokenExp));
}
