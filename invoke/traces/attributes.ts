import type { FinishedUsage, Tokens } from '../../contract/usage.ts';
import { BILLABLE, isCharged } from '../../contract/usage.ts';

/**
 * The version of OpenTelemetry's semantic conventions that `gen_ai.*` is of: the last one that has them. They have moved to a
 * repository of their own, which has no numbered version yet (https://github.com/open-telemetry/semantic-conventions-genai).
 */
export const CONVENTIONS = '1.41.1';

/** A request as its span tells of it. */
export interface Told {
  /** In the words of the conventions, or ours where they have none. */
  operation: string;
  provider: string;
  /** What of its record is told of: not by whom it was made, which is a person's name as often as not. */
  record: Omit<FinishedUsage, 'v' | 'phase' | 'invocationId' | 'attempt' | 'principal' | 'estimated' | 'surface'> &
    Partial<Pick<FinishedUsage, 'surface' | 'estimated'>>;
  /** How often a model was called for it. */
  attempts: number;
  /** Of all attempts of all its calls; undefined: no model ran. */
  tokens: Tokens | undefined;
  /** Likewise; undefined: it is not priced. */
  usd: number | undefined;
  /** For what the model stopped, each as it said. */
  reasons: readonly string[];
}

export type Value = string | number | boolean | readonly string[];

/** As OTLP has them. */
export type Type = 'string' | 'int' | 'double' | 'boolean' | 'string[]';

const sum = ({ input, cacheRead, cacheWrite, cacheWrite1h = 0 }: Tokens): number =>
  input + cacheRead + cacheWrite + cacheWrite1h;

/** Of a model that answers with vectors or an order there is no output to be counted. */
const speaks = ({ operation }: Told): boolean => operation === 'chat' || operation === 'text_completion';

const some = (value: string | number | undefined): Value | undefined => value || undefined;

/** What a span holds, and nothing else: what it does not name can be in none. docs/traces.md says what each is. */
export const ATTRIBUTES = {
  'gen_ai.operation.name': ['string', ({ operation }) => operation],
  'gen_ai.provider.name': ['string', ({ provider }) => provider],
  'gen_ai.request.model': ['string', ({ record }) => some(record.model)],
  'gen_ai.response.model': [
    'string',
    ({ record, attempts }) => (attempts === 0 ? undefined : some(unlocated(record.nativeModel))),
  ],
  'gen_ai.request.stream': ['boolean', ({ record }) => record.action === 'stream' || undefined],
  'gen_ai.response.finish_reasons': ['string[]', ({ reasons }) => (reasons.length === 0 ? undefined : reasons)],
  'gen_ai.response.time_to_first_chunk': [
    'double',
    ({ record: { action, firstByteMs } }) =>
      action === 'stream' && firstByteMs >= 0 ? firstByteMs / 1_000 : undefined,
  ],
  'gen_ai.usage.input_tokens': ['int', ({ tokens }) => tokens && sum(tokens)],
  'gen_ai.usage.output_tokens': ['int', (told) => (speaks(told) ? told.tokens?.output : undefined)],
  'gen_ai.usage.cache_read.input_tokens': ['int', ({ tokens }) => some(tokens?.cacheRead)],
  'gen_ai.usage.cache_creation.input_tokens': [
    'int',
    ({ tokens }) => tokens && some(tokens.cacheWrite + (tokens.cacheWrite1h ?? 0)),
  ],
  'gen_ai.usage.reasoning.output_tokens': ['int', ({ tokens }) => some(tokens?.reasoning)],
  'error.type': ['string', ({ record }) => some(record.code)],
  'aws.request_id': ['string', ({ record }) => record.awsRequestId],
  'tollgate.tenant': ['string', ({ record }) => record.tenant],
  'tollgate.cost_center': ['string', ({ record }) => some(record.costCenter)],
  'tollgate.request_id': ['string', ({ record }) => record.requestId],
  'tollgate.surface': ['string', ({ record }) => record.surface],
  'tollgate.outcome': ['string', ({ record }) => record.outcome],
  'tollgate.region': ['string', ({ record }) => some(record.region)],
  'tollgate.attempts': ['int', ({ attempts }) => attempts],
  'tollgate.cost_usd': ['double', ({ usd }) => usd],
  'tollgate.tokens_estimated': ['boolean', ({ record }) => record.estimated || undefined],
  'tollgate.tier': ['string', ({ record }) => record.tier],
} as const satisfies Readonly<Record<string, readonly [type: Type, of: (told: Told) => Value | undefined]>>;

/** An endpoint of Bedrock Marketplace is called by its ARN, and that has an account in it. */
function unlocated(native: string): string {
  return native.startsWith('arn:') ? native.slice(native.indexOf('/') + 1) : native;
}

/** @returns of all of them together; undefined where no model ran */
export function tokensOf(records: readonly FinishedUsage[]): Tokens | undefined {
  const ran = records.filter(({ outcome, tokens }) => isCharged(outcome, tokens));
  const [first, ...others] = ran.map(({ tokens }) => tokens);
  if (first === undefined) return undefined;
  const all: Tokens = { ...first };
  for (const more of others)
    for (const [kind, count] of Object.entries(more) as [keyof Tokens, number][]) all[kind] = (all[kind] ?? 0) + count;
  return all;
}

/** Whether it did not go as its caller wanted; who left did not wait to hear. */
export function isError({ outcome }: Pick<FinishedUsage, 'outcome'>): boolean {
  return outcome !== 'counted' && (!BILLABLE.has(outcome) || outcome === 'interrupted' || outcome === 'deadline');
}
