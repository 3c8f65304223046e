import type { BudgetUnit } from '../../contract/budget.ts';
import type { UsageBase } from '../../contract/usage.ts';
import type { Standing } from '../../metering/budgets/verdict.ts';
import { MONEY_SCALE } from '../../metering/money.ts';

/**
 * What a caller is told of its budgets.
 *
 * `RateLimit-Policy` and `RateLimit`, one item for each budget, as in draft-ietf-httpapi-ratelimit-headers-10: names are
 * Strings, numbers Integers, of at most 15 digits (RFC 9651). A quota's unit `qu` is `requests` unless it is said. The
 * registry that the draft founds has none for tokens, money or credentials, so those are ours: `tokens`, `credentials`, and
 * `microdollars`, which are rounded down.
 *
 * `x-ratelimit-*` as OpenAI's (https://platform.openai.com/docs/guides/rate-limits), of the minute with least left.
 *
 * `anthropic-ratelimit-*` for callers who speak Anthropic's format (https://platform.claude.com/docs/en/api/rate-limits), of whatever
 * window has least left, because they say when it ends.
 *
 * `x-tollgate-budget-warning: ID; used=104; unit=percent` (of its limit) for each soft budget that is used beyond its limit.
 */
export function budgetHeaders(
  standings: readonly Standing[],
  now: number,
  surface?: UsageBase['surface'],
): Record<string, string> {
  if (standings.length === 0) return {};
  const seconds = (until: number): number => Math.max(0, Math.ceil((until - now) / 1000));
  const policy = standings.map(({ budget, limit, from, until }) => {
    const unit = QUOTA_UNIT[budget.unit];
    return `"${budget.id}";q=${shown(budget.unit, limit)}${unit === '' ? '' : `;qu="${unit}"`};w=${(until - from) / 1000}`;
  });
  const left = standings.map(
    (one) => `"${one.budget.id}";r=${shown(one.budget.unit, leftOf(one))};t=${seconds(one.until)}`,
  );
  const warnings = standings
    .filter(({ budget, total, limit }) => budget.enforcement === 'soft' && total > limit)
    .map(
      ({ budget, total, limit }) => `${budget.id}; used=${limit === 0n ? 100n : (total * 100n) / limit}; unit=percent`,
    );
  const headers: Record<string, string> = {
    'ratelimit-policy': policy.join(', '),
    ratelimit: left.join(', '),
    ...(warnings.length === 0 ? {} : { 'x-tollgate-budget-warning': warnings.join(', ') }),
  };
  for (const unit of ['requests', 'tokens'] as const) {
    const ofUnit = standings.filter(({ budget }) => budget.unit === unit);
    if (surface === 'anthropic') Object.assign(headers, anthropicLimit(unit, leastOf(ofUnit)));
    const least = leastOf(ofUnit.filter(({ budget }) => budget.period === 'minute'));
    if (least === undefined) continue;
    headers[`x-ratelimit-limit-${unit}`] = String(least.limit);
    headers[`x-ratelimit-remaining-${unit}`] = String(leftOf(least));
    headers[`x-ratelimit-reset-${unit}`] = `${seconds(least.until)}s`;
  }
  return headers;
}

function leastOf(standings: readonly Standing[]): Standing | undefined {
  return [...standings].sort((a, b) => (leftOf(a) < leftOf(b) ? -1 : 1))[0];
}

function anthropicLimit(unit: string, least: Standing | undefined): Record<string, string> {
  if (least === undefined) return {};
  const name = `anthropic-ratelimit-${unit}`;
  return {
    [`${name}-limit`]: String(least.limit),
    [`${name}-remaining`]: String(leftOf(least)),
    [`${name}-reset`]: `${new Date(least.until).toISOString().slice(0, 19)}Z`,
  };
}

const QUOTA_UNIT: Record<BudgetUnit, string> = {
  requests: '',
  tokens: 'tokens',
  credentials: 'credentials',
  usd: 'microdollars',
};

/** A limit has up to 15 digits, of dollars nine before the point: what is left of it fits, too. */
function shown(unit: BudgetUnit, amount: bigint): bigint {
  return unit === 'usd' ? amount / 10n ** BigInt(MONEY_SCALE - 6) : amount;
}

function leftOf({ limit, total }: Standing): bigint {
  return total < limit ? limit - total : 0n;
}
