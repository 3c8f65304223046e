import { TollgateError } from '../contract/errors.ts';
import { LATE_HOURS } from '../contract/limits.ts';
import { ACTIONS } from '../contract/model.ts';
import { BILLABLE, OUTCOMES, TIERS, TOKEN_KINDS, type TokenKind } from '../contract/usage.ts';
import { type PricedModel, type PriceVersion, RATE_KINDS } from '../registry/price.ts';
import { MONEY_SCALE, PRICE_SCALE, parseDecimal } from './money.ts';
import { AT_MAX, SURFACES } from './parse.ts';
import { dayOf, HOUR_MS, type Hour, parseDay, parseHour } from './window.ts';

/**
 * The aggregation as one statement of Athena, for volumes that outgrow one function: raw lines in, the rows of
 * `usage.parquet` out. It takes a line, a call and a price as calls.ts, aggregate.ts and price.ts do, and the tests run
 * its SELECT beside them. What it leaves to them: it divides no hour of bought capacity (tier provisioned), whose cost
 * stays unknown here, and it looks at no text's length, nor for kinds of tokens that it does not know.
 */
export interface Reaggregation {
  /** Days of UTC, `2026-11-21`, both included; at most UNLOAD_DAYS_MAX. */
  from: string;
  to: string;
  /** Every model that may have been called. */
  prices: readonly PricedModel[];
}

/** Partitions that one UNLOAD may write (https://docs.aws.amazon.com/athena/latest/ug/unload.html). */
export const UNLOAD_DAYS_MAX = 100;

/** Bytes of one statement (https://docs.aws.amazon.com/athena/latest/ug/service-limits.html). */
const STATEMENT_MAX_BYTES = 262_144;

const COLUMN_OF: Record<TokenKind, string> = {
  input: 'input_tokens',
  output: 'output_tokens',
  cacheRead: 'cache_read_tokens',
  cacheWrite: 'cache_write_tokens',
  cacheWrite1h: 'cache_write_1h_tokens',
  reasoning: 'reasoning_tokens',
  images: 'images',
  embeddings: 'embeddings',
};

/** Kinds that are paid for, and the columns of their rates, in dollars for one. */
const RATES = [...RATE_KINDS, 'images' as const].map((kind) => ({
  kind,
  tokens: COLUMN_OF[kind],
  rate: `${COLUMN_OF[kind]}_usd`,
}));

/**
 * @param folder `s3://bucket/prefix/`, which must be empty
 * @throws TollgateError `invalid_request` for days that are none, too many or in the wrong order; `too_large` when there
 *   are more prices than one statement can hold
 */
export function unloadStatement(wanted: Reaggregation, folder: string): string {
  const statement = `UNLOAD (
${reaggregation(wanted)}
)
TO ${text(folder)}
WITH (format = 'PARQUET', compression = 'SNAPPY', partitioned_by = ARRAY['dt'])`;
  if (Buffer.byteLength(statement) > STATEMENT_MAX_BYTES)
    throw new TollgateError('too_large', {
      reason: 'statement-too-long',
      message: 'The prices do not fit a statement.',
    });
  return statement;
}

/** @returns the SELECT within, whose columns are those of usage.parquet and then `dt` */
export function reaggregation({ from, to, prices }: Reaggregation): string {
  const first = parseHour(`${parseDay(from, 'from')}T00`);
  const last = parseHour(`${parseDay(to, 'to')}T23`);
  if (last < first || last - first >= UNLOAD_DAYS_MAX * 24)
    throw new TollgateError('invalid_request', {
      field: 'to',
      reason: 'bad-period',
      message: `to must be from 0 to ${UNLOAD_DAYS_MAX - 1} days after from.`,
    });
  return `WITH ${[
    `lines AS (\n${lines(first, last)}\n)`,
    `calls AS (\n${calls(first, last)}\n)`,
    `listed (${PRICE_COLUMNS.join(', ')}) AS (\n  VALUES ${priceRows(prices, (last + 1) * HOUR_MS).join(',\n    ')}\n)`,
    `prices AS (\n${PRICES}\n)`,
    `sold AS (\n${SOLD}\n)`,
    `priced AS (\n${PRICED}\n)`,
    `totals AS (\n${TOTALS}\n)`,
  ].join(',\n')}
${ROWS}`;
}

