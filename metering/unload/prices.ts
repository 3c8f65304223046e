import type { TokenKind } from '../../contract/usage.ts';
import {
  PIECE_KINDS,
  PIECE_RATES,
  type PieceKind,
  type PricedModel,
  type PriceVersion,
  RATE_KINDS,
  type RateKind,
} from '../../registry/price.ts';
import { MONEY_SCALE, PRICE_SCALE, parseDecimal } from '../money.ts';
import { HOUR_MS } from '../window.ts';
import { dollars, RATES, text } from './sql.ts';

export const PRICE_COLUMNS = [
  ...['model_id', 'tier', 'region', 'price_version', 'valid_from'],
  ...RATES.map(({ rate }) => rate),
  // What an hour costs, in 10^-18 dollars, so that it can be divided.
  'hour_units',
];

export const PRICES = `  SELECT model_id, tier, region, price_version, valid_from,
    ${RATES.map(({ rate }) => `${dollars(rate)} AS ${rate}`).join(',\n    ')},
    CAST(hour_units AS DECIMAL(38, 0)) AS hour_units
  FROM listed`;

/**
 * The price in force: the region's own before every region's, then the latest. Bought capacity has one price an hour,
 * that of its last moment.
 */
export const SOLD = `  SELECT * FROM (
    SELECT c.*, p.price_version, ${RATES.map(({ rate }) => `p.${rate}`).join(', ')}, p.hour_units,
      ROW_NUMBER() OVER (
        PARTITION BY c.invocation_id ORDER BY CASE WHEN p.region <> '' THEN 0 ELSE 1 END, p.valid_from DESC
      ) AS price_choice
    FROM calls c LEFT JOIN prices p
      ON p.model_id = c.price_model AND p.tier = c.tier AND (p.region = c.price_region OR p.region = '')
      AND p.valid_from <= CASE WHEN c.tier = 'provisioned' THEN (c.hour_number + 1) * ${HOUR_MS} - 1 ELSE c.began END
  ) offered
  WHERE price_choice = 1`;

const unrated = (kinds: readonly TokenKind[]): string =>
  RATES.filter(({ kind }) => kinds.includes(kind))
    .map(({ tokens, rate }) => `(${tokens} > 0 AND ${rate} IS NULL)`)
    .join(' OR ');
/** price.ts: isPriced. */
const BY_CALL = RATES.filter(({ kind }) => (RATE_KINDS as readonly TokenKind[]).includes(kind))
  .map(({ rate }) => `${rate} IS NULL`)
  .join(' AND ');

/** A call that used a kind for which its price has no rate has no price. */
export const PRICED = `  SELECT *,
    CASE WHEN price_version IS NULL THEN ''
      WHEN ran = 1 AND tier <> 'provisioned' AND (${unrated(PIECE_KINDS)} OR
        ((${unrated(RATE_KINDS)}) AND NOT (calls > 0 AND calls_usd IS NOT NULL AND ${BY_CALL})))
      THEN '' ELSE price_version END AS paid
  FROM sold`;

/** @param until later versions are left out */
export function priceRows(models: readonly PricedModel[], until: number): string[] {
  const rows = models.flatMap(({ id, prices }) =>
    prices.filter(({ from }) => from < until).map((price) => `(${priceRow(id, price).join(', ')})`),
  );
  // VALUES cannot be empty; no call has a model of this name.
  return rows.length > 0 ? rows : [`(${priceRow('', { version: '', from: 0 }).join(', ')})`];
}

function priceRow(model: string, price: PriceVersion): string[] {
  const { version, from, region = '', tier = 'on-demand', usdPerMillion, usdPerHour } = price;
  const usd = RATES.map(({ kind }) =>
    kind in PIECE_RATES
      ? decimal(price[PIECE_RATES[kind as PieceKind]], 0)
      : decimal(usdPerMillion?.[kind as RateKind], 6),
  );
  const hour = tier === 'provisioned' ? parseDecimal(usdPerHour ?? '', PRICE_SCALE) : null;
  const usable = hour !== undefined && usd.every((rate) => rate !== undefined);
  return [
    ...[model, tier, region].map(text),
    // A version that cannot be computed with still takes the place of the one before it: its calls are unpriced.
    usable ? text(version) : NULL,
    String(from),
    ...usd.map((rate) => (rate == null ? NULL : text(rate))),
    hour == null ? NULL : text(String(hour * 10n ** BigInt(MONEY_SCALE - PRICE_SCALE))),
  ];
}

const NULL = 'CAST(NULL AS VARCHAR)';

/** @returns dollars for one of `10^shift`, with all decimals; null: no rate; undefined: not a price */
function decimal(rate: string | undefined, shift: number): string | null | undefined {
  if (rate === undefined) return null;
  const units = parseDecimal(rate, PRICE_SCALE);
  if (units === undefined) return undefined;
  const digits = units.toString().padStart(PRICE_SCALE + shift + 1, '0');
  return `${digits.slice(0, -(PRICE_SCALE + shift))}.${digits.slice(-(PRICE_SCALE + shift))}`;
}
