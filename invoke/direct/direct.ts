import { type Budget, CREDENTIALS_SHARE, isTenantRate } from '../../contract/budget.ts';
import type { CallerContext } from '../../contract/context.ts';
import type { Clock, WriteLine } from '../../contract/log.ts';
import type { AllowedModel } from '../../contract/model.ts';
import type { Routing } from '../../contract/routing.ts';
import type { Secret } from '../../contract/secret.ts';
import { spokeOf } from '../../contract/spokes.ts';
import { NO_TOKENS } from '../../contract/usage.ts';
import type { Budgets } from '../../metering/budgets/budgets.ts';
import { placeKey } from '../../policies/place.ts';
import { decideDirect, directPolicy, directUntil } from '../../registry/direct.ts';
import { refusalOf } from '../../registry/refusal.ts';
import { placeInRegion } from '../../registry/where.ts';
import type { Issue } from '../../sessions/session.ts';
import { usablePolicy } from '../../sessions/usable.ts';
import { budgetHeaders } from '../budgets/headers.ts';
import type { Call } from '../call.ts';
import type { EntriesOf, HandedOut } from '../exchange.ts';
import type { CallScope } from '../pipeline/credentials.ts';

export interface DirectRequest extends Pick<Call, 'waitUntil' | 'tell'> {
  caller: CallerContext;
  /** For the broker alone; absent where there is no broker. */
  token: Secret | undefined;
  requestId: string;
  /** The model as the caller wrote it. */
  wanted: string;
  /** Where it is to be called, of several places; undefined: in the first that is open. */
  region?: string | undefined;
}

/**
 * @throws TollgateError `invalid_request` for another region; `model_not_allowed`, in the same words whether there is no such model, no grant, or one for the
 *   gateway alone; `model_retired`; `upstream_unavailable` where no place is open; `rate_limited`; `forbidden`, `unavailable`; what the issuer throws
 */
export type Direct = (request: DirectRequest) => Promise<HandedOut>;

export interface DirectOptions {
  entries: EntriesOf;
  /** STS, or the broker. */
  issue: Issue<CallScope>;
  /** Reserves one of the credentials that the tenant may be given. */
  reserve: Budgets['reserve'];
  /** The stage's. */
  routing?: Partial<Routing> | undefined;
  clock: Clock;
  write: WriteLine;
}

/**
 * Credentials for the caller itself, confined to one model. Issued anew for every request: what is remembered might have
 * been revoked meanwhile, and then an SDK that asks for better ones would get the same again. Each asks STS, which all tenants
 * share: so each is counted before, whether or not STS then gives any.
 */
export function createDirect({ entries, issue, reserve, routing, clock, write }: DirectOptions): Direct {
  return async (request) => {
    const { caller, token, requestId, region } = request;
    // Not what the authorizer remembers for a minute: whoever switches direct mode off and then revokes what was issued
    // must not be overtaken by it.
    const { models: held, budgets } = await entries({ ...caller, models: null, budgets: null });
    const granted = allowed(held, request);
    const model = placeInRegion(granted, region, routing);
    const policy = usablePolicy(model, () => directPolicy(model, caller.exp), { clock, write });
    const { tenant, principal, costCenter } = caller;
    await count(request, model, budgets);
    const credentials = await issue({
      tenant,
      principal,
      costCenter,
      policy,
      direct: true,
      spoke: spokeOf(model),
      audit: { requestId, model: model.id },
      asked: { token, model: model.id, place: granted.places && placeKey(model), action: 'direct', requestId },
    });
    const expiresAt = Math.min(credentials.expiresAt, directUntil(model, caller.exp) * 1000);
    return { model, credentials, expiresAt };
  };

  /** @throws TollgateError `rate_limited`, `unavailable` */
  async function count(request: DirectRequest, model: AllowedModel, budgets: readonly Budget[]): Promise<void> {
    const { tenant, principal } = request.caller;
    const verdict = await reserve({
      ...{ tenant, principal, model: model.id, region: model.target.region, tier: 'on-demand', at: clock() },
      budgets: credentialsBudgets(budgets),
      demand: { input: 0, output: 0, lowerable: false, images: 0, searches: 0, caches: false },
      waitUntil: (promise) => request.waitUntil(promise),
    });
    if (verdict === undefined) return;
    request.tell?.(budgetHeaders(verdict.standings(), clock()));
    if (verdict.refusal !== undefined) throw verdict.refusal;
    request.waitUntil(verdict.settle({ outcome: 'ok', tokens: NO_TOKENS }));
  }

  function allowed(held: readonly AllowedModel[], request: DirectRequest): AllowedModel {
    const decision = decideDirect(held, request.wanted, Math.floor(clock() / 1000), request);
    if (decision.outcome === 'allowed') return decision.model;
    throw refusalOf(decision);
  }
}

/** Those that count credentials; what everybody is under comes first, unless one of them stands in its place. */
function credentialsBudgets(budgets: readonly Budget[]): Budget[] {
  const own = budgets.filter(({ unit }) => unit === 'credentials');
  return own.some((budget) => isTenantRate(budget, 'credentials')) ? own : [CREDENTIALS_SHARE, ...own];
}
