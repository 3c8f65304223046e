import * as v from 'valibot';
import { TIERS } from '../../contract/usage.ts';
import { partitionOf } from '../../policies/partition.ts';
import { canonicalDecimal, decimalFault, timesTenTo } from '../decimal.ts';
import { badEntry, displayName, isoMilliseconds, milliseconds, parseWith } from '../fields.ts';
import type { Document } from '../items.ts';
import { type GivenPrice, PIECE_KINDS, PIECE_RATES, type PriceVersion, RATE_KINDS, type TokenRates } from '../price.ts';

/** Prices as a model's document has them: read, checked and written. */

const usd = v.pipe(
  v.any(),
  v.rawCheck(({ dataset, addIssue }) => {
    const fault = dataset.typed ? decimalFault(dataset.value) : undefined;
    if (fault !== undefined) addIssue({ message: fault });
  }),
  v.transform((text: string) => canonicalDecimal(text)),
);

const name = v.pipe(v.string('not-text'), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'not-a-name'));

const region = v.pipe(
  v.string('not-text'),
  v.check((text) => partitionOf(text) !== undefined, 'not-a-region'),
);

export const presentForm = v.strictObject({
  version: name,
  from: milliseconds,
  region: v.exactOptional(region),
  tier: v.exactOptional(v.picklist(TIERS, 'unknown-tier')),
  usdPerMillion: v.exactOptional(
    v.strictObject({
      input: v.exactOptional(usd),
      output: v.exactOptional(usd),
      cacheRead: v.exactOptional(usd),
      cacheWrite: v.exactOptional(usd),
      cacheWrite1h: v.exactOptional(usd),
    }),
  ),
  usdPerImage: v.exactOptional(usd),
  usdPerSearch: v.exactOptional(usd),
  usdPerCall: v.exactOptional(usd),
  usdPerHour: v.exactOptional(usd),
  source: v.exactOptional(displayName),
});

const given = v.strictObject({
  prices: v.array(v.strictObject({ ...presentForm.entries, version: v.exactOptional(name) }), 'not-a-list'),
});

/** @returns prices to set, of a document that lists them. @throws TollgateError `bad_entry`, e.g. of `prices[0].from` */
export function givenPrices(document: Document): GivenPrice[] {
  return parseWith(given, document).prices;
}

/** As prices were written before they had regions and tiers: US dollars per 1,000 tokens, on demand. */
const olderForm = v.pipe(
  v.strictObject({
    version: name,
    from: milliseconds,
    input: usd,
    output: usd,
    cacheRead: v.exactOptional(usd),
    cacheWrite: v.exactOptional(usd),
    source: v.exactOptional(displayName),
  }),
  // What a cache kind without a price cost then, so that a bill which is computed again stays what it was.
  v.transform(({ input, output, cacheRead = input, cacheWrite = input, ...rest }) => ({
    ...rest,
    usdPerMillion: {
      input: timesTenTo(input, 3),
      output: timesTenTo(output, 3),
      cacheRead: timesTenTo(cacheRead, 3),
      cacheWrite: timesTenTo(cacheWrite, 3),
    },
  })),
);

const OLDER_MEMBERS = ['input', 'output', 'cacheRead', 'cacheWrite'];

/** One price, in either form. */
export const priceSchema = v.lazy((input: unknown): typeof presentForm | typeof olderForm =>
  isOlder(input) ? olderForm : presentForm,
);

function isOlder(input: unknown): boolean {
  return (
    input !== null &&
    typeof input === 'object' &&
    !Object.keys(input).some((member) => member.startsWith('usd')) &&
    OLDER_MEMBERS.some((old) => old in input)
  );
}

/**
 * What a schema cannot say of the prices of one model.
 *
 * @returns the prices in their one order: by date, region, tier
 * @throws TollgateError `bad_entry` naming the field, e.g. `prices[1].from`
 */
