import type { RateKind } from '../../registry/price.ts';
import { tokenKindOf, tokensIn } from '../../registry/prices/import/aws-usage.ts';
import { MONEY_SCALE, type Money, PRICE_SCALE } from '../money.ts';
import { DAY_MS } from '../window.ts';
import { isTagColumn, sessionTags } from './cur-tags.ts';

/**
 * A line of AWS's bill, as Data Exports writes it (CUR 2.0,
 * https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html), columns as text: a number in plain or
 * scientific notation, a moment as ISO 8601, a map as JSON. '' where there is none.
 */
export type CurRecord = Readonly<Record<string, string>>;

/** What of a line is read; the first are needed, of the others what is there. */
export const CUR_NEEDED = [
  'line_item_usage_start_date',
  'line_item_usage_type',
  'line_item_usage_amount',
  'line_item_unblended_cost',
  'line_item_iam_principal',
] as const;
const CUR_OPTIONAL = [
  'identity_line_item_id',
  'identity_time_interval',
  'line_item_usage_end_date',
  'line_item_line_item_type',
  'line_item_product_code',
  'line_item_resource_id',
  'line_item_currency_code',
  'pricing_unit',
  'product',
  'product_name',
  'product_product_name',
  'product_servicecode',
] as const;

/** What is paid for apart; `other`: what is not counted in tokens or images, e.g. a guardrail or an hour of capacity. */
const CUR_KINDS = ['input', 'output', 'cache_read', 'cache_write', 'images', 'other'] as const;
export type CurKind = (typeof CUR_KINDS)[number];

export interface CurLine {
  /** UTC, as `2026-11-21`: of the line's beginning. */
  day: string;
  /** The caller's ARN; '' when the line names none. */
  principal: string;
  /** Tags of the caller's session, where the export has them and they are active as cost allocation tags. */
  tenantTag: string;
  costCenterTag: string;
  /** What was called, as an ARN; '' where the export has no resources. */
  resource: string;
  /** What the usage type calls the model, e.g. `Claude4.5Sonnet`: a name of billing's own. */
  billingName: string;
  kind: CurKind;
  /** Tokens or images, whole; null where the line's unit is neither. */
  quantity: bigint | null;
  cost: Money;
}

export interface CurRejection {
  field: string;
  reason: 'missing' | 'not-a-date' | 'over-a-day' | 'not-a-number' | 'negative' | 'not-usd' | 'not-json' | 'too-large';
}

/** `skipped`: what else is on the bill: another service, or no usage (tax, credit, fee ...), which is named. */
export type CurRead =
  | { line: CurLine; rejection?: never; skipped?: never }
  | { rejection: CurRejection; line?: never; skipped?: never }
  | { skipped: string; line?: never; rejection?: never };

// The service, and the two under which models of others are sold.
const BEDROCK: ReadonlySet<string> = new Set([
  'AmazonBedrock',
  'AmazonBedrockService',
  'AmazonBedrockFoundationModels',
]);
const USAGE: ReadonlySet<string> = new Set(['', 'Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage']);

/** A line of the bill, strictly: what it says is taken as it is, or refused by the field at fault. */
export function readCurLine(record: CurRecord): CurRead {
  const text = (column: string): string => record[column]?.trim() ?? '';
  const principal = text('line_item_iam_principal');
  // Only of Bedrock's lines does AWS say who called, whatever their product code.
  if (
    ![text('line_item_product_code'), text('product_servicecode')].some((code) => BEDROCK.has(code)) &&
    principal === ''
  )
    return { skipped: OTHER_SERVICE };
  const type = text('line_item_line_item_type');
  if (!USAGE.has(type)) return { skipped: type };

  const start = momentOf(text('line_item_usage_start_date'));
  if (start === undefined) return reject('line_item_usage_start_date', 'not-a-date');
  const endText = text('line_item_usage_end_date');
  const end = endText === '' ? start : momentOf(endText);
  if (end === undefined) return reject('line_item_usage_end_date', 'not-a-date');
  // Lines of an hourly or daily export; those of a monthly one cannot be told apart by day.
  if (end - start > DAY_MS) return reject('line_item_usage_end_date', 'over-a-day');
  const currency = text('line_item_currency_code');
  if (currency !== '' && currency !== 'USD') return reject('line_item_currency_code', 'not-usd');
  const usageType = text('line_item_usage_type');
  if (usageType === '') return reject('line_item_usage_type', 'missing');
  const amount = parseAmount(text('line_item_usage_amount'));
  if (typeof amount === 'string') return reject('line_item_usage_amount', amount);
  const cost = parseAmount(text('line_item_unblended_cost'));
  if (typeof cost === 'string') return reject('line_item_unblended_cost', cost);
  const tags = sessionTags(record);
  if (tags === undefined) return reject('tags', 'not-json');

  const unit = unitOf(text('pricing_unit'));
  return {
    line: {
      day: new Date(start).toISOString().slice(0, 10),
      principal,
      ...tags,
      resource: text('line_item_resource_id'),
      billingName: billingNameOf(usageType, record),
      kind: kindOf(usageType, unit?.of),
      quantity: unit === undefined ? null : (amount * unit.size + HALF) / ONE,
      cost: withoutDust(cost),
    },
  };
}

