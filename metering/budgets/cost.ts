import type { Tokens } from '../../contract/usage.ts';
import { PIECE_KINDS } from '../../registry/price.ts';
import type { Price, PriceBook, Sale, TokenSums } from '../price.ts';
import type { Demand } from './quota.ts';

/** What a call may use at most, with what its cost depends on beyond tokens. */
export interface CostedDemand extends Omit<Demand, 'rates'> {
  /** Pictures that it asks for. */
  images: number;
  /** Searches that it asks for. */
  searches: number;
  /** 1 of what may be sold by the call; absent: 0. */
  calls?: number;
  /** Whether input may be written to a cache, which costs more than input. */
  caches: boolean;
}

/** Where a call may be billed, and how it is sold there. */
export type Sold = Pick<Sale, 'region' | 'tier'>;

/** Dollars that a token costs at most, and those that come on top. */
type Rates = NonNullable<Demand['rates']>;

/**
 * What a call may cost at most: AWS answers on demand where what was asked for is used up, e.g. a reservation, and a call that
 * one place fails goes on in another one.
 *
 * @returns undefined when the tier that it asks for has no price in one of them
 */
export function mostOf(
  book: PriceBook,
  {
    demand,
    elsewhere = [],
    priceModels,
    ...asked
  }: Sale & {
    demand: CostedDemand;
    elsewhere?: readonly Sold[] | undefined;
    priceModels?: readonly string[] | undefined;
  },
): Rates | undefined {
  const ratesIn = (sale: Sale): Rates | undefined => {
    const price = book.priceOf(sale);
    return price && ratesOf(price, demand);
  };
  let most: Rates | undefined;
  const models = priceModels ?? [asked.model];
  for (const sold of [asked, ...elsewhere].flatMap((one) => models.map((model) => ({ ...one, model })))) {
    const sale = { ...asked, ...sold };
    const rates = ratesIn(sale);
    if (rates === undefined) return undefined;
    const onDemand = sale.tier === 'on-demand' ? undefined : ratesIn({ ...sale, tier: 'on-demand' });
    most = dearer(dearer(rates, onDemand), most);
  }
  return most;
}

function dearer(one: Rates, other: Rates = one): Rates {
  return {
    input: greater(one.input, other.input),
    output: greater(one.output, other.output),
    fixed: greater(one.fixed, other.fixed),
  };
}

/**
 * The most that a token costs. A model that is sold by the piece may have no price by the token, and then its tokens are free.
 *
 * @returns undefined when a kind that the call may use has no price
 */
function ratesOf({ rates, perHour }: Price, demand: CostedDemand): Rates | undefined {
  if (perHour !== null) return { input: 0n, output: 0n, fixed: 0n };
  const free = PIECE_KINDS.some((kind) => rates[kind] !== undefined) ? 0n : undefined;
  const input = demand.input === 0 ? 0n : (rates.input ?? free);
  const output = demand.output === 0 ? 0n : (rates.output ?? free);
  if (input === undefined || output === undefined) return undefined;
  const cached = demand.caches ? [rates.cacheWrite ?? 0n, rates.cacheWrite1h ?? 0n] : [];
  return {
    input: [input, ...cached].reduce(greater),
    output,
    fixed: PIECE_KINDS.reduce((sum, kind) => sum + BigInt(demand[kind] ?? 0) * (rates[kind] ?? 0n), 0n),
  };
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Tokens that a budget counts: every kind that is billed. */
export function billedTokens({ input, output, cacheRead, cacheWrite, cacheWrite1h = 0 }: Tokens | TokenSums): bigint {
  return BigInt(input) + BigInt(output) + BigInt(cacheRead) + BigInt(cacheWrite) + BigInt(cacheWrite1h);
}