export function checkedPrices(written: readonly PriceVersion[]): PriceVersion[] {
  const prices = written.map(inOneForm);
  const names = new Set<string>();
  const moments = new Set<string>();
  for (const [index, price] of prices.entries()) {
    const at = `prices[${index}]`;
    checkRates(price, `${at}.`);
    const { version, from, region, tier } = price;
    const named = JSON.stringify([version, region, tier]);
    const moment = JSON.stringify([from, region, tier]);
    if (names.has(named)) throw badEntry(`${at}.version`, 'listed-twice');
    if (moments.has(moment)) throw badEntry(`${at}.from`, 'listed-twice');
    names.add(named);
    moments.add(moment);
  }
  return prices.sort(byDate);
}

function checkRates({ tier, usdPerMillion, usdPerHour, ...price }: PriceVersion, at: string): void {
  const [piece] = PIECE_KINDS.filter((kind) => price[PIECE_RATES[kind]] !== undefined);
  if (tier === 'provisioned') {
    if (usdPerHour === undefined) throw badEntry(`${at}usdPerHour`, 'missing');
    if (usdPerMillion !== undefined) throw badEntry(`${at}usdPerMillion`, 'provisioned-is-by-the-hour');
    if (piece !== undefined) throw badEntry(`${at}${PIECE_RATES[piece]}`, 'provisioned-is-by-the-hour');
    return;
  }
  if (usdPerHour !== undefined) throw badEntry(`${at}usdPerHour`, 'only-provisioned');
  for (const kind of RATE_KINDS) {
    const rate = usdPerMillion?.[kind];
    // The older form's rates are a thousand times those that were checked.
    const fault = rate === undefined ? undefined : decimalFault(rate);
    if (fault !== undefined) throw badEntry(`${at}${kind}`, fault);
  }
  if (piece === undefined && Object.keys(usdPerMillion ?? {}).length === 0)
    throw badEntry(`${at}usdPerMillion`, 'no-rate');
}

/** Members in their one order; on-demand is said by no tier. */
function inOneForm({ version, from, region, tier, usdPerMillion, ...price }: PriceVersion): PriceVersion {
  const { usdPerImage, usdPerSearch, usdPerCall, usdPerHour, source } = price;
  return {
    version,
    from,
    ...(region === undefined ? {} : { region }),
    ...(tier === undefined || tier === 'on-demand' ? {} : { tier }),
    ...(usdPerMillion === undefined || Object.keys(usdPerMillion).length === 0
      ? {}
      : { usdPerMillion: ratesInOrder(usdPerMillion) }),
    ...(usdPerImage === undefined ? {} : { usdPerImage }),
    ...(usdPerSearch === undefined ? {} : { usdPerSearch }),
    ...(usdPerCall === undefined ? {} : { usdPerCall }),
    ...(usdPerHour === undefined ? {} : { usdPerHour }),
    ...(source === undefined ? {} : { source }),
  };
}

function ratesInOrder(rates: TokenRates): TokenRates {
  return Object.fromEntries(RATE_KINDS.flatMap((kind) => (rates[kind] === undefined ? [] : [[kind, rates[kind]]])));
}

function byDate(a: PriceVersion, b: PriceVersion): number {
  return a.from - b.from || compare(a.region, b.region) || compare(a.tier, b.tier);
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * One price on its own, as a file has it.
 *
 * @throws TollgateError `bad_entry` naming the field, e.g. `usdPerMillion.input`
 */
export function parsePrice(document: unknown): PriceVersion {
  const price = parseWith(priceSchema, document);
  checkRates(price, '');
  return inOneForm(price);
}

/** The same of one that need not be named yet: the model's list may have a name for it. */
export function parseGivenPrice(document: Record<string, unknown>): GivenPrice {
  if (document.version !== undefined) return parsePrice(document);
  const { version: _, ...price } = parsePrice({ ...document, version: 'unnamed' });
  return price;
}

/** The written form of a price; priceSchema reads it back to the same. */
export function priceDocument({ usdPerMillion, ...price }: PriceVersion): Document {
  const { version, from, region, tier, ...rest } = price;
  return {
    version,
    from: isoMilliseconds(from),
    ...(region === undefined ? {} : { region }),
    ...(tier === undefined ? {} : { tier }),
    ...(usdPerMillion === undefined ? {} : { usdPerMillion: { ...usdPerMillion } }),
    ...rest,
  };
}
