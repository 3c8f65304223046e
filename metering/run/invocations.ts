import { AWS_COUNT_LATE_MS, AWS_COUNTS_KEPT_MS } from '../../contract/limits/metering.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import type { Target } from '../../contract/model.ts';
import { taskOfName } from '../../contract/task.ts';
import type { PricedModel } from '../../registry/price.ts';
import type { PriceReader } from '../../registry/reader.ts';
import { comparedFrom, comparedKey, hourKey } from '../ledger/layout.ts';
import type { UsageRow } from '../ledger/row.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readUsageCsv } from '../ledger/usage-file.ts';
import { HOUR_MS, type Hour, hourText } from '../window.ts';
import { lastCompleteHour } from './compare.ts';
import { readEach } from './read-each.ts';

/** What AWS's own metrics (namespace AWS/Bedrock) count of a model in a region, whoever of the account called it. */
export interface AwsCounts {
  /** Answered. */
  invocations: number;
  /** Failed, at the caller's or at AWS's end; what was throttled is in neither. */
  errors: number;
}

export interface Invocations {
  /**
   * @param from milliseconds since 1970; @param to not included
   * @returns by model id; one that AWS counted nothing of may be absent
   * @throws whatever the source throws
   */
  counts(
    region: string,
    modelIds: readonly string[],
    from: number,
    to: number,
  ): Promise<ReadonlyMap<string, AwsCounts>>;
}

/** A model's calls of an hour, as both sides have them. */
export interface ModelInvocations extends AwsCounts {
  region: string;
  /** As CloudWatch names it. */
  modelId: string;
  ledger: number;
}

export interface HourInvocations {
  /** As `2026-11-21T09`. */
  hour: string;
  models: ModelInvocations[];
  /** Calls of the ledger that AWS knows nothing of: lines that nobody was called for. */
  unknown: number;
  /** Calls that AWS counted and the ledger has not: lines that are missing, or others of the account. */
  missing: number;
}

export interface InvocationsDependencies {
  store: Pick<UsageStore, 'list' | 'read' | 'put'>;
  prices: PriceReader;
  invocations: Invocations;
  clock: Clock;
  write: WriteLine;
}

/**
 * Compares the ledger's calls of each hour with what AWS's own metrics count, model by model, and keeps the outcome in the
 * bucket. Of hours that are complete it is published, too. AWS counts for the whole account: that it has more may be
 * others' calls, or credentials that were handed out; that the ledger has more is nobody's. What AWS counts shortly after
 * the hour's end, or as failed, speaks for the ledger: a call that began in the hour may have ended there.
 *
 * Never throws: a bill does not wait for its cross-check.
 */
export async function compareInvocations(hours: Iterable<Hour>, dependencies: InvocationsDependencies) {
  const { store, clock, write } = dependencies;
  const all: HourInvocations[] = [];
  for (const hour of hours) {
    if (hour * HOUR_MS < clock() - AWS_COUNTS_KEPT_MS) continue;
    try {
      const rows = readUsageCsv((await store.read(hourKey(hour, 'usage.csv'))) ?? '');
      const compared = await compareHour(hour, rows, dependencies);
      const before = await store.read(comparedKey(hour));
      if (compared === undefined && before === null) continue;
      const { models = [], unknown = 0, missing = 0 } = compared ?? {};
      const outcome = { hour: hourText(hour), models, unknown, missing };
      all.push(outcome);
      if (before !== JSON.stringify(outcome)) await store.put(comparedKey(hour), JSON.stringify(outcome));
      if (hour > lastCompleteHour(clock())) continue;
      const event = { event: 'invocations-compared', ...outcome };
      write(logLine(clock(), event, { [METRICS.unknownToAws]: unknown, [METRICS.missingCalls]: missing }));
    } catch (error) {
      const event = { event: 'invocations-not-compared', level: 'warn', hour: hourText(hour) } as const;
      write(logLine(clock(), { ...event, error: String(error) }));
    }
  }
  return all;
}

async function compareHour(
  hour: Hour,
  rows: readonly UsageRow[],
  { prices, invocations }: InvocationsDependencies,
): Promise<Omit<HourInvocations, 'hour'> | undefined> {
  // What ran in another account, its own metrics count.
  const called = rows.filter((row) => row.invocations > 0 && row.account === undefined);
  if (called.length === 0) return undefined;
  const known = await prices.prices([...new Set(called.map(({ model }) => model))]);
  const ledger = new Map<string, Map<string, number>>();
  for (const { model, region, invocations: count } of called) {
    const modelId = metricId(calledIn(region, known.get(model)));
    if (modelId === undefined) continue;
    const ofRegion = ledger.get(region) ?? new Map<string, number>();
    ledger.set(region, ofRegion.set(modelId, (ofRegion.get(modelId) ?? 0) + count));
  }
  const [from, to] = [hour * HOUR_MS, (hour + 1) * HOUR_MS];
  const models: ModelInvocations[] = [];
  let [unknown, missing] = [0, 0];
  for (const [region, ofRegion] of [...ledger].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ids = [...ofRegion.keys()].sort();
    const within = await invocations.counts(region, ids, from, to);
    const after = await invocations.counts(region, ids, to, to + AWS_COUNT_LATE_MS);
    for (const modelId of ids) {
      const [counted, late] = [within.get(modelId) ?? NONE, after.get(modelId) ?? NONE];
      const mine = ofRegion.get(modelId) ?? 0;
      models.push({ region, modelId, ledger: mine, ...counted });
      unknown += Math.max(0, mine - counted.invocations - counted.errors - late.invocations - late.errors);
      missing += Math.max(0, counted.invocations - mine);
    }
  }
  return { models, unknown, missing };
}

const NONE: AwsCounts = { invocations: 0, errors: 0 };

/** Of two places in one region, and of this account, a row does not say which was called. */
function calledIn(region: string, model: PricedModel | undefined): Target | undefined {
  const { target, places } = model ?? {};
  if (target === undefined) return undefined;
  if (places === undefined) return target;
  const [first, ...others] = places.filter((one) => one.target.region === region && one.role === undefined);
  return others.length === 0 ? first?.target : undefined;
}

/**
 * What the metric's dimension ModelId says: a foundation model's id, or a system-defined profile's. Of anything else that is
 * called by its ARN it is not documented, and of SageMaker there is none: those are not compared. Nor is what the agent runtime calls,
 * which runs a model as often as it likes, or orders documents by Rerank: AWS counts calls of Bedrock's runtime alone
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring.html), and a row does not say by which a ranker was called.
 */
function metricId(target: Target | undefined): string | undefined {
  if (target?.kind !== 'bedrock-model' && target?.kind !== 'bedrock-profile') return undefined;
  const [, id] = /:(?:foundation-model|inference-profile)\/([^/]+)$/.exec(target.arn) ?? [];
  return id !== undefined && taskOfName(id) === 'rerank' ? undefined : id;
}

/** Hours since `from` whose comparison found calls on one side alone, the oldest first. */
export async function differingHours(store: Pick<UsageStore, 'list' | 'read'>, from: Hour): Promise<HourInvocations[]> {
  const { prefix, after } = comparedFrom(from);
  const all = await readEach<HourInvocations>(store, prefix, after);
  return all.filter(({ unknown, missing }) => unknown + missing > 0);
}
