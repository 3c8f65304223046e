import { BASELINE_DAYS, MONITORED_ANSWERS, MONITORED_HOURS } from '../../contract/limits/monitor.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import type { UsageStore } from '../ledger/store.ts';
import { noTold, type ToldSums } from '../ledger/told.ts';
import { dayOf, daysBetween, hourOf } from '../window.ts';
import { addTo, answersIn, type Baseline, readBaselines } from './baseline.ts';
import { answersOf, type Measure, measures } from './moved.ts';

/** A version of a model that answered lately, beside what it is compared with. */
export interface Version {
  /** Registry id. */
  model: string;
  nativeModel: string;
  /** Answers of the last MONITORED_HOURS, and those of its baseline. */
  answers: number;
  before: number;
  /** Whose answers the baseline is of, where they are those of the version that it took the place of; '': its own. */
  predecessor: string;
  /** The days that somebody named; absent: the BASELINE_DAYS before. */
  days?: { from: string; to: string };
  measures: Measure[];
}

/**
 * Every version of every model that answered lately. One that has too few answers in the baseline is new, and is compared with the
 * version that has most in it; what answers there later is a baseline of its own.
 *
 * @param now milliseconds since 1970
 * @returns in the order of their names
 * @throws whatever the store throws
 */
export async function readVersions(store: Pick<UsageStore, 'read'>, now: number): Promise<Version[]> {
  const last = hourOf(now);
  const from = last - MONITORED_HOURS;
  const first = from - BASELINE_DAYS * 24;
  const [all, pinned] = await Promise.all([
    answersIn(store, daysBetween(dayOf(first + 1), dayOf(last))),
    readBaselines(store),
  ]);
  return [...Map.groupBy(all, ({ model }) => model)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([model, answers]) => {
      const [lately, before] = [new Map<string, ToldSums>(), new Map<string, ToldSums>()];
      for (const one of answers)
        if (one.hour > from) addTo(lately, one);
        else if (one.hour > first) addTo(before, one);
      return compared(model, lately, pinned.get(model), before);
    });
}

function compared(
  model: string,
  lately: ReadonlyMap<string, ToldSums>,
  pinned: Baseline | undefined,
  before: ReadonlyMap<string, ToldSums>,
): Version[] {
  const baseline = pinned?.versions ?? before;
  const [most = ['', noTold()]] = [...baseline].sort(([, a], [, b]) => answersOf(b) - answersOf(a));
  return [...lately]
    .filter(([, told]) => answersOf(told) > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([nativeModel, told]) => {
      const own = baseline.get(nativeModel) ?? noTold();
      const isNew = answersOf(own) < MONITORED_ANSWERS && answersOf(most[1]) > answersOf(own);
      const [of, sums] = isNew ? most : [nativeModel, own];
      return {
        ...{ model, nativeModel, answers: answersOf(told), before: answersOf(sums) },
        predecessor: of === nativeModel ? '' : of,
        ...(pinned === undefined ? {} : { days: { from: pinned.from, to: pinned.to } }),
        measures: measures(sums, told),
      };
    });
}

/**
 * Tells of every version that answers otherwise than its baseline, for as long as it does. Where none does, there is no line, and no
 * metric that is paid for.
 *
 * @throws whatever the store throws
 */
export async function tellDrift(dependencies: {
  store: Pick<UsageStore, 'read'>;
  clock: Clock;
  write: WriteLine;
}): Promise<void> {
  const { store, clock, write } = dependencies;
  for (const { measures: all, days, ...version } of await readVersions(store, clock())) {
    const moved = all.filter((measure) => measure.moved).map(({ name, was, is }) => ({ name, was, is }));
    if (moved.length === 0) continue;
    const event = { event: 'model-drift', level: 'warn', ...version, ...days, moved } as const;
    write(logLine(clock(), event, { [METRICS.modelDrift]: 1 }));
  }
}
