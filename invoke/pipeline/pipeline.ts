import type { Budget } from '../../contract/budget.ts';
import { asTollgateError, TollgateError } from '../../contract/errors.ts';
import { underUseCase } from '../../contract/guardrails.ts';
import { ATTEMPTS_MAX } from '../../contract/limits/routing.ts';
import type { AllowedModel } from '../../contract/model.ts';
import type { Budgets } from '../../metering/budgets/budgets.ts';
import { isShare, requestsShare } from '../../metering/budgets/shares.ts';
import type { Meter } from '../../metering/emit.ts';
import { placeKey } from '../../policies/place.ts';
import { decideModel } from '../../registry/decide.ts';
import { type Budgeted, budgeted } from '../budgets/budgeted.ts';
import type { Call, Run } from '../call.ts';
import type { CallerEntries, EntriesOf } from '../exchange.ts';
import type { Route } from '../routing/router.ts';
import { soldIn } from '../usage/tier.ts';
import { type AttemptOptions, beginStep, createAttempt, type Step } from './attempt.ts';
import { choose, NOT_SERVED, servedBy } from './choose.ts';
import { toldSeconds, troubleOf } from './failover.ts';
import type { Instead } from './fallbacks.ts';
import { beginInvocation } from './invocation.ts';
import { type Leg, type LegOptions, legOf } from './leg.ts';

export interface PipelineOptions extends AttemptOptions, LegOptions {
  entries: EntriesOf;
  /** The first wall. Replaced only by a test that shows the second one, IAM, standing alone. */
  decide?: typeof decideModel;
  meter: Meter;
  /** Reserves what a call may use from its budgets. */
  reserve: Budgets['reserve'];
  /** An id unique to the call. */
  newId: () => string;
  deadlines: AttemptOptions['deadlines'];
}

/**
 * The ONE path of every call to a model: decide, reserve what it may use, then in one of its places after another, and then with
 * what may answer instead, build the session policy for that one target, assume the role under it, send; give back, settle. Exactly
 * one finished line is left of each attempt, whatever happens; a started one stands before it if anything was sent.
 */
