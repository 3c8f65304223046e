import { TollgateError } from '../../contract/errors.ts';
import { answersKey, BASELINES_KEY } from '../ledger/layout.ts';
import { replace } from '../ledger/replace.ts';
import type { UsageStore } from '../ledger/store.ts';
import { addTold, noTold, TOLD_COLUMNS, type ToldSums } from '../ledger/told.ts';
import { type Answers, readAnswers } from './answers.ts';

/** What a model's answers are compared with in place of those of the days before: days that somebody named. */
export interface Baseline {
  /** As `2026-11-21`, both included. */
  from: string;
  to: string;
  /** By what AWS calls each version that answered in them. */
  versions: ReadonlyMap<string, ToldSums>;
}

/** As they are written: by model, a list of sums for each version, so that no run reads the days again. */
type Written = Record<string, { from: string; to: string; versions: Record<string, Record<string, string>> }>;

/** By registry id. @throws whatever the store throws; SyntaxError when the object is not ours */
export async function readBaselines(store: Pick<UsageStore, 'read'>): Promise<Map<string, Baseline>> {
  const written = JSON.parse((await store.read(BASELINES_KEY)) ?? '{}') as Written;
  return new Map(
    Object.entries(written).map(([model, { from, to, versions }]) => {
      const sums = Object.entries(versions).map(([native, told]): [string, ToldSums] => [
        native,
        TOLD_COLUMNS.map((name) => BigInt(told[name] ?? '0')),
      ]);
      return [model, { from, to, versions: new Map(sums) }];
    }),
  );
}

/**
 * Sets what a model is compared with.
 *
 * @param baseline undefined: the days before the one that is compared, as of any model
 * @throws TollgateError `conflict` when others edit all the time
 */
export async function setBaseline(store: UsageStore, model: string, baseline: Baseline | undefined): Promise<void> {
  await replace(store, [BASELINES_KEY], async () => {
    const all = await readBaselines(store);
    if (baseline === undefined) all.delete(model);
    else all.set(model, baseline);
    return [{ key: BASELINES_KEY, contentType: 'application/json', body: JSON.stringify(written(all)) }];
  });
}

function written(all: ReadonlyMap<string, Baseline>): Written {
  return Object.fromEntries(
    [...all].map(([model, { from, to, versions }]) => {
      const sums = [...versions].map(([native, told]) => [
        native,
        Object.fromEntries(TOLD_COLUMNS.map((name, i) => [name, String(told[i] ?? 0n)])),
      ]);
      return [model, { from, to, versions: Object.fromEntries(sums) }];
    }),
  );
}

/**
 * @param days one after the other
 * @throws TollgateError `invalid_request` when the model told of no answer in them
 */
export async function baselineOf(
  store: Pick<UsageStore, 'read'>,
  model: string,
  days: readonly string[],
): Promise<Baseline> {
  const [from = '', to = from] = [days[0], days.at(-1)];
  const versions = new Map<string, ToldSums>();
  for (const one of await answersIn(store, days)) if (one.model === model) addTo(versions, one);
  if (versions.size === 0)
    throw new TollgateError('invalid_request', {
      field: '--from',
      reason: 'no-answers',
      message: `${model} told of no answer from ${from} to ${to}: there is nothing to compare with.`,
    });
  return { from, to, versions };
}

/** Of some days, as far as they were written. @throws whatever the store throws */
export async function answersIn(store: Pick<UsageStore, 'read'>, days: readonly string[]): Promise<Answers[]> {
  const found = await Promise.all(days.map((day) => store.read(answersKey(day))));
  return found.flatMap((csv) => (csv === null ? [] : readAnswers(csv)));
}

export function addTo(versions: Map<string, ToldSums>, { nativeModel, told }: Answers): void {
  const sums = versions.get(nativeModel) ?? noTold();
  versions.set(nativeModel, sums);
  addTold(sums, told);
}
