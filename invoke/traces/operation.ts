import type { AllowedModel } from '../../contract/model.ts';
import { type Task, taskOfName } from '../../contract/task.ts';
import { baseModelOf, runtimeOf } from '../../policies/kinds.ts';

/** The paths of calls, by how they end: what is asked for there, as the conventions name it. The first that fits. */
const PATHS: readonly [end: RegExp, operation: string][] = [
  [/\/count[-_]tokens$/, 'count_tokens'],
  [/\/embeddings$/, 'embeddings'],
  [/\/images\/generations$/, 'generate_content'],
  [/\/rerank$/, 'rerank'],
  [/^\/guardrail\/.*\/apply$/, 'apply_guardrail'],
  [/\/(?:converse(?:-stream)?|invoke(?:-with-response-stream)?|(?:async-)?invocations(?:-response-stream)?)$/, 'chat'],
  [/^\/(?:anthropic\/)?v1\/(?:chat\/completions|responses|messages)$|^\/invoke_model$/, 'chat'],
];

/** @returns undefined for a path that calls no model */
export function operationOfPath(path: string): string | undefined {
  return PATHS.find(([end]) => end.test(path))?.[1];
}

const TASKS: Readonly<Record<Task, string | undefined>> = {
  embed: 'embeddings',
  image: 'generate_content',
  rerank: 'rerank',
  chat: undefined,
};

/** What a path leaves to the model: `invoke` is of all kinds. */
export function operationOn({ target, container }: AllowedModel, asked: string): string {
  if (asked !== 'chat') return asked;
  return TASKS[taskOfName(baseModelOf(target))] ?? (container === 'tei' ? 'embeddings' : asked);
}

/** @param path where no model has been found yet */
export function providerOf(model: AllowedModel | undefined, path: string): string {
  const hosted = model === undefined ? path.startsWith('/endpoints/') : runtimeOf(model.target) === 'sagemaker-runtime';
  return hosted ? 'aws.sagemaker' : 'aws.bedrock';
}
