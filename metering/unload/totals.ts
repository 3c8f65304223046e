import { BILLABLE, GUARDRAIL_POLICIES, OUTCOMES, STOPS } from '../../contract/usage.ts';
import { TOLD_COLUMNS } from '../ledger/told.ts';
import { hasPolicy } from './lines.ts';
import { atMost, dollars, ID_COLUMNS, list, RATES, TOKENS } from './sql.ts';

/** What a row is about. */
const KEYS = ['hour_number', ...ID_COLUMNS, 'tier', 'account', 'native_model', 'paid'];
const ZERO = dollars("'0'");
const OUTPUT_KINDS = ['output', 'images'];

const count = (condition: string) => `SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
const REFUSED = ['refused', 'denied'];
const FAILED = OUTCOMES.filter((name) => !BILLABLE.has(name) && ![...REFUSED, 'counted', 'retried'].includes(name));

/** told.ts: addCall. */
const ANSWERED = "ran = 1 AND outcome <> 'retried' AND stop IS NOT NULL";
const OUTPUT_TOKENS = atMost('output_tokens');
const TOLD = [
  ...STOPS.map((name) => count(`${ANSWERED} AND stop = '${name}'`)),
  ...GUARDRAIL_POLICIES.map((policy) => count(hasPolicy(policy))),
  ...[OUTPUT_TOKENS, 'answer_ms'].flatMap((sum) =>
    [sum, `(${sum}) * (${sum})`].map((of) => `SUM(CASE WHEN ${ANSWERED} THEN ${of} ELSE 0 END)`),
  ),
];

export const TOTALS = `  SELECT ${KEYS.join(', ')},
    ${TOKENS.map((column) => `SUM(ran * ${column}) AS ${column}`).join(',\n    ')},
    ${count("ran = 1 AND outcome <> 'retried'")} AS invocations,
    ${count("outcome = 'counted'")} AS counted,
    ${count(`outcome IN (${list(REFUSED)})`)} AS refused,
    ${count(`outcome IN (${list(FAILED)})`)} AS failed,
    ${count("ran = 1 AND outcome <> 'retried' AND estimated = 'true'")} AS estimated,
    ${count('outcome IS NULL')} AS unsettled,
    ${count("ran = 1 AND paid = ''")} AS unpriced,
    ${count("outcome = 'retried'")} AS retried,
    ${TOLD.map((sum, i) => `${sum} AS ${TOLD_COLUMNS[i]}`).join(',\n    ')},
    MAX(hour_units) AS hour_units,
    ${costOf((kind) => !OUTPUT_KINDS.includes(kind))} AS input_usd,
    ${costOf((kind) => OUTPUT_KINDS.includes(kind))} AS output_usd,
    ${costOf(() => true, "ran = 1 AND estimated = 'true'")} AS estimated_usd
  FROM priced
  GROUP BY ${KEYS.join(', ')}`;

/** By the token; an hour of capacity is divided afterwards. */
function costOf(wanted: (kind: string) => boolean, calls = 'ran = 1'): string {
  const sum = RATES.filter(({ kind }) => wanted(kind))
    .map(({ tokens, rate }) => `${tokens} * COALESCE(${rate}, ${ZERO})`)
    .join(' + ');
  return `SUM(CASE WHEN ${calls} AND paid <> '' AND tier <> 'provisioned' THEN ${sum} ELSE ${ZERO} END)`;
}

const CAPACITY = 'PARTITION BY hour_number, model_id, region, account, paid';
/** provisioned.ts: tokens of a cache are input. */
const CAPACITY_INPUT = '(input_tokens + cache_read_tokens + cache_write_tokens + cache_write_1h_tokens)';

/** Rows that share an hour of capacity, each as two parts: of its input and of its output; calls where there are no tokens. */
export const PARTS = `  SELECT ${KEYS.join(', ')}, part, hour_units, weight, SUM(weight) OVER (${CAPACITY}) AS weights
  FROM (
    SELECT *, CASE WHEN all_tokens > 0 THEN ${CAPACITY_INPUT} ELSE invocations END AS weight, 0 AS part FROM sharers
    UNION ALL
    SELECT *, CASE WHEN all_tokens > 0 THEN output_tokens ELSE 0 END AS weight, 1 AS part FROM sharers
  ) weighed`;

export const SHARERS = `  SELECT *, SUM(${CAPACITY_INPUT} + output_tokens) OVER (${CAPACITY}) AS all_tokens
  FROM totals WHERE tier = 'provisioned' AND paid <> ''
    AND (invocations > 0 OR ${CAPACITY_INPUT} + output_tokens > 0)`;

/** By largest remainder, of equal ones the earlier (money.ts: divide). The division is of whole numbers and leaves none. */
export const DIVIDED = `  SELECT *, hour_units - SUM(share) OVER (${CAPACITY}) AS leftover,
    ROW_NUMBER() OVER (${CAPACITY} ORDER BY remainder DESC, tenant_id, principal, cost_center, native_model, part) AS turn
  FROM (
    SELECT *, hour_units * weight % weights AS remainder,
      (hour_units * weight - hour_units * weight % weights) / weights AS share
    FROM parts
  ) shares`;

export const CAPACITIES = `  SELECT ${KEYS.map((key) => `${key} AS of_${key}`).join(', ')},
    SUM(CASE WHEN part = 0 THEN share + CASE WHEN turn <= leftover THEN 1 ELSE 0 END ELSE 0 END) AS input_units,
    SUM(CASE WHEN part = 1 THEN share + CASE WHEN turn <= leftover THEN 1 ELSE 0 END ELSE 0 END) AS output_units
  FROM divided
  GROUP BY ${KEYS.join(', ')}`;

/** knownCost of row.ts. */
const KNOWN = 'invocations > unpriced OR unpriced + unsettled = 0';
const HOUR_START = 'CAST(FROM_UNIXTIME(hour_number * 3600) AS TIMESTAMP)';
const UNIT = dollars("'0.000000000000000001'");
const INPUT = `(input_usd + COALESCE(input_units, 0) * ${UNIT})`;
const OUTPUT = `(output_usd + COALESCE(output_units, 0) * ${UNIT})`;

export const ROWS = `SELECT ${HOUR_START} AS hour_start,
  ${ID_COLUMNS.join(', ')}, paid AS price_version,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  invocations, counted, refused, failed, estimated, unsettled, unpriced,
  CASE WHEN ${KNOWN} THEN ${INPUT} END AS input_cost,
  CASE WHEN ${KNOWN} THEN ${OUTPUT} END AS output_cost,
  CASE WHEN ${KNOWN} THEN ${INPUT} + ${OUTPUT} END AS total_cost,
  tier, cache_write_1h_tokens, reasoning_tokens, images, embeddings, retried,
  CASE WHEN ${KNOWN} THEN estimated_usd END AS estimated_cost,
  searches, account, calls, native_model,
  ${TOLD_COLUMNS.join(', ')},
  SUBSTR(CAST(${HOUR_START} AS VARCHAR), 1, 10) AS dt
FROM totals LEFT JOIN capacities
  ON ${KEYS.map((key) => `of_${key} = ${key}`).join(' AND ')}`;
