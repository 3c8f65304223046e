import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { runtimeOf } from '../../../policies/kinds.ts';
import { checkUnsteered } from '../../grants/guardrail.ts';
import { withMembers } from '../../grants/member.ts';
import { TIER_HEADER } from '../../usage/tier.ts';
import { cutShort, members, parse, unreadable } from '../converse.ts';
import { type Members, unsupported } from '../fields.ts';
import { publicError } from '../public-error.ts';
import type { Translation } from '../relay.ts';
import { SSE_DONE, SSE_SILENT, sseEvent } from '../sse.ts';
import type { CompletionBase } from './completion.ts';
import { openaiError } from './error.ts';
import { createThoughts, type Told } from './thoughts.ts';
import { completionUsage, type MoreUsage, serviceTier } from './usage.ts';

/**
 * Models that take OpenAI's own form: OpenAI's open-weight ones by InvokeModel
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html), and containers. What the caller wrote
 * goes to the model as it is, and the answer comes back with every member that it has.
 */

/** Bedrock's own members of a body, which say what a guardrail found, and what the call cost. */
const BEDROCKS = 'amazon-bedrock-';

/**
 * @param body as it came, and what it holds
 * @returns the same bytes but for what the path and the operation say, and for the tier, which is a header of InvokeModel's: that
 *   is what grants and prices look at
 * @throws TollgateError `invalid_request` for what steers a guardrail, and for a picture by its address
 */
export function ownBody(body: Uint8Array, asked: Members, stream: boolean, { target }: AllowedModel): Uint8Array {
  checkUnsteered(asked);
  refuseAddresses(asked.messages);
  // A container is told in its body, and says what a stream cost only if it is asked to.
  const told = stream && runtimeOf(target) !== 'bedrock-runtime';
  return withMembers(body, {
    model: undefined,
    service_tier: undefined,
    stream: told ? true : undefined,
    stream_options: told ? { include_usage: true } : undefined,
  });
}

/** Of a model on Bedrock. @throws TollgateError `invalid_request` */
export function ownHeaders({ service_tier: tier }: Members, { target }: AllowedModel): Record<string, string> {
  if (runtimeOf(target) !== 'bedrock-runtime' || tier == null || tier === 'auto' || tier === 'default') return {};
  if (tier !== 'flex' && tier !== 'priority' && tier !== 'fast') throw unsupported('service_tier');
  return { [TIER_HEADER]: tier === 'flex' ? 'flex' : 'priority' };
}

/** A container would fetch them, from within the network. */
function refuseAddresses(messages: Json | undefined): void {
  if (!Array.isArray(messages)) return;
  messages.forEach((message, m) => {
    const { content } = members(message);
    if (!Array.isArray(content)) return;
    content.forEach((part, p) => {
      for (const [name, value] of Object.entries(members(part))) {
        const url = typeof value === 'string' && name.endsWith('_url') ? value : members(value).url;
        if (typeof url === 'string' && !/^data:/i.test(url))
          throw unsupported(
            `messages[${m}].content[${p}].${name}.url`,
            'Addresses are never fetched: send a data URL.',
          );
      }
    });
  });
}

/**
 * @param tier how it was sold, as Bedrock names it
 * @throws TollgateError `upstream_failed` when the bytes are no completion
 */
export function ownCompletion(base: CompletionBase, body: Uint8Array, tier?: string, more?: MoreUsage): Json {
  const { shown, intervened } = shownIn(parse(body));
  const { choices } = shown;
  if (!Array.isArray(choices)) throw unreadable();
  return {
    created: base.created,
    ...(shown as Members),
    ...{ id: base.id, model: base.model, ...serviceTier({ type: tier }) },
    ...(more && { usage: { ...(members(shown.usage) as Members), ...more() } }),
    choices: choices.map((choice: unknown) => {
      const { message, ...rest } = members(choice);
      const { content, ...said } = members(message);
      const { text, thought } = typeof content === 'string' ? wholeThoughts(content) : {};
      return {
        ...(rest as Members),
        message: {
          ...(said as Members),
          content: text ?? ((content ?? null) as Json),
          ...(thought && { reasoning_content: thought }),
        },
        ...(intervened && { finish_reason: 'content_filter' }),
      };
    }),
  };
}

