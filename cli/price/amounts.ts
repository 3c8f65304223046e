import { type Command, Option } from 'commander';
import { TIERS, type Tier } from '../../contract/usage.ts';
import { isoMilliseconds, parseSeconds } from '../../registry/fields.ts';
import type { GivenPrice } from '../../registry/price.ts';
import { parseGivenPrice } from '../../registry/prices/entry.ts';
import type { Said } from '../naming.ts';

/** The options by which `price set` is given a price. */
export interface PriceOptions {
  input?: string;
  output?: string;
  cacheRead?: string;
  cacheWrite?: string;
  cacheWrite1h?: string;
  image?: string;
  search?: string;
  call?: string;
  hour?: string;
  inRegion?: string;
  tier?: Tier;
  from?: string;
  version?: string;
  source?: string;
}

export function amountOptions(command: Command): Command {
  return command
    .option('--input <usd>', 'per 1,000,000 tokens of input')
    .option('--output <usd>', 'per 1,000,000 tokens of output')
    .option('--cache-read <usd>', 'per 1,000,000 tokens read from the cache')
    .option('--cache-write <usd>', 'per 1,000,000 tokens written to the cache for five minutes')
    .option('--cache-write-1h <usd>', 'per 1,000,000 tokens written to the cache for an hour')
    .option('--image <usd>', 'per image made')
    .option('--search <usd>', 'per search of documents, of a model that orders them')
    .option('--call <usd>', 'per call, or query, of what is sold so')
    .option('--hour <usd>', 'per hour of bought capacity; with --tier provisioned alone')
    .addOption(regionOption())
    .addOption(tierOption())
    .option('--from <date>', 'the first moment that pays it, UTC: 2026-12-01 or 2026-12-01T12:00:00Z; now unless given')
    .option('--version <name>', 'its name on the bill; its date unless given')
    .option('--source <text>', 'where the price is from');
}

// Not --region, which is the whole command's: the region of the stage.
export function regionOption(): Option {
  return new Option('--in-region <region>', 'only calls in this region; every region unless given');
}

export function tierOption(): Option {
  return new Option('--tier <tier>', 'how the call is bought').choices(TIERS).default('on-demand');
}

/**
 * @param now milliseconds since 1970
 * @throws TollgateError `bad_entry` naming the field, e.g. `usdPerMillion.input`
 */
export function givenPrice(options: PriceOptions, now: number): GivenPrice {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h, image, search, call, hour, version, source } = options;
  const rates = without({ input, output, cacheRead, cacheWrite, cacheWrite1h });
  const document = without({
    ...placeOf(options),
    usdPerMillion: Object.keys(rates).length === 0 ? undefined : rates,
    usdPerImage: image,
    usdPerSearch: search,
    usdPerCall: call,
    usdPerHour: hour,
    source,
    version,
  });
  const from = isoMilliseconds(fromOf(options.from) ?? now);
  return parseGivenPrice({ from, ...document });
}

const USD = 'dollars in plain notation, 3 or 0.0175';
const MOMENT = 'a day or a moment of UTC: 2026-12-01 or 2026-12-01T12:00:00Z';

/** What may be at fault in a price, as the options say it. */
export const PRICE_OPTIONS: Readonly<Record<string, Said>> = {
  'usdPerMillion.input': { name: '--input', hint: USD },
  'usdPerMillion.output': { name: '--output', hint: USD },
  'usdPerMillion.cacheRead': { name: '--cache-read', hint: USD },
  'usdPerMillion.cacheWrite': { name: '--cache-write', hint: USD },
  'usdPerMillion.cacheWrite1h': { name: '--cache-write-1h', hint: USD },
  usdPerMillion: { name: 'the price', hint: 'given by --input, --output or another rate' },
  usdPerImage: { name: '--image', hint: USD },
  usdPerSearch: { name: '--search', hint: USD },
  usdPerCall: { name: '--call', hint: USD },
  usdPerHour: { name: '--hour', hint: `${USD}, with --tier provisioned and only there` },
  region: { name: '--in-region', hint: 'a region: us-east-1' },
  version: { name: '--version', hint: 'a name of letters, digits, ".", "_" and "-"' },
  source: { name: '--source', hint: 'one line of text' },
  '--from': { name: '--from', hint: MOMENT },
  '--at': { name: '--at', hint: MOMENT },
};

/** @returns milliseconds since 1970 @throws TollgateError `bad_entry` naming the option */
export function fromOf(date: string | undefined, option: '--from' | '--at' = '--from'): number | undefined {
  return date === undefined ? undefined : parseSeconds(date, option) * 1000;
}

/** On-demand is said by no tier. */
export function placeOf({ inRegion, tier }: Pick<PriceOptions, 'inRegion' | 'tier'>): { region?: string; tier?: Tier } {
  return {
    ...(inRegion === undefined ? {} : { region: inRegion }),
    ...(tier === 'on-demand' || !tier ? {} : { tier }),
  };
}

function without(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