const OTHER_SERVICE = 'another service';

const ONE = 10n ** BigInt(MONEY_SCALE);
/** Dollars of a line are taken to as many decimals as a price has: beyond it an export holds the noise of its numbers. */
const DUST = 10n ** BigInt(MONEY_SCALE - PRICE_SCALE);

function withoutDust(cost: Money): Money {
  return ((cost + DUST / 2n) / DUST) * DUST;
}

/** Counts are whole; what an export of floating point numbers lacks or has too much is rounded away. */
const HALF = ONE / 2n;

function reject(field: string, reason: CurRejection['reason']): CurRead {
  return { rejection: { field, reason } };
}

/** @returns milliseconds since 1970 */
function momentOf(text: string): number | undefined {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z| UTC)?)?$/.exec(text) ?? [];
  const moment = Date.parse(`${day}T${time ?? '00:00:00'}Z`);
  return Number.isFinite(moment) && new Date(moment).toISOString().startsWith(day ?? '?') ? moment : undefined;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * A number as an export writes it, scientific notation included.
 *
 * @returns units of 10^-MONEY_SCALE, what is less rounded down; or why it is none
 */
function parseAmount(
  text: string,
): bigint | Extract<CurRejection['reason'], 'missing' | 'not-a-number' | 'negative' | 'too-large'> {
  if (text === '') return 'missing';
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') return 'not-a-number';
  const shift = MONEY_SCALE + Number(exponent) - fraction.length;
  if (shift > 60 || whole.length > 60) return 'too-large';
  const digits = BigInt(whole + fraction);
  if (sign === '-' && digits > 0n) return 'negative';
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(Math.min(-shift, 400));
}

/** `1K tokens`, `1M tokens`, `Tokens`, `Image`. @returns undefined for a unit that says nothing of either */
function unitOf(text: string): { of: 'tokens' | 'images'; size: bigint } | undefined {
  if (/^images?$/i.test(text)) return { of: 'images', size: 1n };
  const size = tokensIn(text);
  return size === undefined ? undefined : { of: 'tokens', size };
}

const KINDS: Readonly<Record<RateKind, CurKind>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  // Most models' usage types do not tell the two apart.
  cacheWrite1h: 'cache_write',
};

function kindOf(usageType: string, unit: 'tokens' | 'images' | undefined): CurKind {
  if (unit === 'images') return 'images';
  const kind = tokenKindOf(usageType);
  return kind === undefined ? 'other' : KINDS[kind];
}

/**
 * `USE1-Claude4.5Sonnet-input-tokens-cross-region-global` -> `Claude4.5Sonnet`; without a kind all but the region. What is
 * sold through the Marketplace (`USE1-MP:USE1_InputTokenCount-Units`) has its name in the product.
 */
function billingNameOf(usageType: string, record: CurRecord): string {
  const rest = usageType.replace(/^[A-Z]{2,5}\d?-/, '');
  if (rest.startsWith('MP:')) return productName(record) || rest;
  const [, name] =
    /^(.+?)(?:-mantle)?(?:-(?:text|image|audio|video|speech))?-(?:cache-?(?:read|write)|input|output)-/i.exec(rest) ??
    [];
  return name ?? rest;
}

/** In the map `product`, or in a column that a query made of it. */
function productName(record: CurRecord): string {
  const column = record.product_product_name ?? record.product_name ?? '';
  if (column !== '' || (record.product ?? '') === '') return column.trim();
  try {
    const { product_name: name } = JSON.parse(record.product ?? '') as { product_name?: unknown };
    return typeof name === 'string' ? name.trim() : '';
  } catch {
    return '';
  }
}

/** Whether a column of an export is read at all. */
export function isCurColumn(name: string): boolean {
  return [...CUR_NEEDED, ...CUR_OPTIONAL].some((column) => column === name) || isTagColumn(name);
}
