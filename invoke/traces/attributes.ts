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

interface Attribute {
  name: string;
  type: 'string' | 'int' | 'double' | 'boolean' | 'string[]';
  /** A sentence for docs/traces.md. */
  what: string;
  /** Undefined: the span does not have it. */
  of(told: Told): Value | undefined;
}

const sum = ({ input, cacheRead, cacheWrite, cacheWrite1h = 0 }: Tokens): number =>
  input + cacheRead + cacheWrite + cacheWrite1h;

/** Of a model that answers with vectors or an order there is no output to be counted. */
const speaks = ({ operation }: Told): boolean => operation === 'chat' || operation === 'text_completion';

const some = (value: string | number | undefined): Value | undefined => value || undefined;

/** What a span holds, and nothing else: what it does not name can be in none. */
export const ATTRIBUTES: readonly Attribute[] = [
  {
    name: 'gen_ai.operation.name',
    type: 'string',
    what: '`chat`, `text_completion`, `embeddings` or `generate_content`; and, of ours, `rerank`, `count_tokens`, `apply_guardrail`',
    of: ({ operation }) => operation,
  },
  {
    name: 'gen_ai.provider.name',
    type: 'string',
    what: '`aws.bedrock`, or `aws.sagemaker`',
    of: ({ provider }) => provider,
  },
  {
    name: 'gen_ai.request.model',
    type: 'string',
    what: 'the registry’s id of the model that answered, or that was refused; absent where the tenant holds none of the name it asked for',
    of: ({ record }) => some(record.model),
  },
  {
    name: 'gen_ai.response.model',
    type: 'string',
    what: 'what AWS calls it, without region and account',
    of: ({ record, attempts }) => (attempts === 0 ? undefined : some(unlocated(record.nativeModel))),
  },
  {
    name: 'gen_ai.request.stream',
    type: 'boolean',
    what: '`true` of a stream',
    of: ({ record }) => record.action === 'stream' || undefined,
  },
  {
    name: 'gen_ai.response.finish_reasons',
    type: 'string[]',
    what: 'why the model stopped, in its own words: of those that are known, else `_OTHER`',
    of: ({ reasons }) => (reasons.length === 0 ? undefined : reasons),
  },
  {
    name: 'gen_ai.response.time_to_first_chunk',
    type: 'double',
    what: 'of a stream: seconds from the call’s start to its first byte',
    of: ({ record: { action, firstByteMs } }) =>
      action === 'stream' && firstByteMs >= 0 ? firstByteMs / 1_000 : undefined,
  },
  {
    name: 'gen_ai.usage.input_tokens',
    type: 'int',
    what: 'what was read, the cache’s part included',
    of: ({ tokens }) => tokens && sum(tokens),
  },
  {
    name: 'gen_ai.usage.output_tokens',
    type: 'int',
    what: 'what was written, reasoning included',
    of: (told) => (speaks(told) ? told.tokens?.output : undefined),
  },
  {
    name: 'gen_ai.usage.cache_read.input_tokens',
    type: 'int',
    what: 'part of the input: read from a prompt cache',
    of: ({ tokens }) => some(tokens?.cacheRead),
  },
  {
    name: 'gen_ai.usage.cache_creation.input_tokens',
    type: 'int',
    what: 'part of the input: written to one',
    of: ({ tokens }) => tokens && some(tokens.cacheWrite + (tokens.cacheWrite1h ?? 0)),
  },
  {
    name: 'gen_ai.usage.reasoning.output_tokens',
    type: 'int',
    what: 'part of the output',
    of: ({ tokens }) => some(tokens?.reasoning),
  },
  {
    name: 'error.type',
    type: 'string',
    what: 'the code of the error, as in the log and the usage record (`model_not_allowed`, `upstream_throttled`, ...); the span’s status is then an error',
    of: ({ record }) => some(record.code),
  },
  {
    name: 'aws.request_id',
    type: 'string',
    what: 'what AWS called the answer: CloudTrail and invocation logs have it',
    of: ({ record }) => record.awsRequestId,
  },
  { name: 'tollgate.tenant', type: 'string', what: 'whose call it was', of: ({ record }) => record.tenant },
  {
    name: 'tollgate.cost_center',
    type: 'string',
    what: 'whom it is charged to',
    of: ({ record }) => some(record.costCenter),
  },
  {
    name: 'tollgate.request_id',
    type: 'string',
    what: '`x-request-id` of the answer, `requestId` of every line',
    of: ({ record }) => record.requestId,
  },
  {
    name: 'tollgate.surface',
    type: 'string',
    what: 'the wire format that the caller spoke',
    of: ({ record }) => record.surface,
  },
  {
    name: 'tollgate.outcome',
    type: 'string',
    what: 'how it ended, as in [usage records](usage.md)',
    of: ({ record }) => record.outcome,
  },
  {
    name: 'tollgate.region',
    type: 'string',
    what: 'the region that was called last',
    of: ({ record }) => some(record.region),
  },
  {
    name: 'tollgate.attempts',
    type: 'int',
    what: 'how often a model was called for it; each attempt in whose place another one answered is an event of the span, `tollgate.attempt`',
    of: ({ attempts }) => attempts,
  },
  {
    name: 'tollgate.cost_usd',
    type: 'double',
    what: 'at the registry’s prices; absent where there is none. The ledger is what is billed by',
    of: ({ usd }) => usd,
  },
  {
    name: 'tollgate.tokens_estimated',
    type: 'boolean',
    what: '`true` where the model did not say what it used',
    of: ({ record }) => record.estimated || undefined,
  },
  { name: 'tollgate.tier', type: 'string', what: 'how AWS sold it, if not on demand', of: ({ record }) => record.tier },
];

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
