import { addCosts, hasUse, knownCost, type RowCost, type UsageRow } from '../ledger/row.ts';
import { addTold, noTold, type ToldSums } from '../ledger/told.ts';
import { addTokens, noTokens, type TokenSums } from '../price.ts';
import { periodOf, type ReportPeriod } from './period.ts';

/** What a report may be grouped by. */
export const DIMENSIONS = ['tenant', 'cost-center', 'principal', 'model', 'region', 'tier', 'account'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** The column of each, as in the hours' objects. */
export const DIMENSION_COLUMNS: Readonly<Record<Dimension, string>> = {
  tenant: 'tenant_id',
  'cost-center': 'cost_center',
  principal: 'principal',
  model: 'model_id',
  region: 'region',
  tier: 'tier',
  account: 'account',
};

/** The member of each, as in a row and in the registry's documents. */
export const DIMENSION_MEMBERS = {
  tenant: 'tenant',
  'cost-center': 'costCenter',
  principal: 'principal',
  model: 'model',
  region: 'region',
  tier: 'tier',
  account: 'account',
} as const satisfies Record<Dimension, keyof UsageRow>;

const COUNTS = ['invocations', 'refused', 'failed', 'estimated', 'unsettled', 'unpriced'] as const;

/** What is added up, of hours' rows or of groups. */
export type Added = Pick<UsageRow, (typeof COUNTS)[number] | 'tokens' | 'cost'> &
  Readonly<Partial<Record<(typeof DIMENSION_MEMBERS)[Dimension], string>>> & { told?: ToldSums };

/** Everything that is alike in the grouping's period and dimensions. */
export interface Group extends Record<(typeof COUNTS)[number], number> {
  /** '' where the grouping is over the whole time. */
  period: string;
  /** In the order of the grouping's dimensions. */
  names: readonly string[];
  tokens: TokenSums;
  /** null: not known, because nothing in the group has a price. */
  cost: RowCost | null;
  /** As TOLD_COLUMNS. */
  told: ToldSums;
}

export interface Grouping {
  by: readonly Dimension[];
  period: ReportPeriod;
}

/**
 * Adds usage rows up by period and dimensions. Costs are exact, and whatever the grouping its groups add up to the same
 * total. A price that is not known adds nothing and is counted in `unpriced`.
 */
export class Groups {
  readonly #grouping: Grouping;
  readonly #groups = new Map<string, Group>();

  constructor(grouping: Grouping) {
    this.#grouping = grouping;
  }

  /** @param day of the rows, as `2026-11-21` */
  add(day: string, rows: Iterable<Added>): void {
    this.#add(periodOf(day, this.#grouping.period), rows);
  }

  /** The same, added up more coarsely. @param grouping of this grouping's dimensions; of its period, or the total */
  by(grouping: Grouping): Groups {
    const groups = new Groups(grouping);
    for (const { period, names, ...sums } of this.#groups.values()) {
      const members = Object.fromEntries(
        this.#grouping.by.map((dimension, i) => [DIMENSION_MEMBERS[dimension], names[i]]),
      );
      groups.#add(grouping.period === 'total' ? '' : period, [{ ...sums, ...members }]);
    }
    return groups;
  }

  #add(period: string, rows: Iterable<Added>): void {
    for (const row of rows) {
      const group = this.#group(period, row);
      for (const count of COUNTS) group[count] += row[count];
      addTokens(group.tokens, row.tokens);
      group.cost = addCosts(group.cost, row.cost);
      if (row.told !== undefined) addTold(group.told, row.told);
    }
  }

  /** How many there are, those that list() leaves out included. */
  get size(): number {
    return this.#groups.size;
  }

  /**
   * Sorted by period and names. A group without use, an unsettled call or an intervention of a guardrail (refusals only) is left
   * out: there is nothing to pay or to ask about.
   */
  list(): Group[] {
    return [...this.#groups]
      .filter(([, group]) => hasUse(group) || group.told.some((count) => count > 0n))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, group]) => ({ ...group, cost: knownCost(group) }));
  }

  #group(period: string, row: Added): Group {
    const names = this.#grouping.by.map((dimension) => row[DIMENSION_MEMBERS[dimension]] ?? '');
    const key = JSON.stringify([period, ...names]);
    const found = this.#groups.get(key);
    if (found) return found;
    const counts = Object.fromEntries(COUNTS.map((count) => [count, 0])) as Record<(typeof COUNTS)[number], number>;
    const group: Group = { period, names, tokens: noTokens(), ...counts, cost: null, told: noTold() };
    this.#groups.set(key, group);
    return group;
  }
}

/** Input and output together; null where it is not known. */
export function totalOf({ cost }: Pick<Group, 'cost'>): bigint | null {
  return cost && cost.input + cost.output;
}
