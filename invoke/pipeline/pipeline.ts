import type { Budget } from '../../contract/budget.ts';
import { asTollgateError, TollgateError } from '../../contract/errors.ts';
import type { AllowedModel, Place } from '../../contract/model.ts';
import { at, placesOf } from '../../contract/places.ts';
import type { Tier } from '../../contract/usage.ts';
import type { Budgets } from '../../metering/budgets/budgets.ts';
import type { Sold } from '../../metering/budgets/cost.ts';
import { isShare, requestsShare } from '../../metering/budgets/shares.ts';
import type { Meter } from '../../metering/emit.ts';
import type { Runtime } from '../../policies/kinds/kind.ts';
import { runtimeOf } from '../../policies/kinds.ts';
import { calledOn } from '../../policies/place.ts';
import { decideModel } from '../../registry/decide.ts';
import { type Budgeted, budgeted } from '../budgets/budgeted.ts';
import type { Call, Run } from '../call.ts';
import type { EntriesOf } from '../exchange.ts';
import { restrict } from '../grants/restrict.ts';
import type { Provider } from '../providers/provider.ts';
import type { Route } from '../routing/router.ts';
import { askedTier, soldIn } from '../usage/tier.ts';
import { type AttemptOptions, beginStep, createAttempt, type Step } from './attempt.ts';
import { choose, servedBy } from './choose.ts';
import { toldSeconds, troubleOf } from './failover.ts';
import { beginInvocation } from './invocation.ts';
import type { Routes } from './ways.ts';

export interface PipelineOptions extends AttemptOptions {
  entries: EntriesOf;
  /** The first wall. Replaced only by a test that shows the second one, IAM, standing alone. */
  decide?: typeof decideModel;
  /** What brings a call under its grant. Replaced only by a test that shows IAM refusing a call that it did not. */
  restrict?: typeof restrict;
  providers: Readonly<Partial<Record<Runtime, Provider>>>;
  meter: Meter;
  /** Reserves what a call may use from its budgets. */
  reserve: Budgets['reserve'];
  /** An id unique to the call. */
  newId: () => string;
  /** Where calls go of a model that has several places; loaded when it is first asked for. */
  routes: () => Promise<Routes>;
}

/**
 * The ONE path of every call to a model: decide, reserve what it may use, then in one of its places after another build the
 * session policy for that one target, assume the role under it, send; give back, settle. Exactly one finished line is left of
 * each attempt, whatever happens; a started one stands before it if anything was sent.
 */
export function createPipeline(options: PipelineOptions): Run {
  const { decide = decideModel, restrict: restricted = restrict, clock, deadlines } = options;
  const attempt = createAttempt(options);

  return async (call) => {
    let spending: Budgeted | undefined;
    const meter: Meter = {
      started: options.meter.started,
      finished(record, metrics) {
        const charged = spending?.charged(record);
        options.meter.finished(charged === undefined ? record : { ...record, charged }, metrics);
        // What is reserved is the call's, for all of its attempts.
        if (record.outcome === 'retried') spending?.retried(record);
        else spending?.finished(record);
      },
    };
    const invocation = beginInvocation(call, { ...options, meter });
    const callEnds = performance.now() + deadlines.callTotalMs;
    let step = beginStep(call, invocation, deadlines.callTotalMs);
    try {
      const held = await options.entries(call.caller);
      const decision = decide(held.models, call.wanted, call.action, Math.floor(clock() / 1000), call);
      const { model, request: asked } = choose(decision, call, invocation);
      const changes = servedBy(model, call.wanted);
      const prepared = restricted(asked, model, (change) => Object.assign(changes, change));
      const provider = options.providers[runtimeOf(model.target)];
      if (provider === undefined) throw new TollgateError('invalid_request', { reason: 'no-provider' });
      const routes = isRouted(model) && call.action !== 'guard' ? await options.routes() : undefined;
      const ways = routes?.ways(model, call.action);
      const tier = askedTier(prepared, model.target);
      invocation.soldAs(tier);
      options.take(call.caller.tenant, requestsShare(held.budgets), call);
      const budgets = held.budgets.filter(countsEachCall);
      const sold = ways?.places.map((place) => soldThere(place, tier));
      const spends = { call, at: invocation.at, model, request: prepared, tier, sold, budgets, changes };
      spending = await budgeted(spends, options);
      if (spending === undefined && Object.keys(changes).length > 0) call.tell?.(changes);
      const request = spending?.request ?? prepared;
      const grant = grantFor(model, held.models);
      const route = ways && routes?.route(ways, call, model, request);
      const firstByteMs = ways && Math.min(deadlines.firstByteMs, ways.routing.attemptSeconds * 1000);
      let place = route?.next();
      for (;;) {
        const there = place === undefined ? model : at(model, place);
        if (place !== undefined) {
          invocation.concerns(there, place.priceRegion);
          invocation.soldAs(soldIn(there.target, tier));
        }
        // Were the decision wrong, the session would still be one of an entry that the tenant holds.
        const under = grant === model ? there : at(grant, placesOf(grant)[0] ?? { target: grant.target });
        try {
          const named = place && model.places && calledOn(place.target);
          const answer = await attempt(step, { model: there, under, place: named, provider, request, firstByteMs });
          route?.came('answered', clock() - step.sentAt);
          return answer;
        } catch (thrown) {
          const error = asTollgateError(thrown);
          place = await onwards(route, error, step, callEnds);
          if (place === undefined) throw error;
          invocation.retried(error, step.usage);
          step.deadline.stop(error);
          step = beginStep(call, invocation, callEnds - performance.now());
        }
      }
    } catch (thrown) {
      const error = asTollgateError(thrown);
      invocation.failed(error, step.usage);
      step.deadline.stop(error);
      throw error;
    }
  };

  /** Where the call goes on, of which nothing has reached its caller; undefined: nowhere, and the error is the caller's. */
  async function onwards(
    route: Route | undefined,
    error: TollgateError,
    { call, sentAt }: Step,
    callEnds: number,
  ): Promise<Place | undefined> {
    if (route === undefined) return undefined;
    const trouble = troubleOf(error);
    if (trouble !== undefined) route.came(trouble, sentAt === 0 ? 0 : clock() - sentAt, toldSeconds(error));
    if (trouble === undefined || trouble === 'answered') return undefined;
    return performance.now() >= callEnds || (await hasLeft(call)) ? undefined : route.next();
  }
}

/** One of one place goes there, and is asked once. */
function isRouted({ places, routing }: AllowedModel): boolean {
  return places !== undefined || routing !== undefined;
}

function soldThere({ target, priceRegion: region = target.region }: Place, tier: Tier): Sold {
  return { region, tier: soldIn(target, tier) };
}

async function hasLeft({ left }: Call): Promise<boolean> {
  let gone = false;
  void left?.then(() => {
    gone = true;
  });
  await Promise.resolve();
  return gone;
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
