import { TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import type { Clock } from '../../contract/log.ts';
import type { AllowedModel, Place, Purpose } from '../../contract/model.ts';
import { placesOf } from '../../contract/places.ts';
import { type Routing, routingOf } from '../../contract/routing.ts';
import { pathIdOf } from '../../policies/kinds.ts';
import { isOpen } from '../../policies/place.ts';
import { caches } from '../budgets/demand.ts';
import type { Call, ProviderRequest } from '../call.ts';
import { createRouter, type Route, type Router, type RouterOptions } from '../routing/router.ts';
import { jsonOf } from '../usage/json.ts';

/** Where the calls of a model of several places may go. */
export interface Ways {
  readonly routing: Routing;
  /** Those that are open; one at least. */
  readonly places: readonly Place[];
}

export interface Routes {
  /** @throws TollgateError `upstream_unavailable` where every place that the grant leaves is closed */
  ways(model: AllowedModel, action: Purpose): Ways;
  /** The way of one call through them. */
  route(ways: Ways, call: Call, model: AllowedModel, request: ProviderRequest): Route;
}

export interface RoutesOptions extends RouterOptions {
  clock: Clock;
  /** What routing is where a model does not say. */
  stage: Partial<Routing>;
}

/** Loaded with the first call of a model that has several places. */
export function createRoutes({ stage, ...options }: RoutesOptions): Routes {
  const router: Router = createRouter(options);
  // Worked out once for each model as it was read from the registry.
  const known = new WeakMap<AllowedModel, Partial<Record<Purpose, Ways>>>();

  return {
    ways(model, action) {
      const ofModel = known.get(model) ?? {};
      known.set(model, ofModel);
      ofModel[action] ??= waysOf(model, action, routingOf(model.routing, stage));
      if (ofModel[action].places.length > 0) return ofModel[action];
      throw new TollgateError('upstream_unavailable', { reason: 'no-place', retryAfterSeconds: RETRY_AFTER_SECONDS });
    },
    route({ places, routing }, call, { id }, { body }) {
      const { tenant, principal } = call.caller;
      const spreads = places.length > 1 && routing.distribution !== 'first';
      // A cache is where its prompt was written: elsewhere it would be written, and paid for, once more.
      const { cacheKey = '' } = call;
      const cached = spreads && (cacheKey !== '' || caches(body, () => jsonOf(body)));
      const affinity = cached ? [tenant, principal, id, cacheKey].join('\n') : undefined;
      return router.route(places, routing, { affinity, waitUntil: (rest) => call.waitUntil(rest) });
    },
  };
}

function waysOf(model: AllowedModel, action: Purpose, routing: Routing): Ways {
  const open = placesOf(model).filter((place) => isOpen(place, routing));
  const able = open.filter(({ target }) => action === 'guard' || pathIdOf(target, action) !== undefined);
  // Where none has the action, the refusal says so.
  return { routing, places: able.length > 0 ? able : open };
}
