import { type Tier, TOKEN_KINDS, type TokenKind } from '../contract/usage.ts';
import {
  PIECE_KINDS,
  PIECE_RATES,
  type PieceKind,
  type PricedModel,
  type PriceVersion,
  RATE_KINDS,
} from '../registry/price.ts';
import { MONEY_SCALE, type Money, PRICE_SCALE, parseDecimal } from './money.ts';
import { HOUR_MS, hourOf } from './window.ts';

/** Sums by kind. Bigint: each call's count is exact as a number, a sum of many need not be. */
export type TokenSums = Record<TokenKind, bigint>;

/** Kinds that are paid for; the others are for information. */
const BILLED_KINDS = [...RATE_KINDS, ...PIECE_KINDS] as const;
type BilledKind = (typeof BILLED_KINDS)[number];

/** What was sold, where and when. `at`: milliseconds since 1970, when the call began. */
export interface Sale {
  /** Registry id. */
  model: string;
  region: string;
  tier: Tier;
  at: number;
}

/** `input` holds the cost of cache reads and writes and of searches and calls, `output` that of images; their sum is the whole cost. */
export interface Cost {
  input: Money;
  output: Money;
}

/** A version of a price that can be computed with. */
export interface Price {
  version: string;
  /** For one token, image, search or call; a kind that is not here has no price. */
  rates: Readonly<Partial<Record<BilledKind, Money>>>;
  /** For an hour of tier provisioned, whatever is called in it; null: by the token. */
  perHour: Money | null;
}

/** What each model cost and when. */
export interface PriceBook {
  /** @returns the price in force, or undefined: such a call is then unpriced */
  priceOf(sale: Sale): Price | undefined;
}

/**
 * A call pays, of its model and tier, the latest version that was in force when it began: of those that name its region,
 * and only if there is none, of those that name no region. A tier never pays another tier's price. Capacity bought by the
 * hour pays, for every call of an hour, the version in force when the hour ends: an hour has one price.
 *
 * A version that cannot be computed with still takes the place of the one before it: its calls are unpriced, rather than
 * billed at a price that was no longer in force.
 */
export function createPriceBook(models: Iterable<PricedModel>): PriceBook {
  const byModel = new Map([...models].map(({ id, prices }) => [id, prices]));
  return {
    priceOf({ model, region, tier, at }) {
      const prices = byModel.get(model);
      if (prices === undefined) return undefined;
      const moment = tier === 'provisioned' ? (hourOf(at) + 1) * HOUR_MS - 1 : at;
      const lists = listsOf(prices);
      const inForce = (list: Listed[] | undefined) => list?.findLast(({ from }) => from <= moment);
      return (inForce(lists.get(listName(tier, region))) ?? inForce(lists.get(listName(tier, ''))))?.price;
    },
  };
}

/**
 * @param tokens of one call, or the sums of several at the same price
 * @returns undefined when a kind was used that the price has no rate for: then the whole is unpriced
 */
export function costOf(tokens: TokenCounts, price: Price): Cost | undefined {
  if (!isPriced(tokens, price)) return undefined;
  const cost = { input: 0n, output: 0n };
  for (const kind of BILLED_KINDS)
    cost[kind === 'output' || kind === 'images' ? 'output' : 'input'] +=
      BigInt(tokens[kind] ?? 0) * (price.rates[kind] ?? 0n);
  return cost;
}

/**
 * What a call costs, or would cost, e.g. to reserve it from a budget. A call of tier provisioned costs nothing by itself.
 *
 * @returns undefined when it is unpriced
 */
export function costAt(book: PriceBook, sale: Sale, tokens: TokenCounts): Cost | undefined {
  const price = book.priceOf(sale);
  return price && costOf(tokens, price);
}

/** Whether every kind that was used has a price. What is sold by the call alone costs no more for the tokens that it tells of. */
export function isPriced(tokens: TokenCounts, { rates, perHour }: Price): boolean {
  if (perHour !== null) return true;
  const byCall = tokens.calls && rates.calls !== undefined && RATE_KINDS.every((kind) => rates[kind] === undefined);
  return (byCall ? PIECE_KINDS : BILLED_KINDS).every((kind) => !tokens[kind] || rates[kind] !== undefined);
}

/** Tokens or TokenSums: what is absent was not used. */
export type TokenCounts = Readonly<Partial<Record<TokenKind, number | bigint>>>;

export function noTokens(): TokenSums {
  return { ...NO_TOKENS };
}

const NO_TOKENS = Object.freeze(Object.fromEntries(TOKEN_KINDS.map((kind) => [kind, 0n]))) as Readonly<TokenSums>;

/** Adds to `sums` in place. */
export function addTokens(sums: TokenSums, tokens: TokenCounts): void {
  for (const kind of TOKEN_KINDS) {
    const count = tokens[kind];
    if (count) sums[kind] += BigInt(count);
  }
}

interface Listed {
  from: number;
  price: Price | undefined;
}

/** A registry entry is read once and asked for many calls, so its prices are parsed once. */
const remembered = new WeakMap<readonly PriceVersion[], Map<string, Listed[]>>();

function listsOf(prices: readonly PriceVersion[]): Map<string, Listed[]> {
  const found = remembered.get(prices);
  // Stryker disable next-line ConditionalExpression: read again it is the same, only later
  if (found) return found;
  const lists = new Map<string, Listed[]>();
  for (const price of prices.toSorted((a, b) => a.from - b.from)) {
    const name = listName(price.tier ?? 'on-demand', price.region ?? '');
    // Stryker disable next-line ArrayDeclaration: what has no date is in force at no moment
    lists.set(name, [...(lists.get(name) ?? []), { from: price.from, price: parsePrice(price) }]);
  }
  // Stryker disable next-line CallExpression: read again it is the same, only later
  remembered.set(prices, lists);
  return lists;
}

/** No tier has a blank in its name. */
function listName(tier: Tier, region: string): string {
  return `${tier} ${region}`;
}

function parsePrice({ version, tier, usdPerMillion, usdPerHour, ...price }: PriceVersion): Price | undefined {
  if (tier === 'provisioned') {
    // Stryker disable next-line ConditionalExpression: the word undefined is no number either
    const perHour = usdPerHour === undefined ? undefined : parseDecimal(usdPerHour, PRICE_SCALE);
    return perHour === undefined ? undefined : { version, rates: {}, perHour: perHour * UNIT };
  }
  const rates: Partial<Record<BilledKind, Money>> = {};
  for (const kind of BILLED_KINDS) {
    const text = isPiece(kind) ? price[PIECE_RATES[kind]] : usdPerMillion?.[kind];
    if (text === undefined) continue;
    const units = parseDecimal(text, PRICE_SCALE);
    if (units === undefined) return undefined;
    rates[kind] = isPiece(kind) ? units * UNIT : units;
  }
  return { version, rates, perHour: null };
}

function isPiece(kind: BilledKind): kind is PieceKind {
  return Object.hasOwn(PIECE_RATES, kind);
}

/** Units of Money in 10^-12 dollars. Of a price per 1,000,000 it is also the number of tokens, so there it falls out. */
const UNIT = 10n ** BigInt(MONEY_SCALE - PRICE_SCALE);
