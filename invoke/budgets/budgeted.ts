import type { Budget } from '../../contract/budget.ts';
import { TollgateError } from '../../contract/errors.ts';
import type { Clock } from '../../contract/log.ts';
import { type AllowedModel, priceModelsOf } from '../../contract/model.ts';
import { type Charge, type FinishedUsage, NO_TOKENS, type Tier } from '../../contract/usage.ts';
import type { Budgets } from '../../metering/budgets/budgets.ts';
import type { Sold } from '../../metering/budgets/cost.ts';
import type { Standing } from '../../metering/budgets/verdict.ts';
import type { Call, ProviderRequest } from '../call.ts';
import { cappedBody } from '../grants/cap.ts';
import { limitChange, reservedHeader } from '../grants/changes.ts';
import { demandOf } from './demand.ts';
import { budgetHeaders } from './headers.ts';

/** A call that its budgets have let pass. */
export interface Budgeted {
  /** No answer to it is longer than what was reserved, where a hard budget says so. */
  request: ProviderRequest;
  /** What budgets in dollars count of the call, for its line. */
  charged(record: FinishedUsage): Charge | undefined;
  /** An attempt is over, and another one goes on with the call. */
  retried(record: FinishedUsage): void;
  /** To be called once, in place of `finished`: the call goes on with another model, for which something else was reserved. */
  left(): void;
  /** To be called once, when the call is over. Neither throws nor keeps anybody waiting. */
  finished(record: FinishedUsage): void;
}

const UNCOUNTABLE =
  'A budget bounds the tokens or dollars of these calls, and what one that answers later uses is told nowhere.';

export interface ToBudget {
  call: Call;
  /** Milliseconds since 1970: the call's start. */
  at: number;
  model: AllowedModel;
  request: ProviderRequest;
  tier: Tier;
  /** Every place that may come to answer it, where the model has several. */
  sold?: readonly Sold[] | undefined;
  /** Every budget that the tenant is under. */
  budgets: readonly Budget[];
  /** Of the call so far, as headers for its caller. */
  changes: Readonly<Record<string, string>>;
}

/**
 * Reserves what a call may use, and tells its caller where its budgets stand.
 *
 * @returns undefined when no budget applies
 * @throws TollgateError `rate_limited` when a hard budget has not enough left; `unavailable` when one cannot be asked;
 *   `invalid_request` when the body's own limit is none; `forbidden` under a hard budget that could not count the call
 */
export async function budgeted(
  { call, at, model, request, tier, sold = [], budgets, changes }: ToBudget,
  { reserve, clock }: { reserve: Budgets['reserve']; clock: Clock },
): Promise<Budgeted | undefined> {
  // Counting tokens runs no model and costs nothing.
  if (budgets.length === 0 || call.action === 'count') return undefined;
  const { tenant, principal, narrowed } = call.caller;
  const { answers, ...demand } = demandOf(request, model);
  const [first = { region: model.target.region, tier }, ...elsewhere] = sold;
  const verdict = await reserve({
    ...{ tenant, principal, owner: narrowed?.owner, at, budgets, demand, ...first, elsewhere },
    model: model.id,
    priceModels: priceModelsOf(model),
    waitUntil: (promise) => call.waitUntil(promise),
  });
  if (verdict === undefined) return undefined;
  const told: Record<string, string> = {
    ...reservedHeader(demand.input, verdict.refusal === undefined ? verdict.output : demand.output),
  };
  const tell = (standings: Standing[]): void =>
    call.tell?.({ ...budgetHeaders(standings, clock(), call.surface), ...told });
  if (verdict.refusal !== undefined) {
    tell(verdict.standings());
    throw verdict.refusal;
  }
  const { output, binding } = verdict;
  const refused = { outcome: 'refused', tokens: NO_TOKENS } as const;
  try {
    if (binding && call.later) throw new TollgateError('forbidden', { reason: 'uncountable', message: UNCOUNTABLE });
    const each = Math.floor(output / answers);
    const body =
      binding && demand.lowerable ? cappedBody(request.operation, request.body, model.target, each) : request.body;
    Object.assign(told, changes, body === request.body ? {} : limitChange(each, 'budget'));
    tell(verdict.standings());
    return {
      request: { ...request, body },
      charged: (record) => verdict.charged(record),
      retried: (record) => verdict.retried(record),
      left: () => call.waitUntil(verdict.settle(refused)),
      finished(record) {
        tell(verdict.standings(record));
        call.waitUntil(verdict.settle(record));
      },
    };
  } catch (error) {
    tell(verdict.standings(refused));
    call.waitUntil(verdict.settle(refused));
    throw error;
  }
}
