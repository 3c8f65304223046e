import { createHash } from 'node:crypto';
import { createGunzip, gzipSync } from 'node:zlib';
import { METRICS } from '../../../contract/log.ts';
import type { FinishedUsage, StartedUsage, UsageRecord } from '../../../contract/usage.ts';
import { usageLine } from '../../../metering/emf.ts';
import { linesOf } from '../../../metering/ledger/lines.ts';
import type { UsageStore } from '../../../metering/ledger/store.ts';
import { createPriceBook, type PriceBook } from '../../../metering/price.ts';
import { type AggregationDependencies, createAggregation } from '../../../metering/run/run.ts';
import type { MetricSums } from '../../../metering/run/totals.ts';
import type { PricedModel } from '../../../registry/price.ts';

export const NINE = Date.UTC(2026, 10, 21, 9);

export function started(members: Partial<StartedUsage> = {}): StartedUsage {
  return {
    v: 1,
    phase: 'started',
    invocationId: 'call-1',
    at: NINE,
    requestId: 'request-1',
    tenant: 'acme',
    principal: 'acme-app',
    costCenter: 'cc-1',
    model: 'nova-lite',
    nativeModel: 'amazon.nova-lite-v1:0',
    region: 'us-east-1',
    surface: 'bedrock',
    action: 'invoke',
    ...members,
  };
}

export function finished(members: Partial<FinishedUsage> = {}): FinishedUsage {
  return {
    ...started(),
    outcome: 'ok',
    code: '',
    tokens: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0 },
    estimated: false,
    durationMs: 12,
    firstByteMs: 8,
    ...members,
    phase: 'finished',
  };
}

/** Both lines of a call. */
export function call(members: Partial<FinishedUsage> = {}): [StartedUsage, FinishedUsage] {
  const { outcome, code, tokens, estimated, durationMs, firstByteMs, phase, ...base } = finished(members);
  return [{ ...base, phase: 'started' }, finished(members)];
}

export const PRICES: PricedModel[] = [
  { id: 'nova-lite', prices: [{ version: '2026-01', from: 0, usdPerMillion: { input: '0.06', output: '0.24' } }] },
];

export function book(models: PricedModel[] = PRICES): PriceBook {
  return createPriceBook(models);
}

/** A bucket in memory. `before` may throw, or change the bucket, before an operation takes place. */
export class MemoryStore implements UsageStore {
  readonly objects = new Map<string, Uint8Array>();
  before: (operation: 'list' | 'lines' | 'read' | 'version' | 'put', key: string) => void | Promise<void> = () => {};

  async *list(prefix: string, after = ''): AsyncGenerator<string> {
    await this.before('list', prefix);
    for (const key of [...this.objects.keys()].sort()) if (key.startsWith(prefix) && key > after) yield key;
  }

  async *lines(key: string): AsyncGenerator<Buffer> {
    await this.before('lines', key);
    const bytes = this.objects.get(key);
    if (bytes === undefined) throw new Error(`NoSuchKey ${key}`);
    yield* linesOf(pieces(bytes), createGunzip());
  }

  async read(key: string): Promise<string | null> {
    await this.before('read', key);
    return this.text(key);
  }

  async version(key: string): Promise<string | null> {
    await this.before('version', key);
    return this.#versionOf(key);
  }

  async put(key: string, body: string | Uint8Array, { ifVersion }: { ifVersion?: string | null } = {}) {
    await this.before('put', key);
    if (ifVersion !== undefined && ifVersion !== this.#versionOf(key)) return false;
    this.objects.set(key, Buffer.from(body));
    return true;
  }

  text(key: string): string | null {
    const bytes = this.objects.get(key);
    return bytes === undefined ? null : Buffer.from(bytes).toString('utf8');
  }

  /** Delivers lines as the subscription would. */
  deliver(name: string, records: readonly (UsageRecord | string)[]): void {
    const lines = records.map((record) => `${typeof record === 'string' ? record : usageLine(record)}\n`);
    this.objects.set(`raw/${name}.jsonl.gz`, gzipSync(lines.join('')));
  }

  /** What readers of the bill see: the hours and reports, not the state. */
  results(): Map<string, string> {
    const keys = [...this.objects.keys()].filter((key) => /^(usage|reports)\//.test(key)).sort();
    return new Map(keys.map((key) => [key, Buffer.from(this.objects.get(key) ?? []).toString('base64')]));
  }

  #versionOf(key: string): string | null {
    const bytes = this.objects.get(key);
    return bytes === undefined ? null : createHash('sha256').update(bytes).digest('hex');
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 4_096) yield bytes.subarray(at, at + 4_096);
}

/** An aggregation over a store in memory, at a time that the test sets, with the lines it wrote. */
export function aggregationOver(
  store: UsageStore,
  {
    now = NINE + 3 * 3_600_000,
    prices = PRICES,
    metrics = null as MetricSums | null,
    invocations = null as AggregationDependencies['invocations'],
    counters = null as AggregationDependencies['counters'],
    release = null as AggregationDependencies['release'],
    tellEnds = null as AggregationDependencies['tellEnds'],
    callsPerPass = 1_000,
  } = {},
) {
  const lines: Record<string, unknown>[] = [];
  const clock = { now };
  const dependencies: AggregationDependencies = {
    store,
    prices: {
      prices: async (ids) => new Map(prices.filter(({ id }) => ids.includes(id)).map((model) => [model.id, model])),
    },
    clock: () => clock.now,
    write: (line) => lines.push(JSON.parse(line)),
    metrics,
    invocations,
    counters,
    release,
    tellEnds,
    callsPerPass,
  };
  const failures = () => lines.filter((line) => line[METRICS.aggregationFailed] === 1);
  return { run: createAggregation(dependencies), lines, clock, failures };
}
