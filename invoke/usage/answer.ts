import type { Target } from '../../contract/model.ts';
import type { Tier } from '../../contract/usage.ts';
import type { ProviderRequest } from '../call.ts';
import { bodyUsage } from './body.ts';
import { ofConverse } from './converse.ts';
import { estimate, textBytes } from './estimate.ts';
import { jsonOf, member } from './json.ts';
import { imagesAsked, type Made, madeIn } from './made.ts';
import { usageOf } from './report.ts';
import { answeredTier, headerTier } from './tier.ts';
import { NO_USAGE, type Usage } from './usage.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * What an answer in one piece cost: Converse says so in its body, InvokeModel in headers, CountTokens costs nothing.
 *
 * @param body what came of it; undefined when it was lost
 */
export function usageOfAnswer(
  request: ProviderRequest,
  target: Target,
  headers: Headers,
  body: Uint8Array | undefined,
): Usage {
  if (request.operation === 'count-tokens') return NO_USAGE;
  const answer = body === undefined ? undefined : jsonOf(body);
  const guess = (): Usage => estimate(request, target, body === undefined ? 0 : textBytes(body));
  if (request.operation === 'converse') {
    const usage = ofConverse(member(answer, 'usage')) ?? guess();
    return { ...usage, ...soldAs(target, member(member(answer, 'serviceTier'), 'type')) };
  }
  const asked = (): Made => ({ images: imagesAsked(request, target), embeddings: 0 });
  const made = body === undefined ? asked() : madeIn(answer);
  // Images are sold by the image: a model that makes them need not count tokens, also where all were filtered.
  const uncounted = !COUNTS.some((name) => headers[name] !== undefined) && (made.images || asked().images) > 0;
  const usage = withMade(ofInvokeModel(headers, answer) ?? (uncounted ? NO_USAGE : guess()), made);
  const { images = 0, cacheWrite } = usage.tokens;
  // The headers are a whole report but for these two: what was made, and how long the cache keeps what was written.
  const estimated = usage.estimated || (body === undefined && images + cacheWrite > 0);
  return { ...usage, estimated, ...soldAs(target, headerTier(headers)) };
}

const COUNTS = ['x-amzn-bedrock-input-token-count', 'x-amzn-bedrock-output-token-count'];

/** Bedrock's own counts, in headers, with what the vendor's body says beyond them. */
function ofInvokeModel(headers: Headers, answer: unknown): Usage | undefined {
  const said = bodyUsage(member(answer, 'usage'));
  return usageOf({
    input: headerCount(headers, 'x-amzn-bedrock-input-token-count'),
    // An embedding has no output, and says so by leaving the header out.
    output: headerCount(headers, 'x-amzn-bedrock-output-token-count') ?? 0,
    cacheRead: headerCount(headers, 'x-amzn-bedrock-cache-read-input-token-count') ?? said.cacheRead,
    cacheWrite: headerCount(headers, 'x-amzn-bedrock-cache-write-input-token-count') ?? said.cacheWrite,
    split: said.split,
    reasoning: said.reasoning,
  });
}

/** Undefined when there is no such header, its text when that is no number. */
function headerCount(headers: Headers, name: string): unknown {
  const text = headers[name];
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : text;
}

function withMade(usage: Usage, { images, embeddings }: Made): Usage {
  const { images: _, ...tokens } = usage.tokens;
  return {
    ...usage,
    tokens: { ...tokens, ...(images > 0 ? { images } : {}), ...(embeddings > 0 ? { embeddings } : {}) },
  };
}

function soldAs(target: Target, named: unknown): { tier?: Tier } {
  const tier = answeredTier(target, named);
  return tier === undefined ? {} : { tier };
}
