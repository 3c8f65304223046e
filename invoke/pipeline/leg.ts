import { TollgateError } from '../../contract/errors.ts';
import { regionOf } from '../../contract/guardrails.ts';
import type { AllowedModel, Place } from '../../contract/model.ts';
import { at, placesOf } from '../../contract/places.ts';
import type { Tier } from '../../contract/usage.ts';
import type { Sold } from '../../metering/budgets/cost.ts';
import { ofExecution } from '../../policies/kinds/bedrock-flow.ts';
import type { Runtime } from '../../policies/kinds/kind.ts';
import { runtimeOf } from '../../policies/kinds.ts';
import { type Call, isResource, type ProviderRequest } from '../call.ts';
import { moved, restrict } from '../grants/restrict.ts';
import type { Provider } from '../providers/provider.ts';
import type { Route } from '../routing/router.ts';
import { askedTier, soldIn } from '../usage/tier.ts';
import type { Chosen } from './choose.ts';
import type { Routes } from './ways.ts';

/** A call on its way to one model, which may be in several places. */
export interface Leg {
  readonly model: AllowedModel;
  /** Under its grant, and not yet under any budget. */
  readonly request: ProviderRequest;
  readonly provider: Provider;
  readonly tier: Tier;
  /** Every place that may come to answer it, where the model has several. */
  readonly sold: readonly Sold[] | undefined;
  readonly route: Route | undefined;
  /** Milliseconds to the first byte of an attempt, where the model says so. */
  readonly firstByteMs: number | undefined;
  /** What was changed in the call, as headers for its caller. */
  readonly changes: Record<string, string>;
  /** Where a guardrail is applied by itself: in its own region. */
  readonly first: Place | undefined;
  /** The request as it goes there: each region has a guardrail of its own. */
  moved(request: ProviderRequest, there: AllowedModel, tell: Call['tell']): ProviderRequest;
  /** The model in one of its places, and the entry of which its session is to be. */
  there(place: Place | undefined): { model: AllowedModel; under: AllowedModel };
}

export interface LegOptions {
  providers: Readonly<Partial<Record<Runtime, Provider>>>;
  /** What brings a call under its grant. Replaced only by a test that shows IAM refusing a call that it did not. */
  restrict?: typeof restrict;
  /** Where calls go of a model that has several places; loaded when it is first asked for. */
  routes: () => Promise<Routes>;
  deadlines: { firstByteMs: number };
}

/**
 * Nothing is reserved, assumed or sent.
 *
 * @param grant the entry that the tenant holds of it
 * @throws TollgateError `invalid_request` when the body cannot be brought under the grant; `upstream_unavailable` where no place is open
 */
export async function legOf(
  call: Call,
  { model, request: asked }: Chosen,
  grant: AllowedModel,
  told: Readonly<Record<string, string>>,
  options: LegOptions,
): Promise<Leg> {
  const changes = { ...told };
  const { restrict: restricted = restrict, deadlines } = options;
  const request = restricted(asked, model, (change) => Object.assign(changes, change));
  // A model of the agent runtime is called by that, too.
  const runtime = isResource(request.operation) ? 'bedrock-agent-runtime' : runtimeOf(model.target);
  const provider = options.providers[runtime];
  if (provider === undefined) throw new TollgateError('invalid_request', { reason: 'no-provider' });
  const routes = isRouted(model) && call.action !== 'guard' ? await options.routes() : undefined;
  const ways = routes?.ways(model, call.action);
  const tier = askedTier(request, model.target);
  return {
    ...{ model, request, provider, tier, changes },
    sold: ways?.places.map((place) => soldThere(place, tier)),
    route: ways && routes?.route(ways, call, model, request),
    firstByteMs: ways && Math.min(deadlines.firstByteMs, ways.routing.attemptSeconds * 1000),
    first: model.places?.find(({ target }) => request.guardrail && target.region === regionOf(request.guardrail)),
    moved: (one, there, tell) => (model.places === undefined ? one : moved(one, model, there, tell)),
    there(place) {
      const there = place === undefined ? model : at(model, place);
      // Were the decision wrong, the session would still be one of an entry that the tenant holds.
      const under = grant === model ? there : at(grant, placesOf(grant)[0] ?? { target: grant.target });
      const { execution } = call;
      if (execution === undefined) return { model: there, under };
      const { tenant } = call.caller;
      return { model: ofExecution(there, tenant, execution), under: ofExecution(under, tenant, execution) };
    },
  };
}

/** One of one place goes there, and is asked once. */
function isRouted({ places, routing }: AllowedModel): boolean {
  return places !== undefined || routing !== undefined;
}

function soldThere({ target, priceRegion: region = target.region }: Place, tier: Tier): Sold {
  return { region, tier: soldIn(target, tier) };
}
