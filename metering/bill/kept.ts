import { RECONCILED_LISTED } from '../../contract/limits/metering.ts';
import { RECONCILED_PREFIX, reconciledKey } from '../ledger/layout.ts';
import type { UsageStore } from '../ledger/store.ts';
import { formatAmount, formatMoney, type Money } from '../money.ts';
import { readEach } from '../run/read-each.ts';
import { type Compared, noteOf } from './difference.ts';
import type { Elsewhere, Reconciled } from './reconcile.ts';

/** What a comparison with AWS's bill found, whole. */
export interface ReconciliationReport extends Reconciled {
  days: readonly string[];
  /** Percent. */
  tolerance: number;
  /** Lines of the bill by what became of them. */
  read: { lines: number; ours: number; elsewhere: number; repeated: number; skipped: Readonly<Record<string, number>> };
  rejected: { count: number; listed: Rejected[] };
  /** What of the ledger is on no bill that was read. */
  otherBills: readonly OtherBill[];
}

/** Calls that ran in an account of which the export has no line. */
export interface OtherBill {
  account: string;
  calls: number;
  /** As far as it is known. */
  usd: Money;
}

export interface Rejected {
  file: string;
  line: number;
  field: string;
  reason: string;
}

/** Exact dollars as text. `difference`: AWS's less ours. */
interface Sides {
  aws: string;
  ours: string;
  difference: string;
}

/** As it is kept in the bucket for who asks later, when the bill's files are not at hand: the sums, and the greatest of what differs. */
export interface KeptReconciliation {
  /** `2026-11-01_2026-11-30` */
  id: string;
  from: string;
  to: string;
  /** When, milliseconds since 1970. */
  at: number;
  tolerance: number;
  read: ReconciliationReport['read'];
  /** Lines of the bill that could not be used. */
  rejected: number;
  measures: { agree: number; differ: number; explained: number };
  usd: Sides;
  /** By tenant, the greatest difference first; `whole`: nothing of ours is unpriced. */
  tenants: (Sides & { tenant: string; whole: boolean })[];
  differing: {
    day: string;
    tenant: string;
    model: string;
    measure: string;
    aws: string | null;
    ours: string | null;
    percent: number | null;
    explained: boolean;
    note: string;
  }[];
  /** On the bill and in no ledger of ours. */
  elsewhere: { direct: string; caller: string; billingName: string; kind: string; usd: string }[];
  otherBills: { account: string; calls: number; usd: string }[];
  unmapped: string[];
  unseen: string[];
  /** How many of each list had no room, beyond RECONCILED_LISTED. */
  left: { tenants: number; differing: number; elsewhere: number };
}

/** @param at when, milliseconds since 1970 */
export function keptOf(report: ReconciliationReport, at: number): KeptReconciliation {
  const { compared, days, tolerance, read, rejected, otherBills, unmapped, unseen } = report;
  const [from = '', to = from] = [days[0], days.at(-1)];
  const differing = compared.filter(({ agrees }) => !agrees).toSorted((a, b) => bySize(b.difference, a.difference));
  const tenants = tenantsOf(compared);
  const elsewhere = report.elsewhere.toSorted((a, b) => bySize(b.cost, a.cost));
  const most = <T>(all: readonly T[]): T[] => all.slice(0, RECONCILED_LISTED);
  const left = (all: readonly unknown[]): number => Math.max(0, all.length - RECONCILED_LISTED);
  return {
    ...{ id: `${from}_${to}`, from, to, at, tolerance, read, rejected: rejected.count },
    measures: {
      agree: compared.length - differing.length,
      differ: differing.length,
      explained: differing.filter(({ explained }) => explained).length,
    },
    usd: sidesOf(tenants),
    tenants: most(tenants).map(({ tenant, whole, ...sides }) => ({ tenant, whole, ...sidesOf([sides]) })),
    differing: most(differing).map(differingOf),
    elsewhere: most(elsewhere).map(elsewhereOf),
    otherBills: most(otherBills).map(({ usd, ...one }) => ({ ...one, usd: formatMoney(usd) })),
    ...{ unmapped: most(unmapped), unseen: most(unseen) },
    left: { tenants: left(tenants), differing: left(differing), elsewhere: left(elsewhere) },
  };
}

/** In the place of what was kept of the same days. @throws whatever the store throws */
export async function keepReconciliation(store: Pick<UsageStore, 'put'>, kept: KeptReconciliation): Promise<void> {
  await store.put(reconciledKey(kept.id), JSON.stringify(kept), { contentType: 'application/json' });
}

/** @returns null: of these days none was kept @throws whatever the store throws */
export async function readReconciliation(
  store: Pick<UsageStore, 'read'>,
  id: string,
): Promise<KeptReconciliation | null> {
  return JSON.parse((await store.read(reconciledKey(id))) ?? 'null') as KeptReconciliation | null;
}

/** Those whose days begin on `since` or later, the latest days first. @throws whatever the store throws */
export async function reconciliationsSince(
  store: Pick<UsageStore, 'list' | 'read'>,
  since: string,
): Promise<KeptReconciliation[]> {
  const all = await readEach<KeptReconciliation>(store, RECONCILED_PREFIX, RECONCILED_PREFIX + since);
  return all.reverse();
}

interface TenantSides {
  tenant: string;
  aws: Money;
  ours: Money;
  whole: boolean;
}

function tenantsOf(compared: readonly Compared[]): TenantSides[] {
  const sums = new Map<string, TenantSides>();
  for (const { tenant, measure, aws, ours } of compared) {
    if (measure !== 'usd') continue;
    const sum = sums.get(tenant) ?? { tenant, aws: 0n, ours: 0n, whole: true };
    sums.set(tenant, {
      tenant,
      aws: sum.aws + (aws ?? 0n),
      ours: sum.ours + (ours ?? 0n),
      whole: sum.whole && ours !== null,
    });
  }
  return [...sums.values()].sort((a, b) => bySize(b.aws - b.ours, a.aws - a.ours));
}

function sidesOf(all: readonly Pick<TenantSides, 'aws' | 'ours'>[]): Sides {
  const sum = (side: 'aws' | 'ours'): Money => all.reduce((total, one) => total + one[side], 0n);
  const [aws, ours] = [sum('aws'), sum('ours')];
  return { aws: formatMoney(aws), ours: formatMoney(ours), difference: formatMoney(aws - ours) };
}

function differingOf(one: Compared): KeptReconciliation['differing'][number] {
  const { day, tenant, model, measure, aws, ours, percent, explained } = one;
  const amount = (of: bigint | null): string | null => (of === null ? null : formatAmount(of, measure));
  return { day, tenant, model, measure, aws: amount(aws), ours: amount(ours), percent, explained, note: noteOf(one) };
}

function elsewhereOf({
  direct,
  principal: caller,
  billingName,
  kind,
  cost,
}: Elsewhere): KeptReconciliation['elsewhere'][number] {
  return { direct, caller, billingName, kind, usd: formatMoney(cost) };
}

/** What is not known is the smallest. */
function bySize(a: bigint | null, b: bigint | null): number {
  const [one, other] = [a === null ? -1n : a < 0n ? -a : a, b === null ? -1n : b < 0n ? -b : b];
  return one < other ? -1 : one > other ? 1 : 0;
}
