import { isTollgateError } from '../../contract/errors.ts';
import type { FinishedUsage, Outcome, UsageRecord } from '../../contract/usage.ts';
import { partition, RAW_PREFIX, rawName } from '../ledger/layout.ts';
import { CORRUPT } from '../ledger/lines.ts';
import { recordsWhen } from '../ledger/raw.ts';
import type { UsageStore } from '../ledger/store.ts';
import { hourOf } from '../window.ts';

/** What became of the attempts that went to one place. */
export interface PlaceAttempts {
  /** What AWS calls the model there. */
  nativeModel: string;
  region: string;
  /** Twelve digits, where it is not the stage's own. */
  account?: string;
  /** Those that were sent, also if neither of the next three is to be said of them. */
  attempts: number;
  answered: number;
  throttled: number;
  failed: number;
  /** Milliseconds from call to first byte: the median of calls that were answered at their first attempt; undefined: of none. */
  firstByteMs: number | undefined;
  /** How the attempt went that ended last, of those that say something of the place; undefined: there is none. */
  last: Became | undefined;
}

type Became = 'answered' | 'throttled' | 'failed';

/**
 * The attempts of a model's calls, by place, from the lines as they were delivered: also those that no run has aggregated yet. A line
 * that comes twice counts once.
 *
 * @param since milliseconds since 1970: when the first of the calls began
 * @param enough asked before each object; once it says so, the others are left, of which those delivered first are
 * @throws whatever the store throws
 */
export async function placeAttempts(
  store: Pick<UsageStore, 'lines' | 'list'>,
  model: string,
  since: number,
  enough: () => boolean = () => false,
): Promise<PlaceAttempts[]> {
  const places = new Map<string, Counted>();
  const seen = new Set<string>();
  const take = (record: UsageRecord): void => {
    if (record.model !== model || record.phase !== 'finished' || seen.has(record.invocationId)) return;
    seen.add(record.invocationId);
    // What was refused before it was sent went nowhere; AWS names every answer of its own.
    if (record.outcome === 'refused' && record.awsRequestId === undefined) return;
    const { nativeModel, region, account, at, durationMs, firstByteMs } = record;
    const key = `${region} ${nativeModel} ${account}`;
    const place = places.get(key) ?? unseen({ nativeModel, region, ...(account === undefined ? {} : { account }) });
    places.set(key, place);
    place.attempts++;
    const became = whatBecame(record);
    if (became !== undefined) {
      place[became]++;
      // Of all attempts the call's start is the start.
      if (at + durationMs >= place.lastAt) Object.assign(place, { last: became, lastAt: at + durationMs });
    }
    // Of a later attempt the time is the call's, with those before it.
    if (record.outcome === 'ok' && record.attempt === undefined && firstByteMs >= 0) place.times.push(firstByteMs);
  };
  const keys: string[] = [];
  for await (const key of store.list(RAW_PREFIX, RAW_PREFIX + partition(hourOf(since)))) keys.push(key);
  for (const key of keys.reverse()) {
    const name = rawName(key);
    if (name === undefined) continue;
    if (enough()) break;
    try {
      for await (const records of recordsWhen(store, name, (at) => at >= since)) records.forEach(take);
    } catch (error) {
      // The aggregation names it, and there are others.
      if (!isTollgateError(error) || error.reason !== CORRUPT) throw error;
    }
  }
  return [...places.values()].map(({ times, lastAt: _, ...place }) => ({ ...place, firstByteMs: median(times) }));
}

interface Counted extends Omit<PlaceAttempts, 'firstByteMs'> {
  times: number[];
  lastAt: number;
}

function unseen(where: Pick<Counted, 'nativeModel' | 'region' | 'account'>): Counted {
  const none = { attempts: 0, answered: 0, throttled: 0, failed: 0 };
  return { ...where, ...none, last: undefined, times: [], lastAt: 0 };
}

const BECAME: Partial<Record<Outcome, Became>> = {
  ok: 'answered',
  counted: 'answered',
  throttled: 'throttled',
  failed: 'failed',
  interrupted: 'failed',
  deadline: 'failed',
};

/** Another attempt followed: its place had trouble, or the session had ended, which says nothing of it. */
const RETRIED: Readonly<Record<string, Became>> = {
  upstream_throttled: 'throttled',
  upstream_unavailable: 'failed',
  upstream_failed: 'failed',
  model_failed: 'failed',
  deadline: 'failed',
};

function whatBecame({ outcome, code }: FinishedUsage): Became | undefined {
  return outcome === 'retried' ? RETRIED[code] : BECAME[outcome];
}

function median(times: number[]): number | undefined {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
