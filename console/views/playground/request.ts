import type { Answer, Picture, Turn } from './conversation.ts';
import type { Model } from './models.ts';
import { numberIn, type Settings, stopsIn, type Tool, toolsIn } from './settings.ts';

/** A request as `POST /v1/chat/completions` takes it. */
export interface ChatRequest {
  model: string;
  messages: Message[];
  stream?: boolean;
  temperature?: number;
  top_p?: number;
  max_completion_tokens?: number;
  stop?: string[];
  reasoning_effort?: string;
  tools?: { type: 'function'; function: Tool }[];
}

export type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

export type Message =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | Part[] }
  | {
      role: 'assistant';
      content: string | null;
      tool_calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[];
      reasoning_details?: readonly unknown[];
    }
  | { role: 'tool'; tool_call_id: string; content: string };

/**
 * @param model the one that is asked
 * @param turns what has been said, to its end; of the last one there need be no answer
 * @param lane of the two that are compared which one: what the other said is not told to it
 * @param settings without faults
 */
export function requestOf(model: Model, turns: readonly Turn[], lane: number, settings: Settings): ChatRequest {
  const { system, effort } = settings;
  const tools = toolsIn(settings.tools);
  const [temperature, topP, maxTokens] = [settings.temperature, settings.topP, settings.maxTokens].map(numberIn);
  const stop = stopsIn(settings.stop);
  const efforts = model.capabilities?.reasoning_efforts;
  return {
    model: model.id,
    messages: [
      ...(system.trim() === '' ? [] : [{ role: 'system' as const, content: system }]),
      ...turns.flatMap((turn) => messagesOf(turn, laneOf(turn, lane), model.id)),
    ],
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
    ...(stop.length === 0 ? {} : { stop }),
    // Of two that are compared one may have no such thing; one that says nothing is asked.
    ...(effort === '' || (efforts !== undefined && !efforts.includes(effort)) ? {} : { reasoning_effort: effort }),
    ...(typeof tools === 'string' || tools.length === 0
      ? {}
      : { tools: tools.map((tool) => ({ type: 'function' as const, function: tool })) }),
  };
}

/** What was said before a second model was there was said by the first. */
function laneOf({ answers }: Turn, lane: number): Answer | undefined {
  return answers[lane] ?? answers[0];
}

function messagesOf({ text, pictures }: Turn, answer: Answer | undefined, model: string): Message[] {
  return [{ role: 'user', content: contentOf(text, pictures) }, ...(answer === undefined ? [] : saidBy(answer, model))];
}

function contentOf(text: string, pictures: readonly Picture[]): string | Part[] {
  if (pictures.length === 0) return text;
  const shown: Part[] = pictures.map(({ url }) => ({ type: 'image_url', image_url: { url } }));
  return text.trim() === '' ? shown : [{ type: 'text', text }, ...shown];
}

/** Calls that nobody answered are left out, and so is what says nothing: no model would take either. */
function saidBy({ model: by, steps }: Answer, model: string): Message[] {
  return steps.value.flatMap(({ text, calls, details, results }): Message[] => {
    const answered = results === undefined ? [] : calls;
    if (text === '' && answered.length === 0) return [];
    return [
      {
        role: 'assistant',
        content: text === '' ? null : text,
        ...(answered.length === 0
          ? {}
          : {
              tool_calls: answered.map(({ id, name, arguments: written }) => ({
                ...{ id, type: 'function' as const },
                function: { name, arguments: written },
              })),
            }),
        // A thought is signed for the model that had it.
        ...(details.length === 0 || by !== model ? {} : { reasoning_details: details }),
      },
      ...answered.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: results?.[id] ?? '' })),
    ];
  });
}