/** Lines that cannot be used: what the quarantine holds, from the same test of a line. */
export function quarantined(from: string, to: string): string {
  const [first, last] = [parseHour(`${parseDay(from, 'from')}T00`), parseHour(`${parseDay(to, 'to')}T23`)];
  return `WITH lines AS (\n${lines(first, last)}\n)\nSELECT dt, hour, line FROM lines WHERE usable = 0`;
}

const WHOLE = "'^(0|[1-9][0-9]{0,15})$'";
const TOKENS = TOKEN_KINDS.map((kind) => COLUMN_OF[kind]);
const ID_COLUMNS = ['tenant_id', 'principal', 'cost_center', 'model_id', 'region'];

/** Every member as text, NULL where it is absent, and whether the line can be used. */
function lines(first: Hour, last: Hour): string {
  const member = (path: string) => `json_extract_scalar(line, '$.usage.${path}')`;
  const counted = (column: string) =>
    `(REGEXP_LIKE(${column}, ${WHOLE}) AND ${whole(column)} <= ${Number.MAX_SAFE_INTEGER})`;
  return `  SELECT *, CASE WHEN v = '1' AND phase IN ('started', 'finished')
      AND invocation_id <> '' AND tenant_id <> '' AND principal <> '' AND request_id IS NOT NULL
      AND cost_center IS NOT NULL AND model_id IS NOT NULL AND native_model IS NOT NULL AND region IS NOT NULL
      AND surface IN (${list(SURFACES)}) AND action IN (${list(ACTIONS)})
      AND ${counted('at_ms')} AND ${whole('at_ms')} <= ${AT_MAX} AND attempt <> '0' AND ${counted('attempt')}
      AND (phase = 'started' OR (outcome IN (${list(OUTCOMES)}) AND code IS NOT NULL
        AND estimated IN ('true', 'false') AND tier IN (${list(TIERS)})
        AND ${TOKENS.map(counted).join('\n        AND ')}))
    THEN 1 ELSE 0 END AS usable
  FROM (
    SELECT dt, hour, line,
      ${member('v')} AS v, ${member('phase')} AS phase,
      ${member('invocationId')} AS invocation_id, ${member('requestId')} AS request_id,
      ${member('at')} AS at_ms, COALESCE(${member('attempt')}, '1') AS attempt,
      ${member('tenant')} AS tenant_id, ${member('principal')} AS principal,
      ${member('costCenter')} AS cost_center, ${member('model')} AS model_id,
      ${member('nativeModel')} AS native_model, ${member('region')} AS region,
      ${member('surface')} AS surface, ${member('action')} AS action,
      ${member('outcome')} AS outcome, ${member('code')} AS code, ${member('estimated')} AS estimated,
      COALESCE(${member('tier')}, 'on-demand') AS tier,
      ${TOKEN_KINDS.map((kind) => `${orNone(kind, member(`tokens.${kind}`))} AS ${COLUMN_OF[kind]}`).join(',\n      ')}
    FROM raw_lines
    WHERE dt BETWEEN ${text(dayOf(first))} AND ${text(dayOf(last + LATE_HOURS))} AND line <> ''
  ) members`;
}

/** The four kinds that every record has must be there; the others are left out where there are none. */
function orNone(kind: TokenKind, member: string): string {
  return ['input', 'output', 'cacheRead', 'cacheWrite'].includes(kind) ? member : `COALESCE(${member}, '0')`;
}