export function createPipeline(options: PipelineOptions): Run {
  const { decide = decideModel, clock, deadlines } = options;
  const attempt = createAttempt(options);

  return async (call) => {
    let spending: Budgeted | undefined;
    const meter: Meter = {
      started: options.meter.started,
      finished(record, metrics) {
        const charged = spending?.charged(record);
        options.meter.finished(charged === undefined ? record : { ...record, charged }, metrics, call.trace?.id);
        call.trace?.span?.finished(record);
        call.ended?.(record);
        // What is reserved is the call's, for all of its attempts.
        if (record.outcome === 'retried') spending?.retried(record);
        else spending?.finished(record);
      },
    };
    const invocation = beginInvocation(call, { ...options, meter });
    const callEnds = performance.now() + deadlines.callTotalMs;
    let step = beginStep(call, invocation, deadlines.callTotalMs);
    /** Of the model that was asked for, once another one is asked instead. */
    let first: TollgateError | undefined;
    /** What is told of the model that was asked for. */
    let named: Record<string, string> = {};
    try {
      const held = under(await options.entries(call.caller), call.useCase);
      const nowSeconds = Math.floor(clock() / 1000);
      const decision = decide(held.models, call.wanted, call.action, nowSeconds, call);
      const joint =
        call.beside && decision.outcome === 'allowed'
          ? (await import('./joint.ts')).jointOf(call, call.beside, held, nowSeconds)
          : undefined;
      const asked = joint?.call ?? call;
      const chosen = choose(decision, asked, invocation);
      const { model } = chosen;
      named = servedBy(model, call.wanted);
      let leg = await legOf(call, chosen, grantFor(model, held.models), named, options);
      invocation.soldAs(leg.tier);
      options.take(call.caller.tenant, requestsShare(held.budgets), call);
      const budgets = held.budgets.filter(countsEachCall);
      const reserved = async (one: Leg, told: Call): Promise<Budgeted | undefined> => {
        const got = await budgeted({ ...one, call: told, at: invocation.at, budgets }, options);
        if (got === undefined && Object.keys(one.changes).length > 0) told.tell?.(one.changes);
        return got;
      };
      spending = await reserved(leg, call);
      let others: AsyncIterator<Instead> | undefined;
      let place = leg.first ?? leg.route?.next();
      for (;;) {
        const { model: there, under } = leg.there(place);
        if (place !== undefined) {
          invocation.concerns(there, place.priceRegion);
          invocation.soldAs(soldIn(there.target, leg.tier));
        }
        const { provider, firstByteMs, route } = leg;
        const request = leg.moved(spending?.request ?? leg.request, there, call.tell);
        try {
          const at = place && leg.model.places && placeKey(place);
          const answer = await attempt(step, { model: there, under, place: at, provider, request, firstByteMs, joint });
          route?.came('answered', clock() - step.sentAt);
          return answer;
        } catch (thrown) {
          const error = asTollgateError(thrown);
          const troubled = came(route, error, step);
          // What answers instead is not asked for: that it cannot take this is no news to the caller.
          if (!(troubled || first !== undefined) || performance.now() >= callEnds || (await hasLeft(call))) throw error;
          place = troubled ? route?.next() : undefined;
          let instead: Instead | undefined;
          if (place === undefined && model.fallbacks !== undefined && invocation.attempt < ATTEMPTS_MAX) {
            others ??= (await import('./fallbacks.ts')).instead(chosen, held.models, asked, reserved, options);
            const next = await others.next();
            if (next.done !== true) instead = next.value;
          }
          if (place === undefined && instead === undefined) throw error;
          invocation.retried(error, step.usage);
          step.deadline.stop(error);
          step = beginStep(call, invocation, callEnds - performance.now());
          if (instead === undefined) continue;
          first ??= error;
          spending?.left();
          ({ leg, spending } = instead);
          invocation.concerns(leg.model);
          invocation.soldAs(leg.tier);
          place = leg.route?.next();
        }
      }
    } catch (thrown) {
      const error = asTollgateError(thrown);
      invocation.failed(error, step.usage);
      step.deadline.stop(error);
      if (first === undefined) throw error;
      // Whoever asked for a model is told what became of that one.
      call.tell?.({ ...NOT_SERVED, ...named });
      throw first;
    }
  };

  /** What an attempt's end says of its place. @returns whether another one may have the call */
  function came(route: Route | undefined, error: TollgateError, { sentAt }: Step): boolean {
    const trouble = troubleOf(error);
    if (trouble === undefined) return false;
    route?.came(trouble, sentAt === 0 ? 0 : clock() - sentAt, toldSeconds(error));
    return trouble !== 'answered';
  }
}

async function hasLeft({ left }: Call): Promise<boolean> {
  let gone = false;
  void left?.then(() => {
    gone = true;
  });
  await Promise.resolve();
  return gone;
}

/** What the caller was granted, for what it says that the call is for. */
function under(held: CallerEntries, useCase: string | undefined): CallerEntries {
  if (useCase === undefined) return held;
  return { ...held, models: held.models.map((model) => underUseCase(model, useCase)) };
}

/** Not those of what calls do not use, and not those that are counted as shares are. */
function countsEachCall(budget: Budget): boolean {
  return budget.unit !== 'credentials' && !isShare(budget);
}

/**
 * What the session will be for: an entry that the tenant holds, whatever was decided. So the second wall does not rest on
 * the first: were the decision wrong, the call would go out under the policy of another entry, and IAM would refuse it.
 */
function grantFor(model: AllowedModel, held: readonly AllowedModel[]): AllowedModel {
  const grant = held.find(({ id }) => id === model.id) ?? held[0];
  if (grant === undefined) throw new TollgateError('model_not_allowed', { reason: 'nothing-held' });
  return grant;
}
