import { LATE_HOURS, LINE_AGE_MAX_MS, LINE_AHEAD_MAX_MS } from '../../contract/limits/metering.ts';
import { PURPOSES } from '../../contract/model.ts';
import {
  BILLABLE,
  GUARDRAIL_POLICIES,
  OUTCOMES,
  REQUIRED_KINDS,
  STOPS,
  SURFACES,
  TIERS,
  TOKEN_KINDS,
  type TokenKind,
} from '../../contract/usage.ts';
import { POLICY_LIST } from '../ledger/told.ts';
import { TOKEN_COLUMNS } from '../ledger/usage-file.ts';
import { AT_MAX } from '../parse.ts';
import { dayOf, HOUR_MS, type Hour } from '../window.ts';
import { atMost, ID_COLUMNS, list, TOKENS, text, whole } from './sql.ts';

const WHOLE = "'^(0|[1-9][0-9]{0,15})$'";

/** The hour that a line was delivered in, by its partition (layout.ts: deliveryHour). */
const DELIVERED = "(DATE_DIFF('day', DATE('1970-01-01'), DATE(dt)) * 24 + hour)";

/** Every member as text, NULL where it is absent, and whether the line can be used. */
export function lines(first: Hour, last: Hour): string {
  const member = (path: string) => `json_extract_scalar(line, '$.usage.${path}')`;
  const counted = (column: string) =>
    `(REGEXP_LIKE(${column}, ${WHOLE}) AND ${whole(column)} <= ${Number.MAX_SAFE_INTEGER})`;
  return `  SELECT *, CASE WHEN v = '1' AND phase IN ('started', 'finished')
      AND invocation_id <> '' AND tenant_id <> '' AND principal <> '' AND request_id IS NOT NULL
      AND cost_center IS NOT NULL AND model_id IS NOT NULL AND native_model IS NOT NULL AND region IS NOT NULL
      AND surface IN (${list(SURFACES)}) AND action IN (${list(PURPOSES)})
      AND ${counted('at_ms')} AND ${whole('at_ms')} <= ${AT_MAX} AND attempt <> '0' AND ${counted('attempt')}
      AND ${whole('at_ms')} >= ${DELIVERED} * ${HOUR_MS} - ${LINE_AGE_MAX_MS}
      AND ${whole('at_ms')} < (${DELIVERED} + 1) * ${HOUR_MS} + ${LINE_AHEAD_MAX_MS}
      AND (phase = 'started' OR (outcome IN (${list(OUTCOMES)}) AND code IS NOT NULL
        AND estimated IN ('true', 'false') AND tier IN (${list(TIERS)})
        AND (stop IS NULL OR stop IN (${list(STOPS)}))
        AND (guardrail IS NULL OR REGEXP_LIKE(guardrail, ${text(POLICY_LIST)}))
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
      COALESCE(${member('priceRegion')}, ${member('region')}) AS price_region,
      COALESCE(${member('priceModel')}, ${member('model')}) AS price_model,
      COALESCE(${member('account')}, '') AS account,
      ${member('surface')} AS surface, ${member('action')} AS action,
      ${member('outcome')} AS outcome, ${member('code')} AS code, ${member('estimated')} AS estimated,
      COALESCE(${member('tier')}, 'on-demand') AS tier,
      ${member('stop')} AS stop, ${member('guardrail')} AS guardrail, ${member('durationMs')} AS duration_ms,
      ${TOKEN_KINDS.map((kind) => `${orNone(kind, member(`tokens.${kind}`))} AS ${TOKEN_COLUMNS[kind]}`).join(',\n      ')}
    FROM raw_lines
    WHERE dt BETWEEN ${text(dayOf(first))} AND ${text(dayOf(last + LATE_HOURS))} AND line <> ''
  ) members`;
}

/** The kinds that every record names must be there; the others are left out where there are none. */
function orNone(kind: TokenKind, member: string): string {
  return (REQUIRED_KINDS as readonly string[]).includes(kind) ? member : `COALESCE(${member}, '0')`;
}

/** Whether a policy is in the list that a line has. */
export const hasPolicy = (policy: string): string =>
  `(',' || COALESCE(guardrail, '') || ',') LIKE ${text(`%,${policy},%`)}`;

/** told.ts: toldCode, toldMs. */
const TOLD = [
  `CASE stop ${STOPS.map((name, i) => `WHEN ${text(name)} THEN ${(i + 1) << GUARDRAIL_POLICIES.length}`).join(' ')} ELSE 0 END`,
  ...GUARDRAIL_POLICIES.map((policy, i) => `CASE WHEN ${hasPolicy(policy)} THEN ${1 << i} ELSE 0 END`),
].join(' + ');
const DURATION = atMost(
  "CASE WHEN phase = 'finished' AND REGEXP_LIKE(duration_ms, '^[0-9]{1,15}$') THEN TRY_CAST(duration_ms AS BIGINT) ELSE 0 END",
);

/** One line of a call: the finished one before the started one, and of two that contradict each other the greater one. */
export function calls(first: Hour, last: Hour): string {
  const greater = [
    ...TOKENS.map((column) => `${whole(column)} DESC`),
    `CASE outcome ${OUTCOMES.map((name, i) => `WHEN ${text(name)} THEN ${i}`).join(' ')} END DESC`,
    'estimated DESC',
    `${whole('at_ms')} DESC`,
    ...[...ID_COLUMNS, 'tier', 'account', 'native_model', 'price_region', 'price_model'].map(
      (column) => `${column} DESC`,
    ),
    `${TOLD} DESC`,
    `${DURATION} DESC`,
  ];
  const used = TOKENS.map((column) => `COALESCE(${whole(column)}, 0)`);
  return `  SELECT invocation_id, ${ID_COLUMNS.join(', ')}, tier, account, native_model, price_region, price_model, estimated,
    CASE WHEN phase = 'finished' THEN stop END AS stop, CASE WHEN phase = 'finished' THEN guardrail END AS guardrail,
    ${DURATION} AS answer_ms,
    CASE WHEN phase = 'finished' THEN outcome END AS outcome,
    ${whole('at_ms')} AS began, ${whole('at_ms')} / ${HOUR_MS} AS hour_number,
    CASE WHEN phase = 'finished' AND (outcome IN (${list([...BILLABLE])})
      OR (outcome = 'retried' AND ${used.join(' + ')} > 0)) THEN 1 ELSE 0 END AS ran,
    ${TOKENS.map((column, index) => `${used[index]} AS ${column}`).join(',\n    ')}
  FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY invocation_id ORDER BY phase, ${greater.join(', ')}) AS line_choice
    FROM lines WHERE usable = 1
  ) chosen
  WHERE line_choice = 1 AND ${whole('at_ms')} >= ${first * HOUR_MS} AND ${whole('at_ms')} < ${(last + 1) * HOUR_MS}`;
}
