import type { Alert } from '../../contract/alert.ts';
import { ALERT_HOLDERS_MAX, MODEL_END_DAYS } from '../../contract/limits/alerts.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import { isoSeconds } from '../../registry/fields.ts';
import { holdersOf } from '../../registry/holders.ts';
import type { Items } from '../../registry/items.ts';
import { MODEL_SK } from '../../registry/keys.ts';
import { MODEL, read } from '../../registry/kinds.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { endKey } from '../budgets/counter-names.ts';
import type { Counters } from '../budgets/counters.ts';
import type { UsageStore } from '../ledger/store.ts';
import { letterOf } from '../report/letter.ts';
import { recentUse } from '../report/recent.ts';
import { DAY_MS } from '../window.ts';

export interface EndsDependencies {
  items: Pick<Items, 'list' | 'partition'>;
  store: Pick<UsageStore, 'read'>;
  counters: Pick<Counters, 'get' | 'put'>;
  /** @throws whatever keeps it from being told */
  announce(alerts: readonly Alert[]): Promise<void>;
  clock: Clock;
  write: WriteLine;
}

/** Seconds for which it is known past a sunset what was told of it: a run that is late must find it. */
const KEPT_SECONDS = 7 * 86_400;

/**
 * Tells of every model that ends in so many days, once for each of MODEL_END_DAYS. Where runs were missed the nearest is told
 * and those before it are not; a sunset that is moved is told anew. It is marked after it was told: runs at once, or one that is
 * broken off in between, may tell twice, and none tells nothing.
 *
 * @throws what kept the first that failed from being told, after all others were; the next run tells it
 */
export async function tellEnds({ items, store, counters, announce, clock, write }: EndsDependencies): Promise<void> {
  const failures: unknown[] = [];
  for (const item of await items.list(MODEL_SK)) {
    const found = read(item, MODEL);
    const end = 'entry' in found ? endOf(found.entry, clock()) : undefined;
    if (end === undefined) continue;
    const { model, sunsetAt, days, mark } = end;
    const key = endKey(model.id, sunsetAt);
    try {
      // Below zero, so that what is nearer to the end is greater: only that takes the place of a mark.
      const told = (await counters.get(key))?.told;
      if (typeof told === 'number' && told >= -mark) continue;
      const [holders, uses] = await Promise.all([
        holdersOf(items, { model: model.id }),
        recentUse(store, { model: model.id }, { now: clock() }),
      ]);
      // Without its callers: the letter goes further than their names need to.
      const { text } = letterOf({ model, holders, used: { uses, principals: [] } }, { named: ALERT_HOLDERS_MAX });
      const subject = `Tollgate: ${model.id} ends in ${days} ${days === 1 ? 'day' : 'days'}`;
      await announce([{ kind: 'model-end', subject, text }]);
      await counters.put(key, { told: -mark, expiresAt: sunsetAt + KEPT_SECONDS }, 'told');
      const { successor = null } = model.lifecycle;
      const line = { model: model.id, sunsetAt: isoSeconds(sunsetAt), days, mark, successor, holders: holders.length };
      write(logLine(clock(), { event: 'model-end', level: 'warn', ...line }, { [METRICS.modelEnd]: 1 }));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

interface End {
  model: ModelEntry;
  /** Seconds since 1970. */
  sunsetAt: number;
  /** Until then, the last of them begun. */
  days: number;
  /** The one of MODEL_END_DAYS that has come. */
  mark: number;
}

/** @returns undefined where there is nothing to tell: it is not near, it is over, or nobody calls it any more or yet */
function endOf(model: ModelEntry, now: number): End | undefined {
  const { status, sunsetAt } = model.lifecycle;
  if (sunsetAt === undefined || status === 'retired' || status === 'draft') return undefined;
  const left = sunsetAt * 1_000 - now;
  const days = Math.ceil(left / DAY_MS);
  const come = MODEL_END_DAYS.filter((mark) => days <= mark);
  return left <= 0 || come.length === 0 ? undefined : { model, sunsetAt, days, mark: Math.min(...come) };
}
