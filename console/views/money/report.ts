import type { Days } from '../../days.ts';

/** What the API tells of the ledger. Amounts are exact decimals of US dollars. */

export interface Sums {
  tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
  invocations: number;
  /** null: nothing of it is priced. */
  cost: { input: string; output: string; total: string; estimated: string } | null;
  unsettled: number;
  unpriced: number;
  estimated: number;
}

/** What a report can be added up by, by its parameter. */
export const DIMENSIONS = {
  tenant: { member: 'tenant', head: 'Tenant' },
  'cost-center': { member: 'costCenter', head: 'Cost centre' },
  model: { member: 'model', head: 'Model' },
  principal: { member: 'principal', head: 'Principal' },
  region: { member: 'region', head: 'Region' },
  tier: { member: 'tier', head: 'Tier' },
  account: { member: 'account', head: 'Account' },
} as const;

export type Dimension = keyof typeof DIMENSIONS;
export type Member = (typeof DIMENSIONS)[Dimension]['member'];

export type Names = Readonly<Partial<Record<Member, string>>>;
export type Row = Sums & Names & { period?: string };

export interface Report {
  from: string;
  to: string;
  /** Everything that was delivered before is in it; null: nothing was aggregated yet. */
  asOf: string | null;
  items: readonly Row[];
  /** Those that had no room. */
  others?: Sums & { rows: number };
  /** null: nothing was used. */
  total: Sums | null;
}

/** By period: of the costliest names a row for each; and periods and names by themselves. */
export interface Parted extends Report {
  periods: readonly Row[];
  names: Pick<Report, 'items' | 'others'>;
}

export interface Mover extends Names {
  before: string;
  now: string;
  change: string;
}

export interface Movers {
  before: Days;
  total: { before: string | null; now: string | null };
  items: readonly Mover[];
}

/** Whose money it is about. */
export interface Asked extends Days {
  tenant?: string;
  model?: string;
  label?: string;
}
