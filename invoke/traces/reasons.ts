import { jsonOf, member } from '../usage/json.ts';
import { reasonsOf } from '../usage/stop.ts';

/**
 * The words by which models say why they stopped. What is not among them is told as `_OTHER`: a container could put a prompt there.
 */
const WORDS: ReadonlySet<string> = new Set(
  `end_turn tool_use max_tokens stop_sequence guardrail_intervened content_filtered malformed_model_output malformed_tool_use
  model_context_window_exceeded pause_turn refusal stop length tool_calls function_call content_filter eos_token complete finish
  error error_toxic error_limit user_cancel timeout endoftext`.split(/\s+/),
);

/** @param pieces an answer, or the last events of a stream, as they came */
export function reasonsIn(pieces: readonly Uint8Array[]): string[] {
  for (const piece of pieces.toReversed()) {
    const found = valuesOf(piece).flatMap(reasonsOf);
    if (found.length > 0) return found.map(wordOf);
  }
  return [];
}

/** What a text that was completed comes in: TGI and its like, Meta, the first Claudes, Mistral, Titan. Who converses answers in none of these. */
const COMPLETED = ['generated_text', 'generation', 'completion', 'outputs', 'results'];

/** Whether a text was completed, and not a conversation continued: InvokeModel and a container do either, as their bodies say. */
export function completesText(pieces: readonly Uint8Array[]): boolean {
  const values = pieces.flatMap(valuesOf).flatMap((value) => (Array.isArray(value) ? value.slice(0, 1) : value));
  return values.some((value) => COMPLETED.some((name) => member(value, name) !== undefined));
}

/** JSON, an InvokeModel chunk of it, or what a container streams: lines of server-sent events. */
function valuesOf(piece: Uint8Array): unknown[] {
  const value = jsonOf(piece);
  const encoded = member(value, 'bytes');
  if (typeof encoded === 'string') return [jsonOf(Buffer.from(encoded, 'base64'))];
  if (value !== undefined) return [value];
  const lines = Buffer.from(piece).toString('utf8').split('\n');
  return lines.flatMap((line) => (line.startsWith('data:') ? jsonOf(Buffer.from(line.slice(5))) : []));
}

function wordOf(said: string): string {
  return WORDS.has(said.toLowerCase()) ? said : '_OTHER';
}
