import type { Place } from '../../contract/model.ts';
import { placesOf } from '../../contract/places.ts';
import { accountOfRole } from '../../contract/spokes.ts';
import { nativeIdOf } from '../../policies/kinds.ts';
import { placeKey } from '../../policies/place.ts';
import { isoMilliseconds } from '../../registry/fields.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { COOLING } from '../budgets/counter-names.ts';
import type { Counters } from '../budgets/counters.ts';
import type { UsageStore } from '../ledger/store.ts';
import { type PlaceAttempts, placeAttempts } from './places.ts';

/** One place of a model, and what its calls have seen of it. */
export interface TargetState {
  target: string;
  region: string;
  /** Another account than the stage's own, where its calls run. */
  account?: string;
  /** null: the model has no such place any more. */
  group: string | null;
  weight: number | null;
  /** cooling: a process has told the others. throttling, failing: so ended the last of its attempts that is in the ledger. */
  state: 'open' | 'cooling' | 'throttling' | 'failing' | 'drained' | 'gone';
  /** ISO 8601; null: nobody has told that it cools. */
  coolingUntil: string | null;
  /** Of the model's attempts, 0 to 1; null: there were none. */
  share: number | null;
  attempts: number;
  answered: number;
  throttled: number;
  failed: number;
  /** Throttled and failed ones, of its attempts, 0 to 1; null: there were none. */
  errorRate: number | null;
  /** Milliseconds, the median; null: nothing has been measured. */
  firstByteMs: number | null;
}

/**
 * @param since milliseconds since 1970, as `now` is: when the first of the calls began
 * @param enough as placeAttempts asks it
 */
export async function targetStates(
  model: ModelEntry,
  {
    store,
    counters,
    since,
    now,
    enough,
  }: {
    store: Pick<UsageStore, 'list' | 'lines'>;
    counters: Pick<Counters, 'counts'>;
    since: number;
    now: number;
    enough?: () => boolean;
  },
): Promise<TargetState[]> {
  const [attempts, { numbers }] = await Promise.all([
    placeAttempts(store, model.id, since, enough),
    counters.counts(COOLING),
  ]);
  const all = attempts.reduce((sum, one) => sum + one.attempts, 0);
  const known = placesOf(model).map((place): TargetState => {
    const { target, group = 'primary', weight = 1 } = place;
    const of = attempts.find((one) => isOf(one, place));
    const until = Number(numbers.get(placeKey(place)) ?? 0);
    const cools = until > now ? isoMilliseconds(until) : null;
    const { role } = place;
    const account = role === undefined ? {} : { account: accountOfRole(role) };
    const at = { target: nativeIdOf(target), region: target.region, ...account, group, weight };
    return { ...at, state: stateOf(place, cools !== null, of), coolingUntil: cools, ...figures(of, all) };
  });
  const gone = attempts.filter((one) => !placesOf(model).some((place) => isOf(one, place)));
  return [
    ...known,
    ...gone.map((one): TargetState => {
      const account = one.account === undefined ? {} : { account: one.account };
      const at = { target: one.nativeModel, region: one.region, ...account, group: null, weight: null };
      // A place of the model in a tenant's own account is not listed in its entry, and there all the same.
      const listed = placesOf(model).some((place) => one.account !== undefined && isThere(one, place));
      const state = listed ? stateOf({}, false, one) : 'gone';
      return { ...at, state, coolingUntil: null, ...figures(one, all) };
    }),
  ];
}

function isOf(one: PlaceAttempts, place: Place): boolean {
  const { role } = place;
  return isThere(one, place) && one.account === (role === undefined ? undefined : accountOfRole(role));
}

function isThere({ region, nativeModel }: PlaceAttempts, { target }: Place): boolean {
  return region === target.region && nativeModel === nativeIdOf(target);
}

function stateOf(
  { drained }: Pick<Place, 'drained'>,
  cools: boolean,
  of: PlaceAttempts | undefined,
): TargetState['state'] {
  if (drained === true) return 'drained';
  if (cools) return 'cooling';
  if (of?.last === 'throttled') return 'throttling';
  return of?.last === 'failed' ? 'failing' : 'open';
}

function figures(of: PlaceAttempts | undefined, all: number) {
  const { attempts = 0, answered = 0, throttled = 0, failed = 0, firstByteMs = null } = of ?? {};
  return {
    share: all === 0 ? null : attempts / all,
    attempts,
    answered,
    throttled,
    failed,
    errorRate: attempts === 0 ? null : (throttled + failed) / attempts,
    firstByteMs,
  };
}
