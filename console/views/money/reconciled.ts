/** What the API tells of `tollgate reconcile`. Amounts are exact decimals of US dollars. */

export interface Sides {
  aws: string;
  ours: string;
  difference: string;
}

/** One comparison of AWS’s bill with the ledger, in sums. */
export interface Reconciled {
  id: string;
  from: string;
  to: string;
  at: string;
  /** Percent. */
  tolerance: number;
  rejected: number;
  read: { lines: number; ours: number; elsewhere: number; repeated: number };
  measures: { agree: number; differ: number; explained: number };
  usd: Sides;
  otherBills: readonly { account: string; calls: number; usd: string }[];
  unmapped: readonly string[];
  unseen: readonly string[];
}

export interface Whole extends Reconciled {
  tenants: readonly (Sides & { tenant: string; whole: boolean })[];
  differing: readonly {
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
  elsewhere: readonly { direct: string; caller: string; billingName: string; kind: string; usd: string }[];
  left: { tenants: number; differing: number; elsewhere: number };
}
