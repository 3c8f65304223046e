import { isTollgateError } from '../../../contract/errors.ts';
import { partitionOf } from '../../../policies/partition.ts';
import { decimalFault, timesTenTo } from '../../decimal.ts';
import { isoMilliseconds } from '../../fields.ts';
import { parseGivenPrice } from '../entry.ts';
import { type BadPrice, type Defaults, type FoundPrice, type Reading, SkippedCount } from './reading.ts';
import { member, membersOf, type Tree } from './tree.ts';

/**
 * The `models.json` of AWS's guidance for a multi-tenant gateway with cost tracking
 * (https://github.com/aws-solutions-library-samples/guidance-for-a-multi-tenant-generative-ai-gateway-with-cost-and-usage-tracking-on-aws):
 * region -> `text` | `embeddings` | `image` -> native id -> `{input_cost, output_cost}` in US dollars per 1,000 tokens, and
 * for images size -> quality -> price. Also without regions or sections, as its first versions were.
 */
export function readGuidance(tree: Tree, defaults: Defaults): Reading {
  const reader = new GuidanceReader(defaults);
  reader.level(tree, undefined);
  return { format: 'guidance', found: reader.found, bad: reader.bad, skipped: reader.skipped.list() };
}

const SECTIONS = new Set(['text', 'embeddings', 'image']);
const COSTS: Record<string, 'input' | 'output'> = { input_cost: 'input', output_cost: 'output' };

/** Whether it looks like such a file: somewhere within three levels a model has an `input_cost`. */
export function isGuidance(tree: Tree, depth = 3): boolean {
  if (member(tree, 'input_cost') !== undefined) return true;
  return depth > 0 && membersOf(tree).some(([, inner]) => isGuidance(inner, depth - 1));
}

class GuidanceReader {
  readonly found: FoundPrice[] = [];
  readonly bad: BadPrice[] = [];
  readonly skipped = new SkippedCount();
  readonly #defaults: Defaults;

  constructor(defaults: Defaults) {
    this.#defaults = defaults;
  }

  level(tree: Tree, region: string | undefined, section = ''): void {
    for (const [name, value] of membersOf(tree)) {
      if (SECTIONS.has(name)) this.level(value, region, name);
      else if (region === undefined && partitionOf(name) !== undefined) this.level(value, name);
      else if (section === 'image') this.#images(name, value, region);
      else this.#tokens(name, value, region);
    }
  }

  #tokens(model: string, tree: Tree, region: string | undefined): void {
    if (tree.is !== 'object') {
      this.#fault(tree, 'entry', 'not-an-object');
      return;
    }
    const rates: Record<string, string> = {};
    for (const [name, value] of membersOf(tree)) {
      const kind = COSTS[name];
      if (kind === undefined) {
        this.#fault(value, name, 'unknown-member');
        return;
      }
      const rate = amountOf(value);
      if ('fault' in rate) {
        this.#fault(value, name, rate.fault);
        return;
      }
      rates[kind] = timesTenTo(rate.text, 3);
    }
    this.#add(model, tree, { usdPerMillion: rates }, region);
  }

  #images(model: string, tree: Tree, region: string | undefined): void {
    const prices = new Set<string>();
    for (const [, qualities] of membersOf(tree))
      for (const [quality, value] of membersOf(qualities)) {
        const price = amountOf(value);
        if ('fault' in price) {
          this.#fault(value, quality, price.fault);
          return;
        }
        prices.add(timesTenTo(price.text, 0));
      }
    const [only, ...others] = prices;
    if (only === undefined) {
      this.#fault(tree, 'entry', 'missing');
      return;
    }
    // The record of a call tells how many images were made, not their size: none of several prices is chosen for it.
    if (others.length > 0) this.skipped.add(model, 'several-prices-per-image');
    else this.#add(model, tree, { usdPerImage: only }, region);
  }

  #add(model: string, tree: Tree, rates: object, region: string | undefined): void {
    const { from = this.#defaults.now, source } = this.#defaults;
    const place = region === undefined ? {} : { region };
    const document = { from: isoMilliseconds(from), ...place, ...rates, source };
    try {
      this.found.push({ model: { is: 'id', id: model }, price: parseGivenPrice(document), line: tree.line });
    } catch (error) {
      if (!isTollgateError(error, 'bad_entry')) throw error;
      this.#fault(tree, error.field ?? 'entry', error.reason ?? 'bad');
    }
  }

  #fault({ line, at }: Tree, field: string, reason: string): void {
    this.bad.push({ line, at, field, reason });
  }
}

/** The file has JSON numbers; their source is decimal text. */
function amountOf(tree: Tree): { text: string } | { fault: string } {
  const source = tree.is === 'number' ? withoutExponent(tree.source) : tree.is === 'text' ? tree.text : undefined;
  const fault = source === undefined ? 'not-a-number' : decimalFault(source);
  return fault === undefined ? { text: source ?? '' } : { fault };
}

/** `6e-05`, which is how Python writes 0.00006, says the same exactly. */
function withoutExponent(source: string): string {
  const match = /^(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,2})$/.exec(source);
  if (match === null) return source;
  const [, whole = '', fraction = '', power = ''] = match;
  const places = Number(power);
  if (places >= 0) return timesTenTo(fraction === '' ? whole : `${whole}.${fraction}`, places);
  const digits = whole.padStart(1 - places, '0');
  return timesTenTo(`${digits.slice(0, places)}.${digits.slice(places)}${fraction}`, 0);
}