/** One line of a call: the finished one before the started one, and of two that contradict each other the greater one. */
function calls(first: Hour, last: Hour): string {
  const greater = [
    ...TOKENS.map((column) => `${whole(column)} DESC`),
    `CASE outcome ${OUTCOMES.map((name, i) => `WHEN ${text(name)} THEN ${i}`).join(' ')} END DESC`,
    'estimated DESC',
    `${whole('at_ms')} DESC`,
    ...[...ID_COLUMNS, 'tier'].map((column) => `${column} DESC`),
  ];
  return `  SELECT invocation_id, ${ID_COLUMNS.join(', ')}, tier, estimated,
    CASE WHEN phase = 'finished' THEN outcome END AS outcome,
    ${whole('at_ms')} AS began, ${whole('at_ms')} / ${HOUR_MS} AS hour_number,
    CASE WHEN phase = 'finished' AND outcome IN (${list([...BILLABLE])}) THEN 1 ELSE 0 END AS ran,
    ${TOKENS.map((column) => `COALESCE(${whole(column)}, 0) AS ${column}`).join(',\n    ')}
  FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY invocation_id ORDER BY phase, ${greater.join(', ')}) AS line_choice
    FROM lines WHERE usable = 1
  ) chosen
  WHERE line_choice = 1 AND ${whole('at_ms')} >= ${first * HOUR_MS} AND ${whole('at_ms')} < ${(last + 1) * HOUR_MS}`;
}

const PRICE_COLUMNS = ['model_id', 'tier', 'region', 'price_version', 'valid_from', ...RATES.map(({ rate }) => rate)];

const PRICES = `  SELECT model_id, tier, region, price_version, valid_from,
    ${RATES.map(({ rate }) => `CAST(${rate} AS DECIMAL(27, ${MONEY_SCALE})) AS ${rate}`).join(',\n    ')}
  FROM listed`;

/**
 * The price in force: the region's own before every region's, then the latest. Bought capacity has one price an hour,
 * that of its last moment.
 */
const SOLD = `  SELECT * FROM (
    SELECT c.*, p.price_version, ${RATES.map(({ rate }) => `p.${rate}`).join(', ')},
      ROW_NUMBER() OVER (
        PARTITION BY c.invocation_id ORDER BY CASE WHEN p.region <> '' THEN 0 ELSE 1 END, p.valid_from DESC
      ) AS price_choice
    FROM calls c LEFT JOIN prices p
      ON p.model_id = c.model_id AND p.tier = c.tier AND (p.region = c.region OR p.region = '')
      AND p.valid_from <= CASE WHEN c.tier = 'provisioned' THEN (c.hour_number + 1) * ${HOUR_MS} - 1 ELSE c.began END
  ) offered
  WHERE price_choice = 1`;

/** A call that used a kind for which its price has no rate has no price. */
const PRICED = `  SELECT *,
    CASE WHEN price_version IS NULL THEN ''
      WHEN ran = 1 AND tier <> 'provisioned' AND (${RATES.map(({ tokens, rate }) => `(${tokens} > 0 AND ${rate} IS NULL)`).join(' OR ')})
      THEN '' ELSE price_version END AS paid
  FROM sold`;

const cost = (kinds: readonly string[]) =>
  RATES.filter(({ kind }) => kinds.includes(kind))
    .map(({ tokens, rate }) => `${tokens} * COALESCE(${rate}, ${ZERO})`)
    .join(' + ');
const ZERO = `CAST('0' AS DECIMAL(27, ${MONEY_SCALE}))`;
const OUTPUT_KINDS = ['output', 'images'];
const INPUT_KINDS = RATES.map(({ kind }) => kind).filter((kind) => !OUTPUT_KINDS.includes(kind));

const GROUP = ['hour_number', ...ID_COLUMNS, 'tier', 'paid'].join(', ');
const count = (condition: string) => `SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END)`;
const REFUSED = ['refused', 'denied'];
const FAILED = OUTCOMES.filter((name) => !BILLABLE.has(name) && ![...REFUSED, 'counted', 'retried'].includes(name));

