import type { AllowedModel, Container, Dialect } from '../../contract/model.ts';
import { baseModelOf, runtimeOf } from '../../policies/kinds.ts';
import type { Operation, StreamEvent } from '../call.ts';
import type { ConverseAnswer, ConverseRequest } from './converse.ts';

/** A form that some models take in place of Converse's: how a request becomes it, and an answer comes out of it. */
export interface Adapter {
  /** @throws TollgateError `invalid_request` naming what this form has no place for */
  request(asked: ConverseRequest, stream: boolean, container: Container): object;
  /** @throws TollgateError `upstream_failed` when the bytes are no such answer */
  answer(body: Uint8Array): ConverseAnswer;
  /**
   * For one stream: the events of ConverseStream that come of each of its own; `null` is its end.
   * @param sentBytes of the request, by which what it read is estimated if nothing is said of it
   */
  events(sentBytes: number): (event: StreamEvent | null) => StreamEvent[];
}

/** Models of Bedrock whose InvokeModel takes another dialect than its vendor's alone, by the beginning of their names. */
const VENDORS: readonly [prefix: string, dialects: readonly Dialect[]][] = [
  // Converse serves the older ones, whose own bodies are no messages.
  ['anthropic.claude-v2', ['converse']],
  ['anthropic.claude-instant', ['converse']],
  ['anthropic.', ['anthropic', 'converse']],
  // The newer ones are called by Converse, and by paths of their own.
  ['openai.gpt-oss-', ['openai', 'converse']],
];

/** What an entry means that does not say what runs behind its endpoint. */
export const USUAL_CONTAINER: Container = 'lmi';

const HOSTED: Readonly<Record<Container, readonly Dialect[]>> = {
  lmi: ['openai', 'generate'],
  tgi: ['openai', 'generate'],
  jumpstart: ['generate'],
  tei: [],
};

/** @returns what a model is called by in a form of its own */
export function operationOf({ target }: Pick<AllowedModel, 'target'>, stream: boolean): Operation {
  if (runtimeOf(target) === 'sagemaker-runtime') return stream ? 'invocations-response-stream' : 'invocations';
  return stream ? 'invoke-with-response-stream' : 'invoke';
}

/** @returns what the model takes, the preferred one first: as its entry says, or as is usual for what it is */
export function dialectsOf({
  target,
  dialects,
  container = USUAL_CONTAINER,
}: Pick<AllowedModel, 'target' | 'dialects' | 'container'>): readonly Dialect[] {
  // A prompt has a system prompt, tools and limits of its own, and Bedrock refuses others beside them; a guardrail is no model.
  if (target.kind === 'bedrock-prompt' || target.kind === 'bedrock-guardrail') return [];
  // Which model answered, only Converse's answers say.
  if (target.kind === 'bedrock-prompt-router') return ['converse'];
  if (dialects !== undefined) return dialects;
  if (runtimeOf(target) === 'sagemaker-runtime') return HOSTED[container];
  const base = baseModelOf(target);
  return VENDORS.find(([prefix]) => base.startsWith(prefix))?.[1] ?? ['converse'];
}
