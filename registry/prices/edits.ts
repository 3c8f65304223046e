import type { GivenPrice, PriceVersion } from '../price.ts';

/** How a model's list of prices changes. Pure: the writer applies it to what the table holds at that moment. */

export type PriceOutcome = 'added' | 'corrected' | 'unchanged';

export interface PriceResult {
  outcome: PriceOutcome;
  /** As the model has it now. */
  price: PriceVersion;
}

/** Several prices one after the other, the earliest first. @returns the results in the order of `given` */
export function withPrices(
  prices: readonly PriceVersion[],
  given: readonly GivenPrice[],
): { prices: PriceVersion[]; results: PriceResult[] } {
  const results = new Map<GivenPrice, PriceResult>();
  let all = [...prices];
  for (const one of [...given].sort((a, b) => a.from - b.from)) {
    const { prices: next, ...result } = withPrice(all, one);
    all = next;
    results.set(one, result);
  }
  return { prices: all, results: given.flatMap((one) => results.get(one) ?? []) };
}

/**
 * A price in force already, at the same rates, is not repeated. One of the same moment, region and tier is corrected in
 * place. Otherwise the price is added.
 */
export function withPrice(
  prices: readonly PriceVersion[],
  given: GivenPrice,
): PriceResult & { prices: PriceVersion[] } {
  const inForce = pricesAt(prices, given.from).find((price) => samePlace(price, given));
  if (inForce !== undefined && sameRates(inForce, given) && (given.version ?? inForce.version) === inForce.version)
    return { prices: [...prices], outcome: 'unchanged', price: inForce };
  const index = prices.findIndex((price) => samePlace(price, given) && price.from === given.from);
  const replaced = prices[index];
  const version = given.version ?? replaced?.version ?? freeName(prices, given);
  const price: PriceVersion = { ...given, version };
  if (replaced === undefined) return { prices: [...prices, price], outcome: 'added', price };
  return { prices: prices.with(index, price), outcome: 'corrected', price };
}

/** @returns the prices without that version, or undefined when there is none so named */
export function withoutPrice(
  prices: readonly PriceVersion[],
  which: Pick<PriceVersion, 'version' | 'region' | 'tier'>,
): PriceVersion[] | undefined {
  const rest = prices.filter((price) => !(price.version === which.version && samePlace(price, which)));
  return rest.length === prices.length ? undefined : rest;
}

/** @param at milliseconds since 1970 @returns the version in force then in each region and tier that has one */
export function pricesAt(prices: readonly PriceVersion[], at: number): PriceVersion[] {
  const latest = new Map<string, PriceVersion>();
  for (const price of prices) {
    if (price.from > at) continue;
    const place = JSON.stringify([price.region, price.tier]);
    const known = latest.get(place);
    if (known === undefined || known.from < price.from) latest.set(place, price);
  }
  return [...latest.values()];
}

function samePlace(a: Pick<PriceVersion, 'region' | 'tier'>, b: Pick<PriceVersion, 'region' | 'tier'>): boolean {
  return a.region === b.region && (a.tier ?? 'on-demand') === (b.tier ?? 'on-demand');
}

/** Rates are written in one way, so equal prices are equal text. */
export function sameRates(a: GivenPrice, b: GivenPrice): boolean {
  return JSON.stringify(ratesOf(a)) === JSON.stringify(ratesOf(b));
}

function ratesOf({
  usdPerMillion: rates = {},
  usdPerImage,
  usdPerSearch,
  usdPerCall,
  usdPerHour,
}: GivenPrice): unknown[] {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h } = rates;
  const others = [usdPerImage, usdPerSearch, usdPerCall, usdPerHour];
  return [input, output, cacheRead, cacheWrite, cacheWrite1h, ...others].map((rate) => rate ?? null);
}

function freeName(prices: readonly PriceVersion[], given: GivenPrice): string {
  const taken = new Set(prices.filter((price) => samePlace(price, given)).map(({ version }) => version));
  const name = versionName(given.from);
  if (!taken.has(name)) return name;
  for (let count = 2; ; count++) if (!taken.has(`${name}-${count}`)) return `${name}-${count}`;
}

/** A name for a version that has none: its date, and the time unless it is midnight. */
export function versionName(from: number): string {
  const iso = new Date(from).toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso.replace(/[-:]/g, '').replace('.000Z', 'Z');
}
