import { TollgateError } from '../../../contract/errors.ts';
import { ESTIMATE_BYTES_PER_TOKEN } from '../../../contract/limits/invoke.ts';
import type { Container } from '../../../contract/model.ts';
import type { StreamEvent } from '../../call.ts';
import { type Block, type ConverseAnswer, type ConverseRequest, members, parse, unreadable } from '../converse.ts';
import { createChunks, eventOf } from './chunks.ts';
import { answerFormat, outputEffort, refuseOthers, textOf, unfit } from './converse.ts';

/**
 * Converse as `{inputs, parameters}`, which JumpStart's containers, TGI and LMI take
 * (https://huggingface.co/docs/text-generation-inference/basic_tutorials/consuming_tgi). The model is given one text: of a
 * single question the question itself; of a longer conversation its turns in order, each behind who said it, and the instructions
 * before them. Whoever needs the model's own template sends it natively.
 *
 * @throws TollgateError `invalid_request` naming what this form has no place for
 */
export function generateBody(asked: ConverseRequest, stream: boolean, container: Container): object {
  refuseOthers(asked);
  if (asked.toolConfig !== undefined) throw unfit('tools', 'tools');
  if (answerFormat(asked) !== undefined) throw unfit('a schema of the answer', 'response_format');
  if (Object.keys(outputEffort(asked)).length > 0) throw unfit('how hard to think', 'reasoning_effort');
  const { maxTokens, temperature, topP, stopSequences = [] } = asked.inferenceConfig ?? {};
  const { inputs, turns } = promptOf(asked);
  const stop = turns ? [...stopSequences, `\n${NAMES.user}:`] : stopSequences;
  return {
    inputs,
    parameters: {
      ...(maxTokens !== undefined && { max_new_tokens: maxTokens }),
      // 0 and 1 are what no sampling and no limit are, which these parameters cannot be.
      ...(temperature !== undefined && (temperature > 0 ? { do_sample: true, temperature } : { do_sample: false })),
      ...(topP !== undefined && topP < 1 && { top_p: topP }),
      ...(stop.length > 0 && { stop }),
      return_full_text: false,
      // It says why the answer ended; a container that does not know it refuses the call.
      ...(container !== 'jumpstart' && { details: true }),
    },
    ...(stream && { stream: true }),
  };
}

const NAMES = { user: 'User', assistant: 'Assistant' } as const;

function promptOf({ system = [], messages }: ConverseRequest): { inputs: string; turns: boolean } {
  const told = system.flatMap((block) => ('text' in block ? [block.text] : []));
  const turns = messages.map(({ role, content }, at) => ({ role, text: wordsOf(content, `messages[${at}].content`) }));
  const [only] = turns;
  if (turns.length === 1 && told.length === 0 && only?.role === 'user') return { inputs: only.text, turns: false };
  const lines = turns.map(({ role, text }) => `${NAMES[role]}: ${text}`);
  // The answer goes on from what the assistant has begun, where the last turn is its own.
  if (turns.at(-1)?.role !== 'assistant') lines.push(`${NAMES.assistant}:`);
  return { inputs: [...told, lines.join('\n')].join('\n\n'), turns: true };
}

function wordsOf(content: readonly Block[], at: string): string {
  return content
    .flatMap((block) => {
      if ('cachePoint' in block || 'reasoningContent' in block) return [];
      if ('toolUse' in block || 'toolResult' in block) throw unfit('tools', at);
      if ('image' in block) throw unfit('pictures', at);
      const text = textOf(block);
      if (text === undefined) throw unfit('documents other than text', at);
      return [text];
    })
    .join('\n');
}

/** @throws TollgateError `upstream_failed` when the bytes are no such answer */
export function generateAnswer(body: Uint8Array): ConverseAnswer {
  let value = parse(body);
  // TGI writes an object, JumpStart a list of one, or a list of such lists.
  while (Array.isArray(value)) value = value[0];
  const { generated_text: text, details } = members(value);
  if (typeof text !== 'string') throw unreadable();
  return {
    output: { message: { role: 'assistant', content: text === '' ? [] : [{ text }] } },
    stopReason: stopReasonOf(details),
    usage: {},
  };
}

function stopReasonOf(details: unknown): string {
  const { finish_reason: reason } = members(details);
  return reason === 'length' ? 'max_tokens' : reason === 'stop_sequence' ? 'stop_sequence' : 'end_turn';
}

/** TGI's and JumpStart's server-sent events, and LMI's lines, an object a token. For one stream. @param sentBytes of the request */
export function generateEvents(sentBytes: number): (event: StreamEvent | null) => StreamEvent[] {
  const chunks = createChunks();
  let begun = false;
  let details: unknown;
  let textBytes = 0;

  function* begin(): Generator<StreamEvent> {
    if (!begun) yield eventOf('messageStart', { role: 'assistant' });
    begun = true;
  }
  function* chunk(json: string): Generator<StreamEvent> {
    const came = members(parse(Buffer.from(json)));
    if (came.error !== undefined) throw new TollgateError('model_failed', { reason: 'container-error' });
    yield* begin();
    const { text, special } = members(came.token);
    details = came.details ?? details;
    if (typeof text === 'string') textBytes += Buffer.byteLength(text);
    if (typeof text === 'string' && text !== '' && special !== true)
      yield eventOf('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });
  }

  return (event) => {
    const events = chunks.of(event).flatMap((json) => [...chunk(json)]);
    if (event !== null) return events;
    events.push(...begin());
    const stopReason = stopReasonOf(details);
    events.push(eventOf('contentBlockStop', { contentBlockIndex: 0 }));
    events.push(
      eventOf('messageStop', { stopReason }),
      eventOf('metadata', { usage: estimated(sentBytes, textBytes) }),
    );
    return events;
  };
}

/** As its record has it: this form has no counts. */
function estimated(sentBytes: number, textBytes: number): object {
  const inputTokens = Math.max(1, Math.ceil(sentBytes / ESTIMATE_BYTES_PER_TOKEN));
  const outputTokens = Math.ceil(textBytes / ESTIMATE_BYTES_PER_TOKEN);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}
