import type { Target } from '../../contract/model.ts';
import type { Tokens } from '../../contract/usage.ts';
import type { Operation, ProviderRequest, StreamEvent } from '../call.ts';
import { type BodyUsage, bodyUsage } from './body.ts';
import { ofConverse } from './converse.ts';
import { estimate, textBytes, textBytesIn } from './estimate.ts';
import { jsonOf, member } from './json.ts';
import { madeIn } from './made.ts';
import { usageOf } from './report.ts';
import { answeredTier, headerTier } from './tier.ts';
import type { Usage } from './usage.ts';

/** Reads a stream's events as they pass by. */
export interface StreamUsage {
  see(event: StreamEvent): void;
  /** Whether the provider has said what the call cost, which it does in its last event. */
  settled(): boolean;
  usage(): Usage;
}

/** Whether a stream of this operation always ends with an event that says what it cost. */
export function endsWithUsage(operation: Operation): boolean {
  return operation === 'converse-stream';
}

/** @param headers of the answer, which say how InvokeModel's was sold */
export function createStreamUsage(
  request: ProviderRequest,
  target: Target,
  headers: Readonly<Record<string, string>>,
): StreamUsage {
  const reader = request.operation === 'converse-stream' ? converseReader() : chunkReader(headerTier(headers));
  return {
    see: (event) => reader.see(event),
    settled: () => reader.found() !== undefined,
    usage() {
      const { tokens, estimated } =
        reader.found() ?? broken(estimate(request, target, reader.textBytes()), reader.told());
      const tier = answeredTier(target, reader.tier());
      return { tokens, estimated, ...(tier === undefined ? {} : { tier }) };
    },
  };
}

/** A stream that broke off may have said at its beginning what its prompt was: then only the output is a guess. */
function broken(guess: Usage, told: Partial<Tokens>): Usage {
  return { tokens: { ...guess.tokens, ...told }, estimated: true };
}

interface Reader {
  see(event: StreamEvent): void;
  /** The report, once it came. */
  found(): Usage | undefined;
  /** What was said before it. */
  told(): Partial<Tokens>;
  tier(): unknown;
  /** Bytes of text that came. */
  textBytes(): number;
}

/** ConverseStream says everything in its `metadata`, which is its last event. */
function converseReader(): Reader {
  let found: Usage | undefined;
  let tier: unknown;
  let seen = 0;
  return {
    see({ type, payload }) {
      if (type === 'contentBlockDelta') seen += textBytes(payload);
      if (type !== 'metadata') return;
      const metadata = jsonOf(payload);
      found = ofConverse(member(metadata, 'usage'));
      tier = member(member(metadata, 'serviceTier'), 'type');
    },
    found: () => found,
    told: () => ({}),
    tier: () => tier,
    textBytes: () => seen,
  };
}

const METRICS = 'amazon-bedrock-invocationMetrics';

/**
 * InvokeModelWithResponseStream: Bedrock's counts are in the last chunk, beside the vendor's own members. What they do not
 * say (how long the cache keeps what was written, reasoning) the vendor may, in any chunk: Anthropic in its
 * `message_start` and `message_delta`, others in a `usage` of their last ones.
 */
function chunkReader(tier: unknown): Reader {
  let metrics: unknown;
  let said: BodyUsage = bodyUsage(undefined);
  let images = 0;
  let seen = 0;
  const found = (): Usage | undefined => {
    const usage = usageOf({
      input: member(metrics, 'inputTokenCount'),
      output: member(metrics, 'outputTokenCount'),
      cacheRead: member(metrics, 'cacheReadInputTokenCount') ?? said.cacheRead,
      cacheWrite: member(metrics, 'cacheWriteInputTokenCount') ?? said.cacheWrite,
      split: said.split,
      reasoning: said.reasoning,
    });
    return usage && { ...usage, tokens: { ...usage.tokens, ...(images > 0 ? { images } : {}) } };
  };
  return {
    see({ type, payload }) {
      const encoded = type === 'chunk' ? member(jsonOf(payload), 'bytes') : undefined;
      if (typeof encoded !== 'string') return;
      const bytes = Buffer.from(encoded, 'base64');
      const chunk = jsonOf(bytes);
      said = { ...said, ...defined(bodyUsage(usageIn(chunk))) };
      images += madeIn(chunk).images;
      metrics = member(chunk, METRICS) ?? metrics;
      if (found() === undefined) seen += chunk === undefined ? bytes.byteLength : textBytesIn(chunk);
    },
    found,
    told() {
      const { input, cacheRead, cacheWrite } = said;
      // As if it were over: what of the prompt was read and written does not change any more.
      const usage = usageOf({ input, output: 0, cacheRead, cacheWrite, split: said.split });
      if (usage === undefined) return images > 0 ? { images } : {};
      const { output: _, ...prompt } = usage.tokens;
      return { ...prompt, ...(images > 0 ? { images } : {}) };
    },
    tier: () => tier,
    textBytes: () => seen,
  };
}

/** Where a chunk has it: by itself, in Anthropic's `message_start`, or in Amazon Nova's `metadata`. */
function usageIn(chunk: unknown): unknown {
  return (
    member(chunk, 'usage') ?? member(member(chunk, 'message'), 'usage') ?? member(member(chunk, 'metadata'), 'usage')
  );
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
