import type { Json } from '../../../contract/json.ts';
import type { Members } from '../fields.ts';
import { completionUsage } from '../openai/usage.ts';

/** A response (https://platform.openai.com/docs/api-reference/responses/object): what stands in it from its beginning. */
export interface ResponseBase {
  /** `resp_` and the request id, so that an answer leads to its usage record. */
  id: string;
  /** Seconds since 1970. */
  created_at: number;
  /** The model as the caller wrote it. */
  model: string;
  /** Whether it is kept when it has been given, as a caller may ask for. */
  store: boolean;
  [member: string]: unknown;
}

export type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

interface Known {
  requestId: string;
  nowSeconds: number;
  /** Whether the answer is kept. */
  stored: boolean;
}

/** @param body as the table of fields has it */
export function responseBase(body: Members, { requestId, nowSeconds, stored }: Known): ResponseBase {
  const { text, reasoning, tools } = body;
  const { effort = null, summary = null } = (reasoning ?? {}) as Members;
  const { format } = (text ?? {}) as Members;
  const as = (name: string, absent: Json = null): Json => body[name] ?? absent;
  return {
    id: `resp_${requestId}`,
    object: 'response',
    created_at: nowSeconds,
    status: 'in_progress',
    background: as('background', false),
    error: null,
    incomplete_details: null,
    instructions: as('instructions'),
    max_output_tokens: as('max_output_tokens'),
    max_tool_calls: as('max_tool_calls'),
    metadata: as('metadata', {}),
    model: body.model as string,
    output: [],
    parallel_tool_calls: as('parallel_tool_calls', true),
    previous_response_id: as('previous_response_id'),
    prompt_cache_key: as('prompt_cache_key'),
    reasoning: { effort, summary },
    safety_identifier: as('safety_identifier'),
    service_tier: as('service_tier'),
    store: stored,
    temperature: as('temperature'),
    text: { format: format ?? { type: 'text' }, verbosity: 'medium' },
    tool_choice: as('tool_choice', 'auto'),
    tools: ((tools ?? []) as Members[]).map((tool) => ({ strict: false, ...tool })),
    top_p: as('top_p'),
    truncation: 'disabled',
    usage: null,
    user: as('user'),
  };
}

/** As it was when it began. */
export function begun(response: ResponseBase): ResponseBase {
  return { ...response, status: 'in_progress', error: null, incomplete_details: null, output: [], usage: null };
}

/** @param usage Converse's, which does not tell how much of an answer was reasoning */
export function responseUsage(usage: unknown): object {
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details } = completionUsage(usage);
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: prompt_tokens_details,
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens,
  };
}

const INCOMPLETE: Readonly<Record<string, string>> = {
  max_tokens: 'max_output_tokens',
  model_context_window_exceeded: 'max_output_tokens',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
  refusal: 'content_filter',
};

/** @param stopReason Converse's, no fault @returns undefined: the answer is whole */
export function incompleteReason(stopReason: unknown): string | undefined {
  return typeof stopReason === 'string' && Object.hasOwn(INCOMPLETE, stopReason) ? INCOMPLETE[stopReason] : undefined;
}