const TOTALS = `  SELECT ${GROUP},
    ${TOKENS.map((column) => `SUM(ran * ${column}) AS ${column}`).join(',\n    ')},
    SUM(ran) AS invocations,
    ${count("outcome = 'counted'")} AS counted,
    ${count(`outcome IN (${list(REFUSED)})`)} AS refused,
    ${count(`outcome IN (${list(FAILED)})`)} AS failed,
    ${count("ran = 1 AND estimated = 'true'")} AS estimated,
    ${count('outcome IS NULL')} AS unsettled,
    ${count("ran = 1 AND paid = ''")} AS unpriced,
    ${count("outcome = 'retried'")} AS retried,
    SUM(CASE WHEN ran = 1 AND paid <> '' THEN ${cost(INPUT_KINDS)} ELSE ${ZERO} END) AS input_usd,
    SUM(CASE WHEN ran = 1 AND paid <> '' THEN ${cost(OUTPUT_KINDS)} ELSE ${ZERO} END) AS output_usd
  FROM priced
  GROUP BY ${GROUP}`;

/** hasCost of aggregate.ts; and capacity that was used is divided elsewhere. */
const KNOWN = "(invocations > unpriced OR unpriced + unsettled = 0) AND (tier <> 'provisioned' OR invocations = 0)";
const HOUR_START = 'CAST(FROM_UNIXTIME(hour_number * 3600) AS TIMESTAMP)';

const ROWS = `SELECT ${HOUR_START} AS hour_start,
  ${ID_COLUMNS.join(', ')}, paid AS price_version,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
  invocations, counted, refused, failed, estimated, unsettled, unpriced,
  CASE WHEN ${KNOWN} THEN input_usd END AS input_cost,
  CASE WHEN ${KNOWN} THEN output_usd END AS output_cost,
  CASE WHEN ${KNOWN} THEN input_usd + output_usd END AS total_cost,
  tier, cache_write_1h_tokens, reasoning_tokens, images, embeddings, retried,
  SUBSTR(CAST(${HOUR_START} AS VARCHAR), 1, 10) AS dt
FROM totals`;

/** @param until later versions are left out */
function priceRows(models: readonly PricedModel[], until: number): string[] {
  const rows = models.flatMap(({ id, prices }) =>
    prices.filter(({ from }) => from < until).map((price) => `(${priceRow(id, price).join(', ')})`),
  );
  // VALUES cannot be empty; no call has a model of this name.
  return rows.length > 0 ? rows : [`(${priceRow('', { version: '', from: 0 }).join(', ')})`];
}

function priceRow(model: string, { version, from, region = '', tier = 'on-demand', ...rates }: PriceVersion): string[] {
  const usd = RATES.map(({ kind }) =>
    kind === 'images' ? decimal(rates.usdPerImage, 0) : decimal(rates.usdPerMillion?.[kind], 6),
  );
  const usable = usd.every((rate) => rate !== undefined);
  return [
    ...[model, tier, region].map(text),
    // A version that cannot be computed with still takes the place of the one before it: its calls are unpriced.
    usable ? text(version) : 'CAST(NULL AS VARCHAR)',
    String(from),
    ...usd.map((rate) => (rate == null ? 'CAST(NULL AS VARCHAR)' : text(rate))),
  ];
}

/** @returns dollars for one of `10^shift`, with all decimals; null: no rate; undefined: not a price */
function decimal(rate: string | undefined, shift: number): string | null | undefined {
  if (rate === undefined) return null;
  const units = parseDecimal(rate, PRICE_SCALE);
  if (units === undefined) return undefined;
  const digits = units.toString().padStart(PRICE_SCALE + shift + 1, '0');
  return `${digits.slice(0, -(PRICE_SCALE + shift))}.${digits.slice(-(PRICE_SCALE + shift))}`;
}

/** Not CAST: a line that cannot be used must not stop the statement, in whatever order its parts are computed. */
function whole(column: string): string {
  return `TRY_CAST(${column} AS BIGINT)`;
}

function list(names: readonly unknown[]): string {
  return names.map((name) => text(String(name))).join(', ');
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
