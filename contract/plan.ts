/** Calendar periods of a usage plan's quota, UTC; a week begins on Monday. */
export const QUOTA_PERIODS = ['day', 'week', 'month'] as const;
export type QuotaPeriod = (typeof QUOTA_PERIODS)[number];

export interface Quota {
  limit: number;
  period: QuotaPeriod;
}

/** The same as API Gateway has it. */
export function quotaSettings({ limit, period }: Quota) {
  // Of a week, the day that it begins with: 1 is Monday, as for budgets. API Gateway's reference now calls it requests taken off
  // the first period, which would cost one request, once.
  return { limit, period: PERIODS[period], offset: period === 'week' ? 1 : 0 };
}

const PERIODS = { day: 'DAY', week: 'WEEK', month: 'MONTH' } as const satisfies Record<QuotaPeriod, string>;
