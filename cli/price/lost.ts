import { type GivenPrice, type PriceVersion, RATE_KINDS } from '../../registry/price.ts';

/** The price that calls pay no more, and the options of the rates that it had and the new one has not. */
export interface RatesLost {
  version: string;
  options: string[];
}

const OPTION: Readonly<Record<(typeof RATE_KINDS)[number], string>> = {
  input: '--input',
  output: '--output',
  cacheRead: '--cache-read',
  cacheWrite: '--cache-write',
  cacheWrite1h: '--cache-write-1h',
};

/**
 * A price is set whole: a rate that is not named is none, and calls that use its kind become unpriced.
 *
 * @param before what was in force at its moment, of any region and tier
 * @returns undefined when nothing is lost
 */
export function ratesLost(given: GivenPrice, before: readonly PriceVersion[]): RatesLost | undefined {
  const ofTier = before.filter(({ tier }) => tier === given.tier);
  const paid =
    ofTier.find(({ region }) => region === given.region) ?? ofTier.find(({ region }) => region === undefined);
  if (paid === undefined) return undefined;
  const options = RATE_KINDS.filter((kind) => paid.usdPerMillion?.[kind] !== undefined)
    .filter((kind) => given.usdPerMillion?.[kind] === undefined)
    .map((kind) => OPTION[kind]);
  if (paid.usdPerImage !== undefined && given.usdPerImage === undefined) options.push('--image');
  if (paid.usdPerSearch !== undefined && given.usdPerSearch === undefined) options.push('--search');
  if (paid.usdPerCall !== undefined && given.usdPerCall === undefined) options.push('--call');
  return options.length === 0 ? undefined : { version: paid.version, options };
}
