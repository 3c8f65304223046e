import type { Target } from '../../contract/model.ts';
import type { Tier } from '../../contract/usage.ts';
import { isEndpoint, isResource, type Operation, type ProviderRequest, type StreamEvent } from '../call.ts';
import { type Chosen, chosenBy } from './chosen.ts';
import { textBytesIn } from './estimate.ts';
import { jsonOf, member } from './json.ts';
import { madeIn } from './made.ts';
import { createPayloadReader } from './payload.ts';
import { usageOf } from './report.ts';
import { countsIn, metricsIn, saidIn, saidInHeaders } from './said.ts';
import { bothStopped, mayStop, type Stopped, stoppedIn } from './stop.ts';
import { answeredTier, headerTier } from './tier.ts';
import { both, either, type Told } from './told.ts';
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

/** What one event says. */
interface Said {
  /** By Bedrock itself. */
  bedrock?: Told;
  /** By the model's vendor, in its own members: what Bedrock does not say. Or by an agent, as far as it has gone. */
  vendor?: Told;
  tier?: unknown;
  /** What says which model a prompt router chose. */
  metadata?: unknown;
  textBytes?: number;
  images?: number;
  stopped?: Stopped | undefined;
  /** That this is all. */
  done?: boolean;
}

/** @returns what an event says, and what is left to be said of a stream that has ended */
function readerOf({ operation, tells }: ProviderRequest): { read(event: StreamEvent): Said; rest?(): Said } {
  if (operation === 'converse-stream') return { read: inConverse };
  if (isResource(operation)) {
    const read = tells?.();
    return { read: (event) => ({ vendor: read?.(event) ?? {} }) };
  }
  if (!isEndpoint(operation)) return { read: inChunk };
  const { see, rest } = createPayloadReader();
  return { read: see, rest };
}

/** @param headers of the answer, which say how InvokeModel's was sold */
export function createStreamUsage(
  request: ProviderRequest,
  target: Target,
  headers: Readonly<Record<string, string>>,
): StreamUsage {
  const { read, rest } = readerOf(request);
  const heading = saidInHeaders(headers);
  let bedrock: Told = {};
  let vendor: Told = {};
  let tier: Tier | undefined = answeredTier(target, headerTier(headers));
  let images = 0;
  let textBytes = 0;
  let done = false;
  let stopped: Stopped = {};
  let chosen: Chosen = {};
  const told = (): Told => either(bedrock, either(vendor, heading));
  const settled = (): boolean => done || (bedrock.input !== undefined && bedrock.output !== undefined);
  const add = (said: Said): void => {
    const before = told().output ?? 0;
    bedrock = both(bedrock, said.bedrock ?? {});
    vendor = both(vendor, said.vendor ?? {});
    tier = answeredTier(target, said.tier) ?? tier;
    chosen = { ...chosen, ...chosenBy(target, said.metadata) };
    images += said.images ?? 0;
    done ||= said.done === true;
    if (said.stopped !== undefined) stopped = bothStopped(stopped, said.stopped);
    // A count of the output is of all that came up to it; what came after it is not in it.
    const output = said.bedrock?.output ?? said.vendor?.output ?? -1;
    textBytes = output >= before ? 0 : textBytes + (said.textBytes ?? 0);
  };
  return {
    see: (event) => add(read(event)),
    settled,
    usage() {
      if (rest !== undefined) add(rest());
      const usage = usageOf(request, target, told(), { made: { images, embeddings: 0 }, textBytes, whole: settled() });
      return { ...usage, ...stopped, ...chosen, ...(tier === undefined ? {} : { tier }) };
    },
  };
}

/** ConverseStream says everything in its `metadata`, which is its last event. */
function inConverse({ type, payload }: StreamEvent): Said {
  switch (type) {
    case 'contentBlockStart':
    case 'contentBlockDelta': {
      const event = jsonOf(payload);
      return { textBytes: textBytesIn(member(event, type === 'contentBlockStart' ? 'start' : 'delta')) };
    }
    case 'metadata': {
      const metadata = jsonOf(payload);
      return {
        bedrock: countsIn(member(metadata, 'usage')),
        tier: member(member(metadata, 'serviceTier'), 'type'),
        stopped: stoppedIn('converse-stream', metadata),
        metadata,
      };
    }
    case 'messageStop':
      return { stopped: stoppedIn('converse-stream', jsonOf(payload)) };
    default:
      return {};
  }
}

/**
 * InvokeModelWithResponseStream: Bedrock's counts are in the last chunk, beside the vendor's own members. What they do not
 * say (how long the cache keeps what was written, reasoning) or what a stream that broke off did not get to, the vendor may
 * have said in any chunk: Anthropic in its `message_start` and `message_delta`, Meta in each, others in their last ones.
 */
function inChunk({ type, payload }: StreamEvent): Said {
  const encoded = type === 'chunk' ? member(jsonOf(payload), 'bytes') : undefined;
  if (typeof encoded !== 'string') return {};
  const bytes = Buffer.from(encoded, 'base64');
  const chunk = jsonOf(bytes);
  return {
    bedrock: metricsIn(chunk),
    vendor: saidIn(chunk),
    images: madeIn(chunk).images,
    textBytes: chunk === undefined ? bytes.byteLength : textBytesIn(chunk),
    stopped: mayStop(bytes) ? stoppedIn('invoke-with-response-stream', chunk) : undefined,
  };
}
