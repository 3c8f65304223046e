import { UNSETTLED_LISTED } from '../../contract/limits/metering.ts';
import type { StartedUsage } from '../../contract/usage.ts';
import { writeCsv } from '../csv.ts';

const COLUMNS = [
  'started_at',
  'invocation_id',
  'request_id',
  'tenant_id',
  'principal',
  'cost_center',
  'model_id',
  'region',
  'surface',
  'action',
] as const;

/**
 * Gathers calls that began and of which no end was seen, for a person to look into. Bounded: it keeps the earliest
 * UNSETTLED_LISTED, each once, whatever the order they come in. The count on the bill is exact all the same.
 */
export class UnsettledList {
  #lines = new Map<string, readonly string[]>();

  add(record: StartedUsage): void {
    const texts = [
      new Date(record.at).toISOString(),
      record.invocationId,
      record.requestId,
      record.tenant,
      record.principal,
      record.costCenter,
      record.model,
      record.region,
      record.surface,
      record.action,
    ];
    const other = this.#lines.get(record.invocationId);
    if (other === undefined || compare(texts, other) > 0) this.#lines.set(record.invocationId, texts);
    if (this.#lines.size >= 2 * UNSETTLED_LISTED) this.#prune();
  }

  /** @returns the list, earliest first */
  csv(): string {
    this.#prune();
    return writeCsv(
      COLUMNS,
      [...this.#lines.values()].map((texts) => texts.map((text) => ({ text }))),
    );
  }

  #prune(): void {
    const sorted = [...this.#lines].sort(([, a], [, b]) => compare(a, b));
    this.#lines = new Map(sorted.slice(0, UNSETTLED_LISTED));
  }
}

function compare(a: readonly string[], b: readonly string[]): number {
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}
