import type { Budget } from '../../contract/budget.ts';
import type { Key } from '../../registry/items.ts';
import { type Window, windowOf } from '../calendar.ts';
import { hasUse, type RowCost, type UsageRow } from '../ledger/row.ts';
import type { Money } from '../money.ts';
import type { Change } from './change.ts';
import { billedTokens } from './cost.ts';
import {
  type CounterName,
  correctedAttribute,
  counterName,
  parseAttribute,
  principalCounters,
  tenantCounters,
  totalAttribute,
} from './counter-names.ts';
import type { Counts } from './counters.ts';
import { countedOf, epochOf } from './quota.ts';

/** A counter of a budget, and what the ledger says that it is to have settled. */
export interface Due {
  key: Key;
  name: CounterName;
  amount: bigint;
}

/** Adds up what a budget counts of a tenant's rows, in the window that is open at `at`. No I/O. */
export class DueOf {
  readonly window: Window;
  readonly #tenant: string;
  readonly #budget: Budget;
  readonly #due = new Map<string, Due>();

  constructor(tenant: string, budget: Budget, at: number) {
    this.#tenant = tenant;
    this.#budget = budget;
    this.window = windowOf(budget.period, at);
    if (budget.per === 'tenant') this.#counter('', '');
  }

  /** @param rows of a day of the window */
  add(rows: Iterable<UsageRow>): void {
    const { per, only, unit } = this.#budget;
    for (const row of rows) {
      if (row.tenant !== this.#tenant || !hasUse(row)) continue;
      if (only !== undefined && only !== (per === 'principal' ? row.principal : row.model)) continue;
      this.#counter(row.principal, row.model).amount += amountOf(row, unit);
    }
  }

  /** @param counts the items of the tenant: a counter that the ledger knows nothing of is due nothing */
  list(items: readonly { key: Key; counts: Counts }[]): Due[] {
    const { id, unit, per } = this.#budget;
    for (const { key, counts } of items)
      for (const attribute of counts.numbers.keys()) {
        const parsed = parseAttribute(attribute);
        if (parsed?.kind !== 'total') continue;
        const { name } = parsed;
        const scope = key.sk.startsWith('PRINCIPAL#') ? 'principal' : name.model === undefined ? 'tenant' : 'model';
        if (name.budget === id && name.unit === unit && name.window === this.window.name && scope === per)
          this.#found({ key, name, amount: 0n });
      }
    return [...this.#due].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, due]) => due);
  }

  #counter(principal: string, model: string): Due {
    const { per } = this.#budget;
    return this.#found({
      key: per === 'principal' ? principalCounters(this.#tenant, principal) : tenantCounters(this.#tenant),
      name: counterName(this.#budget, this.window, per === 'model' ? model : undefined),
      amount: 0n,
    });
  }

  #found(due: Due): Due {
    const id = JSON.stringify([due.key.sk, totalAttribute(due.name)]);
    const found = this.#due.get(id) ?? due;
    this.#due.set(id, found);
    return found;
  }
}

/** Of a row's use what its budgets count. An hour of bought capacity costs the same whoever calls: no budget counts it. */
function amountOf({ tokens, invocations, cost, tier }: UsageRow, unit: Budget['unit']): bigint {
  if (unit === 'requests') return BigInt(invocations);
  if (unit === 'tokens') return billedTokens(tokens);
  return tier === 'provisioned' ? 0n : totalOf(cost);
}

function totalOf(cost: RowCost | null): bigint {
  return cost === null ? 0n : cost.input + cost.output;
}

/**
 * Sets what a counter has settled, leaving what calls in flight have reserved; on the condition that no call reserved or
 * settled meanwhile.
 *
 * @param corrections by day: by how much the ledger's cost differs from what was counted, so that it is not corrected twice
 * @returns undefined when the counter is that already
 */
export function resetting(
  { key, name, amount }: Due,
  { numbers, ...sets }: Counts,
  corrections: ReadonlyMap<string, Money>,
  now: number,
): { change: Change; before: bigint } | undefined {
  const { total, reserved } = countedOf(name, { numbers, ...sets });
  const before = total - reserved;
  const add = new Map<string, bigint>();
  const equal = new Map<string, bigint | undefined>();
  const attribute = totalAttribute(name);
  const opened = `|${attribute.slice(2)}`;
  equal.set(attribute, numbers.get(attribute));
  for (const [open, held] of numbers) if (open.startsWith('o|') && open.endsWith(opened)) equal.set(open, held);
  if (amount !== before) add.set(attribute, amount - before);
  for (const [day, correction] of corrections) {
    const note = correctedAttribute(day, name);
    const noted = numbers.get(note);
    if (correction === (noted ?? 0n)) continue;
    add.set(note, correction - (noted ?? 0n));
    equal.set(note, noted);
  }
  // A call that began to reserve just now is in the epoch of now.
  const current = `o|${epochOf(now)}${opened}`;
  if (!equal.has(current)) equal.set(current, numbers.get(current));
  return add.size === 0 ? undefined : { change: { key, add, equal }, before };
}
