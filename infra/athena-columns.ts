/** Columns as the Glue catalogue names their types. */
export interface Column {
  name: string;
  type: 'string' | 'bigint' | 'timestamp' | 'int' | 'decimal(38,18)';
}

const as =
  (type: Column['type']) =>
  (...names: string[]): Column[] =>
    names.map((name) => ({ name, type }));
export const texts = as('string');
export const wholes = as('bigint');
export const money = as('decimal(38,18)');

/** The columns of an hour's Parquet, as metering writes them; a test reads them out of such an object and compares. */
export const USAGE_COLUMNS: readonly Column[] = [
  { name: 'hour_start', type: 'timestamp' },
  ...texts('tenant_id', 'principal', 'cost_center', 'model_id', 'region', 'price_version'),
  ...wholes('input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'),
  ...wholes('invocations', 'counted', 'refused', 'failed', 'estimated', 'unsettled', 'unpriced'),
  ...money('input_cost', 'output_cost', 'total_cost'),
  ...texts('tier'),
  ...wholes('cache_write_1h_tokens', 'reasoning_tokens', 'images', 'embeddings', 'retried'),
  ...money('estimated_cost'),
  ...wholes('searches'),
  ...texts('account'),
  ...wholes('calls'),
  ...texts('native_model'),
  ...wholes('stop_end', 'stop_length', 'stop_tool', 'stop_refusal', 'stop_filter', 'stop_guardrail', 'stop_other'),
  ...wholes('guardrail_topic', 'guardrail_content', 'guardrail_word', 'guardrail_sensitive'),
  ...wholes('guardrail_grounding', 'guardrail_reasoning', 'guardrail_other'),
  ...wholes('answer_tokens', 'answer_tokens_squared', 'answer_ms', 'answer_ms_squared'),
];

/** A raw line whole: a SerDe for JSON would pass over what is no JSON, and nobody would hear of it. */
export const RAW_COLUMNS: readonly Column[] = texts('line');

/** The folders of both tables, in UTC. */
export const PARTITIONS: readonly Column[] = [
  { name: 'dt', type: 'string' },
  { name: 'hour', type: 'int' },
];
