import { type Clock, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import { targetsOf } from '../contract/places.ts';
import type { ModelEntry } from '../registry/model.ts';
import { propose } from '../registry/sync/propose.ts';
import type { Unread } from './read.ts';

/** What the registry and AWS do not agree on. Of a thing that is new, only how many there are: it harms nobody. */
export interface Drift {
  kind: 'drift';
  /** Registry ids of models that end, or whose profile runs them elsewhere. */
  changed: string[];
  /** Those of them whose calls may run in regions that the entry does not name. */
  widened: string[];
  findings: { model: string; target: string; region: string; reason: string; detail: string }[];
  new: number;
  unread: readonly Unread[];
}

export interface DriftOptions {
  models: () => Promise<{ entries: readonly ModelEntry[] }>;
  read: (
    regions: readonly string[],
    entries: readonly ModelEntry[],
  ) => ReturnType<typeof import('./read.ts').readCatalog>;
  /** The stage's own region, which is looked at beside those of its models. */
  region: string;
  clock: Clock;
  write: WriteLine;
}

/** Compares, and tells: a line of the log, and a metric to be alarmed by. It changes nothing. */
export async function tellDrift({ models, read, region, clock, write }: DriftOptions): Promise<Drift> {
  const { entries } = await models();
  const called = entries.flatMap((entry) => targetsOf(entry).map((target) => target.region));
  const { catalog, unread } = await read([...new Set([region, ...called])], entries);
  const { drafts, edits, findings } = propose(catalog, entries);
  const drift: Drift = {
    kind: 'drift',
    changed: edits.map(({ entry }) => entry.id),
    widened: edits.filter(({ widens }) => widens.length > 0).map(({ entry }) => entry.id),
    findings,
    new: drafts.length,
    unread,
  };
  const count = drift.changed.length + findings.length;
  const level = count + unread.length > 0 ? 'warn' : 'info';
  write(logLine(clock(), { event: 'drift', level, ...drift }, { [METRICS.registryDrift]: count }));
  return drift;
}
