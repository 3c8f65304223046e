import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import type { StreamEvent } from '../../call.ts';
import { setMember, withoutMember } from '../../grants/member.ts';
import { cutShort, isFault, malformedAnswer, members, parse, unreadable } from '../converse.ts';
import { publicError } from '../public-error.ts';
import type { Translation } from '../relay.ts';
import { sseText } from '../sse.ts';
import { citationsOf } from './citations.ts';
import { anthropicError } from './error.ts';
import { begun, ending, type MessageBase, textBlock, usageOf } from './message.ts';
import { isStopped } from './own.ts';

/**
 * Streams (https://platform.claude.com/docs/en/build-with-claude/streaming): `message_start`, for each block its start, deltas and
 * stop, `message_delta` with how it ended and what it cost, `message_stop`; `ping` while the model is silent. A break is an `error`
 * event, and no `message_stop`.
 */

const PING = sseText('{"type":"ping"}', 'ping');

function written(event: { type: string; [member: string]: unknown }): Uint8Array {
  return sseText(JSON.stringify(event), event.type);
}

function common(requestId: string): Pick<Translation, 'broken' | 'silent'> {
  return {
    broken: (error) => sseText(JSON.stringify(anthropicError(publicError(error), undefined, requestId).body), 'error'),
    silent: () => PING,
  };
}

type BlockStart = { type: string } & Record<string, unknown>;

/**
 * ConverseStream's events -> Anthropic's. What was read is not known before the end there, so `message_start` says 0, and
 * `message_delta` all of it. For one stream; it remembers what has passed.
 */
export function converseEvents(base: MessageBase, requestId: string): Translation {
  /** Of the blocks so far; Converse begins one by its first delta, unless it calls a tool. */
  let index = -1;
  let open: { of: unknown; type: string } | undefined;
  let ended: ReturnType<typeof ending> | undefined;
  let faulty = false;

  const stop = (): Uint8Array[] => {
    if (open === undefined) return [];
    open = undefined;
    return [written({ type: 'content_block_stop', index })];
  };
  const start = (of: unknown, content_block: BlockStart): Uint8Array[] => {
    if (open?.of === of && open?.type === content_block.type) return [];
    const before = stop();
    open = { of, type: content_block.type };
    index += 1;
    return [...before, written({ type: 'content_block_start', index, content_block })];
  };
  const delta = (change: object): Uint8Array => written({ type: 'content_block_delta', index, delta: change });

  function deltas({ contentBlockIndex: of, delta: given }: Record<string, unknown>): Uint8Array[] {
    const { text, toolUse, reasoningContent, citation } = members(given);
    if (typeof text === 'string')
      return text === '' ? [] : [...start(of, textBlock('') as BlockStart), delta({ type: 'text_delta', text })];
    if (toolUse !== undefined) return [delta({ type: 'input_json_delta', partial_json: members(toolUse).input ?? '' })];
    if (citation !== undefined)
      return citationsOf(citation).flatMap((one) => [
        ...start(of, textBlock('') as BlockStart),
        delta({ type: 'citations_delta', citation: one }),
      ]);
    const { text: thinking, signature, redactedContent } = members(reasoningContent);
    if (typeof redactedContent === 'string') return start(of, { type: 'redacted_thinking', data: redactedContent });
    const changes = [
      ...(typeof thinking === 'string' && thinking !== '' ? [{ type: 'thinking_delta', thinking }] : []),
      ...(typeof signature === 'string' ? [{ type: 'signature_delta', signature }] : []),
    ];
    if (changes.length === 0) return [];
    return [...start(of, { type: 'thinking', thinking: '', signature: '' }), ...changes.map(delta)];
  }

  function pieces({ type, payload }: StreamEvent): Uint8Array[] {
    const event = members(parse(payload));
    switch (type) {
      case 'messageStart':
        return [written({ type: 'message_start', message: { ...begun(base), usage: usageOf({}, undefined) } })];
      case 'contentBlockStart': {
        const { toolUseId: id, name } = members(members(event.start).toolUse);
        if (id === undefined) return [];
        return start(event.contentBlockIndex, { type: 'tool_use', id, name, input: {} });
      }
      case 'contentBlockDelta':
        return deltas(event);
      case 'contentBlockStop':
        return stop();
      case 'messageStop':
        faulty = isFault(event.stopReason);
        ended = ending(event.stopReason, base, event.additionalModelResponseFields);
        return stop();
      case 'metadata': {
        if (ended === undefined || faulty) return [];
        const usage = usageOf(event.usage, members(event.serviceTier).type);
        return [written({ type: 'message_delta', delta: { ...ended, stop_details: null, container: null }, usage })];
      }
      default:
        return [];
    }
  }

  return {
    event(event) {
      const all = pieces(event);
      return all.length === 0 ? null : Buffer.concat(all);
    },
    end() {
      if (ended === undefined) throw cutShort();
      if (faulty) throw malformedAnswer();
      return written({ type: 'message_stop' });
    },
    ...common(requestId),
  };
}

/** As every event of Claude's begins. */
const TYPE = /^\{"type":"([a-z_]{1,64})"/;

/** What Bedrock adds to the last event of a model's: its own counts, and what its guardrails found. */
const METRICS = 'amazon-bedrock-invocationMetrics';
const TRACE = 'amazon-bedrock-trace';

/** InvokeModelWithResponseStream's pieces, each of which is an event of Claude's. For one stream. */
export function ownEvents(
  requestId: string,
  { trace, guardrail }: Pick<AllowedModel, 'trace' | 'guardrail'>,
): Translation {
  const dropped = trace === true ? [METRICS] : [METRICS, TRACE];
  let over = false;
  let stopped = false;
  /** Under a guardrail: how the answer ended, until the event behind it has come, which may be what says that it was stopped. */
  let last: Buffer | undefined;

  function guarded(json: Buffer, text: string, type: string): Uint8Array | null {
    stopped ||= isStopped(json);
    if (type === 'message_delta') {
      last = json;
      return null;
    }
    if (last === undefined) return sseText(text, type);
    const end = stopped ? setMember(last, ['delta', 'stop_reason'], 'refusal') : last;
    last = undefined;
    return Buffer.concat([sseText(Buffer.from(end).toString('utf8'), 'message_delta'), sseText(text, type)]);
  }

  return {
    event({ type: frame, payload }) {
      if (frame !== 'chunk') return null;
      const encoded = members(parse(payload)).bytes;
      if (typeof encoded !== 'string') throw unreadable();
      let json = Buffer.from(encoded, 'base64');
      for (const name of dropped) if (json.includes(`"${name}"`)) json = Buffer.from(withoutMember(json, name));
      const text = json.toString('utf8');
      const type = TYPE.exec(text)?.[1] ?? members(parse(json)).type;
      if (typeof type !== 'string') throw unreadable();
      if (type === 'error') throw failed(members(members(parse(json)).error).type);
      over ||= type === 'message_stop';
      return guardrail === undefined ? sseText(text, type) : guarded(json, text, type);
    },
    end() {
      if (!over) throw cutShort();
      return null;
    },
    ...common(requestId),
  };
}

/** What Claude itself ends a stream with; its words may quote the prompt. */
function failed(type: unknown): TollgateError {
  return new TollgateError(type === 'overloaded_error' ? 'upstream_unavailable' : 'upstream_failed', {
    reason: 'error-event',
  });
}
