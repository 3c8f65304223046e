import { isTollgateError } from '../../../contract/errors.ts';
import { partitionOf } from '../../../policies/partition.ts';
import { decimalFault, timesTenTo } from '../../decimal.ts';
import { isoMilliseconds } from '../../fields.ts';
import { parseGivenPrice } from '../entry.ts';
import { keyOfName } from './aws-names.ts';
import { type AwsUsage, awsUsage } from './aws-usage.ts';
import { type BadPrice, type Defaults, type FoundPrice, type Reading, SkippedCount } from './reading.ts';
import { member, membersOf, type Tree, textOf } from './tree.ts';

type Priced = Extract<AwsUsage, { is: 'price' }>;

/** All prices of one model in one region and tier: together they are one version. */
interface Group {
  name: string;
  region: string;
  tier: Priced['tier'];
  global: boolean;
  line: number;
  at: string;
  /** Milliseconds since 1970. */
  from: number;
  rates: Map<Priced['of'], { text: string; mantle: boolean }>;
  /** What stops it from being one. */
  fault?: { field: string; reason: string };
  several: Set<Priced['of']>;
}

/**
 * An offer file of AWS's Price List
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html): AmazonBedrock,
 * AmazonBedrockFoundationModels or AmazonBedrockService, of one region or several.
 */
export function readAwsList(tree: Tree, defaults: Defaults): Reading {
  const reader = new ListReader(tree, defaults);
  for (const [sku, product] of membersOf(member(tree, 'products'))) reader.product(sku, product);
  return { format: 'aws-price-list', found: reader.found(), bad: reader.bad, skipped: reader.skipped.list() };
}

class ListReader {
  readonly bad: BadPrice[] = [];
  readonly skipped = new SkippedCount();
  readonly #groups = new Map<string, Group>();
  readonly #terms: Tree | undefined;
  readonly #defaults: Defaults;
  readonly #source: string;

  constructor(tree: Tree, defaults: Defaults) {
    this.#terms = member(member(tree, 'terms'), 'OnDemand');
    this.#defaults = defaults;
    const published = textOf(tree, 'publicationDate')?.slice(0, 10) ?? 'undated';
    this.#source = `AWS Price List ${textOf(tree, 'offerCode') ?? ''} ${published}`.replace(/\s+/g, ' ').slice(0, 100);
  }

  product(sku: string, product: Tree): void {
    const attributes = member(product, 'attributes');
    const usagetype = textOf(attributes, 'usagetype') ?? '';
    const name = nameOf(attributes, usagetype);
    const region = textOf(attributes, 'regionCode') ?? '';
    const usageWords = {
      usagetype,
      inferenceType: textOf(attributes, 'inferenceType') ?? '',
      feature: textOf(attributes, 'feature') ?? '',
      serviceTier: textOf(attributes, 'service_tier') ?? '',
    };
    for (const [, term] of membersOf(member(this.#terms, sku))) {
      const dimensions = membersOf(member(term, 'priceDimensions'));
      for (const [, dimension] of dimensions) {
        const usage = awsUsage(usageWords, textOf(dimension, 'unit') ?? '');
        if (usage.is === 'other') this.skipped.add(name || usagetype, usage.reason);
        else if (name === '') this.skipped.add(usagetype, 'names-no-model');
        else if (partitionOf(region) === undefined) this.skipped.add(name, 'names-no-region');
        else if (dimensions.length > 1) this.skipped.add(name, 'price-by-volume');
        else this.#add({ name, region, usage, mantle: usagetype.includes('-mantle-') }, term, dimension);
      }
    }
  }

  #add(
    { name, region, usage, mantle }: { name: string; region: string; usage: Priced; mantle: boolean },
    term: Tree,
    dimension: Tree,
  ): void {
    const group = this.#group(name, region, usage, dimension);
    const from = this.#dateOf(term);
    // Of parts with different dates the latest: only since then has all of it been in force.
    if (from !== undefined) group.from = Math.max(group.from, from);
    else if (group.fault === undefined) this.#fault(group, term, 'effectiveDate', 'not-a-date');
    const price = usdOf(dimension);
    if ('fault' in price) {
      this.#fault(group, dimension, price.field, price.fault);
      return;
    }
    const text = timesTenTo(price.text, usage.places);
    const known = group.rates.get(usage.of);
    // The bedrock-mantle endpoint sells the same under its own name; what the ordinary endpoint costs goes before it.
    if (known === undefined || (known.mantle && !mantle)) group.rates.set(usage.of, { text, mantle });
    else if (known.text !== text && known.mantle === mantle) {
      if (usage.of === 'image' || usage.of === 'hour') group.several.add(usage.of);
      else this.#fault(group, dimension, usage.of, 'two-prices');
    }
  }

  #group(name: string, region: string, { tier, global }: Priced, { line, at }: Tree): Group {
    const key = JSON.stringify([keyOfName(name), region, tier, global]);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const from = this.#defaults.from ?? 0;
    const group: Group = { name, region, tier, global, line, at, from, rates: new Map(), several: new Set() };
    this.#groups.set(key, group);
    return group;
  }

