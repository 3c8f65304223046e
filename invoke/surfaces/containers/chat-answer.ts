import { TollgateError } from '../../../contract/errors.ts';
import type { StreamEvent } from '../../call.ts';
import { type ConverseAnswer, cutShort, members, parse, unreadable } from '../converse.ts';
import { createChunks, eventOf } from './chunks.ts';

/** OpenAI's completions and chunks, as LMI (vLLM) and TGI write them, as Converse's answers and events. */

/** @throws TollgateError `upstream_failed` when the bytes are no completion */
export function chatAnswer(body: Uint8Array): ConverseAnswer {
  const { choices, usage } = members(parse(body));
  const choice = Array.isArray(choices) ? members(choices[0]) : undefined;
  if (choice === undefined || choice.message === undefined) throw unreadable();
  const { content, tool_calls, ...said } = members(choice.message);
  const thought = said.reasoning_content ?? said.reasoning;
  const calls = (Array.isArray(tool_calls) ? tool_calls : []).map((call: unknown, at) => {
    const { id, name, args } = callIn(call, at);
    return { toolUse: { toolUseId: id, name, input: args === '' ? {} : parse(Buffer.from(args)) } };
  });
  return {
    output: {
      message: {
        role: 'assistant',
        content: [
          ...(isSaid(thought) ? [{ reasoningContent: { reasoningText: { text: thought } } }] : []),
          ...(isSaid(content) ? [{ text: content }] : []),
          ...calls,
        ],
      },
    },
    stopReason: stopReasonOf(choice, calls.length > 0),
    usage: usageOf(usage),
  };
}

const isSaid = (text: unknown): text is string => typeof text === 'string' && text !== '';

/** TGI has written arguments as an object, and numbers for ids. */
function callIn(call: unknown, at: number): { id: string; name: unknown; args: string } {
  const { id, function: called } = members(call);
  const { name, arguments: args } = members(called);
  return {
    id: typeof id === 'string' && /^[\w-]{2,64}$/.test(id) ? id : `call_${at}`,
    name,
    args: typeof args === 'string' ? args : args == null ? '' : JSON.stringify(args),
  };
}

const STOPS: Readonly<Record<string, string>> = {
  length: 'max_tokens',
  content_filter: 'content_filtered',
  stop_sequence: 'stop_sequence',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
};

/** A tool that had to be called ends with `stop` for vLLM; of a stop sequence it says which one it was. */
function stopReasonOf(
  { finish_reason: reason, stop_reason: sequence }: Record<string, unknown>,
  called: boolean,
): string {
  if (called) return reason === 'length' ? 'max_tokens' : 'tool_use';
  if (reason === 'stop' && typeof sequence === 'string') return 'stop_sequence';
  return STOPS[String(reason)] ?? 'end_turn';
}

/** Of OpenAI's input what was read from a cache is a part; of Converse's it is none. */
function usageOf(usage: unknown): Record<string, unknown> {
  const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: details } = members(usage);
  if (typeof input !== 'number' || typeof output !== 'number') return {};
  const { cached_tokens: cached } = members(details);
  const read = typeof cached === 'number' && cached <= input ? cached : 0;
  return {
    inputTokens: input - read,
    outputTokens: output,
    totalTokens: input + output,
    ...(read > 0 && { cacheReadInputTokens: read }),
  };
}

/** For one stream. */
export function chatEvents(): (event: StreamEvent | null) => StreamEvent[] {
  const chunks = createChunks();
  let begun = false;
  let index = -1;
  /** What the open block is: `text`, `thought`, or the place of a call. */
  let open: string | number | undefined;
  let called = false;
  let finish: Record<string, unknown> | undefined;
  let usage: Record<string, unknown> = {};

  function* close(): Generator<StreamEvent> {
    if (open !== undefined) yield eventOf('contentBlockStop', { contentBlockIndex: index });
    open = undefined;
  }
  function* block(is: string | number, start?: object): Generator<StreamEvent> {
    if (open === is) return;
    yield* close();
    open = is;
    index++;
    if (start !== undefined) yield eventOf('contentBlockStart', { contentBlockIndex: index, start });
  }
  const delta = (said: object): StreamEvent => eventOf('contentBlockDelta', { contentBlockIndex: index, delta: said });

  function* spoken(said: Record<string, unknown>): Generator<StreamEvent> {
    const thought = said.reasoning_content ?? said.reasoning;
    if (isSaid(thought)) {
      yield* block('thought');
      yield delta({ reasoningContent: { text: thought } });
    }
    if (isSaid(said.content)) {
      yield* block('text');
      yield delta({ text: said.content });
    }
    const calls = Array.isArray(said.tool_calls) ? said.tool_calls : said.tool_calls == null ? [] : [said.tool_calls];
    for (const [at, call] of calls.entries()) {
      const { index: place = at } = members(call);
      const { id, name, args } = callIn(call, Number(place));
      called = true;
      if (open !== place) yield* block(Number(place), { toolUse: { toolUseId: id, name } });
      if (args !== '') yield delta({ toolUse: { input: args } });
    }
  }

  function* chunk(json: string): Generator<StreamEvent> {
    const { choices, usage: told, error } = members(parse(Buffer.from(json)));
    if (error !== undefined) throw new TollgateError('model_failed', { reason: 'container-error' });
    if (!begun) yield eventOf('messageStart', { role: 'assistant' });
    begun = true;
    const counts = usageOf(told);
    if (counts.inputTokens !== undefined) usage = counts;
    const choice = Array.isArray(choices) && choices.length > 0 ? members(choices[0]) : undefined;
    if (choice === undefined) return;
    yield* spoken(members(choice.delta));
    if (choice.finish_reason == null) return;
    finish = choice;
    yield* close();
  }

  return (event) => {
    const events = chunks.of(event).flatMap((json) => [...chunk(json)]);
    if (event !== null) return events;
    if (finish === undefined) throw cutShort();
    events.push(eventOf('messageStop', { stopReason: stopReasonOf(finish, called) }), eventOf('metadata', { usage }));
    return events;
  };
}
