import type { RowCost, UsageRow } from '../../../metering/ledger/row.ts';
import { noTold } from '../../../metering/ledger/told.ts';
import { type Cost, noTokens, type TokenSums } from '../../../metering/price.ts';

type Members = Partial<Omit<UsageRow, 'tokens' | 'cost'>> & {
  tokens?: Partial<TokenSums>;
  /** Of which nothing is estimated unless said. */
  cost?: (Cost & Partial<RowCost>) | null;
};

/** A row of the ledger: one call of acme. */
export function usageRow({ tokens, cost = { input: 0n, output: 0n }, ...members }: Members = {}): UsageRow {
  return {
    tenant: 'acme',
    principal: 'acme-app',
    costCenter: 'cc-1',
    model: 'nova-lite',
    region: 'us-east-1',
    tier: 'on-demand',
    priceVersion: '2026-01',
    tokens: { ...noTokens(), ...tokens },
    invocations: 1,
    counted: 0,
    refused: 0,
    failed: 0,
    retried: 0,
    estimated: 0,
    unsettled: 0,
    unpriced: 0,
    nativeModel: 'amazon.nova-lite-v1:0',
    told: noTold(),
    ...members,
    cost: cost && { estimated: 0n, ...cost },
  };
}