  #dateOf(term: Tree): number | undefined {
    if (this.#defaults.from !== undefined) return this.#defaults.from;
    const from = Date.parse(textOf(term, 'effectiveDate') ?? '');
    return Number.isNaN(from) ? undefined : from;
  }

  #fault(group: Group, { line, at }: Tree, field: string, reason: string): void {
    group.fault = { field, reason };
    this.bad.push({ line, at, field: `${group.name}: ${field}`, reason });
  }

  found(): FoundPrice[] {
    return [...this.#groups.values()].flatMap((group) => this.#version(group));
  }

  /** A group with one bad part is left out whole: without it, calls that use the part would have no price at all. */
  #version(group: Group): FoundPrice[] {
    if (group.fault !== undefined) return [];
    const { name, region, tier, global, line, from } = group;
    for (const of of group.several) {
      group.rates.delete(of);
      this.skipped.add(name, of === 'image' ? 'several-prices-per-image' : 'several-prices-per-hour');
    }
    if (group.rates.size === 0) return [];
    const { image, hour, ...tokens } = Object.fromEntries([...group.rates].map(([of, { text }]) => [of, text]));
    // What is sold by the image alone still reports the tokens of its prompt, and those are not sold.
    const soldByImage = image !== undefined && Object.keys(tokens).length === 0;
    const kinds = soldByImage ? { input: '0', output: '0' } : tokens;
    const document = {
      from: isoMilliseconds(from),
      region,
      ...(tier === undefined ? {} : { tier }),
      ...(Object.keys(kinds).length === 0 ? {} : { usdPerMillion: kinds }),
      ...(image === undefined ? {} : { usdPerImage: image }),
      ...(hour === undefined ? {} : { usdPerHour: hour }),
      source: this.#source,
    };
    try {
      return [{ model: { is: 'aws-name', name, global }, price: parseGivenPrice(document), line }];
    } catch (error) {
      if (!isTollgateError(error, 'bad_entry')) throw error;
      this.#fault(group, { line, at: group.at } as Tree, error.field ?? 'entry', error.reason ?? 'bad');
      return [];
    }
  }
}

function nameOf(attributes: Tree | undefined, usagetype: string): string {
  const named = textOf(attributes, 'model') || textOf(attributes, 'titanModel');
  if (named) return named;
  const service = textOf(attributes, 'servicename') ?? '';
  if (/\(Amazon Bedrock Edition\)/.test(service)) return service.replace(/\s*\(Amazon Bedrock Edition\).*$/, '');
  const mantle = /^[A-Z0-9]+-[a-z0-9-]+\.([a-z0-9.:-]+?)-mantle-/.exec(usagetype);
  if (mantle) return mantle[1] ?? '';
  // Titan's and some others' products carry no name: what their usage type begins with stands for one.
  const stem = /^[A-Z0-9]+-(.+?)-(?:input|output|cache|text-(?:input|output)|T2I|I2I|Provisioned)/.exec(usagetype);
  return stem?.[1] ?? '';
}

function usdOf(dimension: Tree): { text: string } | { field: string; fault: string } {
  const per = member(dimension, 'pricePerUnit');
  const usd = member(per, 'USD');
  if (usd === undefined) {
    const [other] = membersOf(per);
    return { field: `pricePerUnit.${other?.[0] ?? 'USD'}`, fault: other === undefined ? 'missing' : 'not-usd' };
  }
  const text = usd.is === 'text' ? usd.text : usd.is === 'number' ? usd.source : '';
  const fault = usd.is === 'text' || decimalFault(text) !== undefined ? decimalFault(text) : 'not-text';
  return fault === undefined ? { text } : { field: 'pricePerUnit.USD', fault };
}
