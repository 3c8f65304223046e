import { REGISTRY_MEMORY_MS, REGISTRY_TIMEOUT_MS } from '../contract/limits/registry.ts';
import type { Clock } from '../contract/log.ts';
import { descriptionOf } from './description.ts';
import { isModelId } from './fields.ts';
import type { Item, Items } from './items.ts';
import { modelKey } from './keys.ts';
import { type Kind, MODEL, read, type Unusable } from './kinds.ts';
import { Memory } from './memory.ts';
import type { ModelEntry } from './model.ts';
import type { DescriptionReader, PriceReader } from './reader.ts';
import { within } from './within.ts';

export interface ModelReaderOptions {
  items: Pick<Items, 'batch'>;
  clock: Clock;
  /** Called once per read of the item, not once per use of what is remembered. */
  onUnusable: (unusable: Unusable) => void;
  /** Milliseconds for which what was read is remembered; 0 remembers nothing. */
  memoryMs?: number;
  /** Milliseconds for one question with its retries. */
  timeoutMs?: number;
}

/** What is known of a model id: its entry, that its item is unusable, or that there is none. */
type Known = { is: 'entry'; entry: ModelEntry } | { is: 'unusable' } | { is: 'absent' };

export interface ModelReader extends PriceReader, DescriptionReader {
  /** @param ids that have been checked */
  lookUp(ids: Iterable<string>, signal: AbortSignal): Promise<Map<string, Known>>;
}

/** Models alone, answered from the table; metering asks for nothing else. A failure remembers nothing. */
export function createModelReader({ items, clock, onUnusable, memoryMs, timeoutMs }: ModelReaderOptions): ModelReader {
  const models = new Memory<Known>(clock, memoryMs ?? REGISTRY_MEMORY_MS);
  const bounded = <T>(ask: (signal: AbortSignal) => Promise<T>) =>
    within(timeoutMs ?? REGISTRY_TIMEOUT_MS, 'registry-timeout', ask);

  async function lookUp(ids: Iterable<string>, signal: AbortSignal): Promise<Map<string, Known>> {
    const known = new Map<string, Known>();
    const missing: string[] = [];
    for (const id of ids) {
      const remembered = models.get(id);
      if (remembered === undefined) missing.push(id);
      else known.set(id, remembered);
    }
    const answer = missing.length === 0 ? [] : await items.batch(missing.map(modelKey), signal);
    const found = new Map(answer.map((item) => [item.key.pk, item]));
    for (const id of missing) {
      const item = found.get(modelKey(id).pk);
      const entry = item && usableIn(item, MODEL, onUnusable);
      const now: Known = entry ? { is: 'entry', entry } : { is: item ? 'unusable' : 'absent' };
      known.set(id, now);
      models.set(id, now);
    }
    return known;
  }

  async function ofEach<Told>(ids: readonly string[], told: (entry: ModelEntry) => Told): Promise<Map<string, Told>> {
    const wanted = new Set(ids.filter(isModelId));
    const known = await bounded((signal) => lookUp(wanted, signal));
    return new Map([...known].flatMap(([id, model]) => (model.is === 'entry' ? [[id, told(model.entry)]] : [])));
  }

  return {
    lookUp,
    prices: (ids) =>
      ofEach(ids, ({ id, prices, target, places }) => ({
        id,
        prices,
        target,
        ...(places === undefined ? {} : { places }),
      })),
    descriptions: (ids) => ofEach(ids, descriptionOf),
  };
}

/** @returns undefined for an item that cannot be used, which has been reported by then */
export function usableIn<Entry>(
  item: Item,
  kind: Kind<Entry>,
  onUnusable: (unusable: Unusable) => void,
): Entry | undefined {
  const found = read(item, kind);
  if ('entry' in found) return found.entry;
  onUnusable(found.unusable);
  return undefined;
}
