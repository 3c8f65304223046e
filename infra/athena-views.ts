import { type Column, money, texts, wholes } from './athena-columns.ts';

/**
 * What a question about the bill is asked of. Standard SQL as far as it goes, so that the tests run the very same text in
 * another engine over rows of a real hour and compare with our own report. Group keys come first and begin with `dt`: a
 * condition on it reaches the partitions, and only those days are read.
 */
export interface View {
  name: string;
  /** What a person reads beside it in the console. */
  means: string;
  /** In the order of the SELECT, with exactly the types that it has: Athena calls a view with others stale. */
  columns: readonly Column[];
  sql: string;
}

/**
 * The report's rule (metering: knownCost): what concerns only calls without a price or an end is unknown, not zero.
 * SUM passes over NULL, so that calls without a price add nothing and are told by `unpriced`.
 */
const known = (column: string) => `CASE WHEN SUM(invocations) > SUM(unpriced) OR SUM(unpriced) + SUM(unsettled) = 0
       THEN COALESCE(SUM(${column}), CAST(0 AS DECIMAL(38, 18))) END`;

const SUMS = [
  'invocations',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cache_write_1h_tokens',
  'images',
  'refused',
  'failed',
  'estimated',
  'unsettled',
  'unpriced',
  'searches',
  'calls',
];

function costBy(name: string, means: string, keys: readonly string[]): View {
  return {
    name,
    means,
    columns: [...texts(...keys), ...wholes(...SUMS), ...money('cost', 'estimated_cost')],
    sql: `SELECT ${keys.join(', ')},
  ${SUMS.map((column) => `SUM(${column}) AS ${column}`).join(',\n  ')},
  ${known('total_cost')} AS cost,
  ${known('estimated_cost')} AS estimated_cost
FROM usage
GROUP BY ${keys.join(', ')}`,
  };
}

const NOTHING = 'CAST(0 AS DECIMAL(38, 18))';
const NONE = 'CAST(0 AS BIGINT)';

/** Every row counts for its day, and once more, as what was before, for the day after. */
const TOP_MOVERS = `SELECT dt, tenant_id, model_id,
  SUM(cost) AS cost,
  SUM(cost_before) AS cost_before,
  SUM(cost) - SUM(cost_before) AS change,
  SUM(invocations) AS invocations,
  SUM(invocations_before) AS invocations_before
FROM (
  SELECT dt, tenant_id, model_id,
    COALESCE(total_cost, ${NOTHING}) AS cost, ${NOTHING} AS cost_before,
    invocations, ${NONE} AS invocations_before
  FROM usage
  UNION ALL
  SELECT CAST(DATE_ADD('day', 1, DATE(dt)) AS VARCHAR) AS dt, tenant_id, model_id,
    ${NOTHING} AS cost, COALESCE(total_cost, ${NOTHING}) AS cost_before,
    ${NONE} AS invocations, invocations AS invocations_before
  FROM usage
) days
WHERE dt <= CAST(CURRENT_DATE AS VARCHAR)
GROUP BY dt, tenant_id, model_id`;

const UNPRICED_KEYS = ['dt', 'model_id', 'region', 'tier', 'tenant_id', 'cost_center'];
const UNPRICED_SUMS = ['unpriced', 'input_tokens', 'output_tokens', 'images', 'searches', 'calls'];

const OUTCOME_KEYS = ['dt', 'tenant_id', 'model_id', 'native_model'];
const STOPPED = ['stop_end', 'stop_length', 'stop_tool', 'stop_refusal', 'stop_filter', 'stop_guardrail', 'stop_other'];
const INTERVENED = ['topic', 'content', 'word', 'sensitive', 'grounding', 'reasoning', 'other'];
const OUTCOMES = [...STOPPED, ...INTERVENED.map((policy) => `guardrail_${policy}`)];
const ANSWERS = `SUM(${STOPPED.join(' + ')})`;
/** Whole: of these no fraction tells anything. */
const mean = (column: string) => `CASE WHEN ${ANSWERS} > 0 THEN SUM(${column}) / ${ANSWERS} END AS mean_${column}`;

export const VIEWS: readonly View[] = [
  costBy('cost_by_day', 'What each day cost and what ran in it', ['dt']),
  costBy('cost_by_tenant', 'What each tenant and cost centre used on each day', ['dt', 'tenant_id', 'cost_center']),
  costBy('cost_by_model', 'What each model cost on each day, by region and tier', ['dt', 'model_id', 'region', 'tier']),
  {
    name: 'top_movers',
    means: 'What each tenant spent on each model, beside the day before; order by the absolute change',
    columns: [
      ...texts('dt', 'tenant_id', 'model_id'),
      ...money('cost', 'cost_before', 'change'),
      ...wholes('invocations', 'invocations_before'),
    ],
    sql: TOP_MOVERS,
  },
  {
    name: 'outcomes',
    means: 'How each model’s answers ended, what guardrails did, and how long answers were and took',
    columns: [...texts(...OUTCOME_KEYS), ...wholes(...OUTCOMES, 'mean_answer_tokens', 'mean_answer_ms')],
    sql: `SELECT ${OUTCOME_KEYS.join(', ')},
  ${OUTCOMES.map((column) => `SUM(${column}) AS ${column}`).join(',\n  ')},
  ${mean('answer_tokens')},
  ${mean('answer_ms')}
FROM usage
GROUP BY ${OUTCOME_KEYS.join(', ')}`,
  },
  {
    name: 'unpriced',
    means: 'Calls that no price could be put on: set one, and run the hours again',
    columns: [...texts(...UNPRICED_KEYS), ...wholes(...UNPRICED_SUMS)],
    sql: `SELECT ${UNPRICED_KEYS.join(', ')},
  ${UNPRICED_SUMS.map((column) => `SUM(${column}) AS ${column}`).join(',\n  ')}
FROM usage
WHERE unpriced > 0
GROUP BY ${UNPRICED_KEYS.join(', ')}`,
  },
];

/** How Athena itself keeps a view in the catalogue: JSON in base64 in a comment, types by the query engine's names. */
export function prestoView({ columns, sql }: View, database: string): string {
  const view = {
    originalSql: sql,
    catalog: 'awsdatacatalog',
    schema: database,
    columns: columns.map(({ name, type }) => ({ name, type: type === 'string' ? 'varchar' : type })),
  };
  return `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`;
}
