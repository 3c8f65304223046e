import { ApiProblem } from '../../problem.ts';
import type { Call, Step, Usage } from './conversation.ts';

/** A `chat.completion.chunk`, or a whole `chat.completion`, whose `message` is a delta of everything. */
interface Chunk {
  choices?: readonly { delta?: Delta; message?: Delta; finish_reason?: string | null }[];
  usage?: Usage | null;
  error?: { message?: string; code?: string | null; type?: string } | null;
}

interface Delta {
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  reasoning_details?: readonly unknown[];
  tool_calls?: readonly { index?: number; id?: string; function?: { name?: string; arguments?: string } }[];
}

/**
 * @param data of one event: JSON, or the end marker
 * @returns the step with what the event adds to it
 * @throws ApiProblem for an error event; SyntaxError for what is no JSON
 */
export function withChunk(step: Step, data: string, requestId?: string): Step {
  if (data === '[DONE]') return step;
  const { choices = [], usage, error } = JSON.parse(data) as Chunk;
  if (error != null)
    throw new ApiProblem({
      ...{ status: 0, code: error.code ?? error.type ?? 'unknown', title: 'The answer broke off' },
      detail: error.message ?? 'The answer broke off.',
      requestId,
    });
  const [choice] = choices;
  const {
    content,
    refusal,
    reasoning_content: thought,
    reasoning_details: details,
    tool_calls: calls,
  } = choice?.delta ?? choice?.message ?? {};
  return {
    ...step,
    text: step.text + (content ?? '') + (refusal ?? ''),
    thought: step.thought + (thought ?? ''),
    ...(details === undefined ? {} : { details: [...step.details, ...details] }),
    ...(calls === undefined ? {} : { calls: withCalls(step.calls, calls) }),
    ...(choice?.finish_reason == null ? {} : { finish: choice.finish_reason }),
    ...(usage == null ? {} : { usage }),
  };
}

/** Whether anything of an answer has come. */
export function hasBegun({ text, thought, calls }: Step): boolean {
  return text !== '' || thought !== '' || calls.length > 0;
}

function withCalls(calls: readonly Call[], deltas: NonNullable<Delta['tool_calls']>): Call[] {
  const all = [...calls];
  for (const [at, { index = at, id, function: part }] of deltas.entries()) {
    const before = all[index];
    all[index] = {
      id: id ?? before?.id ?? '',
      name: part?.name ?? before?.name ?? '',
      arguments: (before?.arguments ?? '') + (part?.arguments ?? ''),
    };
  }
  return all;
}
