import type { Tier } from '../../../contract/usage.ts';
import type { RateKind } from '../../price.ts';

/**
 * What a product of AWS's Price List is a price of. The list has no one attribute that tells: `inferenceType`, `feature`
 * and `service_tier` are each filled for some models only, and what they leave out is in `usagetype`, in three styles:
 * `USE1-NovaLite-input-tokens-batch`, `USE1-qwen.qwen3-32b-mantle-input-tokens-flex` and
 * `USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units`. So all are read together.
 */
export interface AwsAttributes {
  usagetype: string;
  inferenceType: string;
  feature: string;
  serviceTier: string;
}

export type AwsUsage =
  | {
      is: 'price';
      of: RateKind | 'image' | 'hour';
      tier: Exclude<Tier, 'on-demand'> | undefined;
      /** The price of calls through a `global.` profile, which is another one than that of a region or geography. */
      global: boolean;
      /** Powers of ten from the unit that AWS prices to ours: 1,000,000 tokens, an image, an hour. */
      places: number;
    }
  | { is: 'other'; reason: string };

/** In this order: a batch of long context is long context. */
const NOT_A_CALL: readonly [RegExp, string][] = [
  [/reserved|tpm/, 'reserved-capacity'],
  [/custom|training|storage|evaluation|distillation|import|(^|-)rft(-|$)/, 'own-models'],
  [/latency/, 'latency-optimized'],
  [/l(ong)?-?(ctx|context)/, 'long-context'],
  [/audio|video|speech/, 'audio-or-video'],
  [/(^|-)30m(-|$)/, 'cache-write-of-30-minutes'],
  [/(input|output)-image/, 'pictures-given'],
  [/grounding|guardrail|search/, 'not-tokens-of-a-model'],
];

const TOKEN_UNITS: Record<string, number> = {
  '1k tokens': 3,
  '1000 tokens': 3,
  '1m tokens': 0,
  '1000000 tokens': 0,
  tokens: 6,
  token: 6,
};

/** @param unit as the price dimension has it, e.g. `1K tokens` */
export function awsUsage(attributes: AwsAttributes, unit: string): AwsUsage {
  const usage = words(attributes.usagetype.replace(/^[A-Z0-9]+-(MP:[A-Z0-9]+_)?/, '').replace(/-Units$/, ''));
  const inference = words(attributes.inferenceType);
  const all = [usage, inference, words(attributes.feature), words(attributes.serviceTier)].join(' ');
  const no = NOT_A_CALL.find(([pattern]) => pattern.test(`${usage} ${words(attributes.feature)}`));
  if (no !== undefined) return { is: 'other', reason: no[1] };
  const global = /(^|[- ])global([- ]|$)/.test(all);
  const per = unit.trim().toLowerCase();
  const other: AwsUsage = { is: 'other', reason: `unit-${per.replace(/\s+/g, '-') || 'none'}` };
  if (/provisioned/.test(all))
    return /^(hours?|hrs)$/.test(per) ? { is: 'price', of: 'hour', tier: 'provisioned', global, places: 0 } : other;
  const tier = tierOf(all);
  if (/^images?$/.test(per) && /(^|-)(t2-?i|i2-?i|created-image)/.test(usage))
    return { is: 'price', of: 'image', tier, global, places: 0 };
  const of = kindOf(usage) ?? kindOf(inference);
  const places = TOKEN_UNITS[per];
  if (places === undefined) return other;
  return of === undefined
    ? { is: 'other', reason: 'not-tokens-of-a-model' }
    : { is: 'price', of, tier, global, places };
}

function kindOf(text: string): RateKind | undefined {
  if (/cache-?read/.test(text)) return 'cacheRead';
  if (/cache-?write/.test(text)) return /(^|-)1h(-|$)|write-?1h/.test(text) ? 'cacheWrite1h' : 'cacheWrite';
  if (/(^|-)input(-|$)/.test(text)) return 'input';
  return /(^|-)output(-|$)/.test(text) ? 'output' : undefined;
}

function tierOf(text: string): 'batch' | 'priority' | 'flex' | undefined {
  return (['batch', 'priority', 'flex'] as const).find((tier) => new RegExp(`(^|[- ])${tier}([- ]|$)`).test(text));
}

/** What a line of AWS's bill counts, which has the list's usage types. @returns undefined when it is not tokens */
export function tokenKindOf(usagetype: string): RateKind | undefined {
  return kindOf(words(usagetype));
}

/** Tokens of one unit, as AWS names it. @returns undefined for a unit of something else */
export function tokensIn(unit: string): bigint | undefined {
  const places = TOKEN_UNITS[unit.trim().toLowerCase()];
  return places === undefined ? undefined : 10n ** BigInt(6 - places);
}

/** `InputTokenCount_Global` -> `input-token-count-global` */
function words(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[_\s]+/g, '-');
}