function wholeThoughts(content: string): Told {
  const thoughts = createThoughts();
  const { text = '', thought = '' } = thoughts.push(content);
  const { text: last = '', thought: lastThought = '' } = thoughts.end();
  return { text: text + last, thought: thought + lastThought };
}

/** What is the model's own in what came, and what Bedrock says beside it. @param came parsed, and nobody else's */
function shownIn(came: unknown): { shown: Record<string, unknown>; intervened: boolean; metrics: unknown } {
  const shown = members(came);
  let intervened = false;
  let metrics: unknown;
  for (const name of Object.keys(shown)) {
    if (!name.startsWith(BEDROCKS)) continue;
    if (name === `${BEDROCKS}invocationMetrics`) metrics = shown[name];
    if (name === `${BEDROCKS}guardrailAction`) intervened = shown[name] === 'INTERVENED';
    delete shown[name];
  }
  return { shown, intervened, metrics };
}

/**
 * The chunks of InvokeModelWithResponseStream, or a container's, as server-sent events. For one stream.
 *
 * @param more is known when the stream has ended: the usage, whatever chunk the model has it in, then comes last
 */
export function ownChunks(base: CompletionBase, includeUsage: boolean, more?: MoreUsage): Translation {
  const thoughts = createThoughts();
  let finished = false;
  let toldUsage = false;
  /** What the model says of it, where it is to come last. */
  let said: unknown;
  let counts: unknown;

  function shownChoice(choice: unknown, intervened: boolean): Record<string, unknown> {
    const { delta, finish_reason: reason, ...rest } = members(choice);
    const { content, ...more } = members(delta);
    const told = typeof content === 'string' ? thoughts.push(content) : {};
    const last = reason == null ? {} : thoughts.end();
    if (reason != null) finished = true;
    const text = (told.text ?? '') + (last.text ?? '');
    const thought = (told.thought ?? '') + (last.thought ?? '');
    return {
      ...rest,
      delta: {
        ...more,
        ...(text !== '' || content === '' ? { content: text } : {}),
        ...(thought === '' ? {} : { reasoning_content: thought }),
      },
      finish_reason: reason != null && intervened ? 'content_filter' : (reason ?? null),
    };
  }

  return {
    event({ type, payload }) {
      const { bytes } = type === 'chunk' ? members(parse(payload)) : {};
      if (typeof bytes !== 'string') return null;
      const { shown, intervened, metrics } = shownIn(parse(Buffer.from(bytes, 'base64')));
      counts = metrics ?? counts;
      if (shown.error !== undefined) throw new TollgateError('upstream_failed', { reason: 'upstream-error' });
      const { choices, usage, ...rest } = shown;
      if (more !== undefined) said = usage ?? said;
      if (!Array.isArray(choices) || (choices.length === 0 && (!includeUsage || more !== undefined))) return null;
      toldUsage ||= usage != null && more === undefined;
      const chunk = { ...rest, ...{ id: base.id, model: base.model } };
      const given = choices.map((choice) => shownChoice(choice, intervened));
      // What is held back until it is known to be text or thought.
      if (given.length > 0 && given.every(saysNothing)) return null;
      return sseEvent({
        ...chunk,
        choices: given,
        ...(includeUsage ? { usage: (more === undefined && usage) || null } : {}),
      });
    },
    end() {
      if (!finished) throw cutShort();
      if (!includeUsage || toldUsage) return SSE_DONE;
      const { id, created, model } = base;
      const usage = { ...(said ?? completionUsage(fromMetrics(counts))), ...more?.() };
      return Buffer.concat([
        sseEvent({ id, object: 'chat.completion.chunk', created, model, choices: [], usage }),
        SSE_DONE,
      ]);
    },
    broken: (error) => sseEvent(openaiError(publicError(error)).body),
    silent: () => SSE_SILENT,
  };
}

function saysNothing({ delta, finish_reason }: Record<string, unknown>): boolean {
  return finish_reason === null && Object.keys(members(delta)).length === 0;
}

/** Bedrock's counts of a stream, as Converse names them. */
function fromMetrics(metrics: unknown): Record<string, unknown> {
  const { inputTokenCount, outputTokenCount, cacheReadInputTokenCount, cacheWriteInputTokenCount } = members(metrics);
  return {
    inputTokens: inputTokenCount,
    outputTokens: outputTokenCount,
    cacheReadInputTokens: cacheReadInputTokenCount,
    cacheWriteInputTokens: cacheWriteInputTokenCount,
  };
}
