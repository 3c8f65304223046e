import { invalid } from '../error.ts';
import { type JsonObject, listAt, objectOf, textOf } from '../read.ts';
import type { FoundationModel } from './catalog.ts';

/**
 * The prompts and prompt routers that the local account has: every prompt whose id has the form of AWS's own, but for those that begin
 * with `GONE`. The beginning of its id says what a prompt runs, and all of them say the same.
 */
const RUNS: readonly [beginning: string, model: string][] = [
  ['CLAUDE', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['LLAMA', 'meta.llama3-1-8b-instruct-v1:0'],
];
const TEMPLATE = 'Write about {{topic}}.';

const FIXED = ['additionalModelRequestFields', 'inferenceConfig', 'system', 'toolConfig'];

/**
 * What the model is asked: of Converse the prompt and what is said after it; InvokeModel's body is ignored, so there nothing is filled in
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html).
 *
 * @throws AwsError ValidationException
 */
export function rendered({ format }: FoundationModel, converses: boolean, body: JsonObject): JsonObject {
  if (!converses) {
    if (format === 'llama') return { prompt: TEMPLATE };
    if (format !== 'anthropic') return { messages: [said(TEMPLATE)] };
    const messages = [{ role: 'user', content: TEMPLATE }];
    return { anthropic_version: 'bedrock-2023-05-31', max_tokens: 512, messages };
  }
  const fixed = FIXED.find((name) => body[name] !== undefined);
  if (fixed !== undefined) throw invalid(`${fixed} cannot be given with a prompt.`);
  const { promptVariables = {}, ...rest } = body;
  const variables = objectOf(promptVariables, 'promptVariables');
  const text = TEMPLATE.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    if (variables[name] === undefined) throw invalid(`The prompt variable ${name} is missing.`);
    return textOf(objectOf(variables[name], name).text, `promptVariables.${name}.text`);
  });
  return { ...rest, messages: [said(text), ...listAt(body.messages, 'messages')] };
}

const said = (text: string) => ({ role: 'user', content: [{ text }] });

/** Of each router the model for what is easy, and the one for a request that says `[[hard]]`. */
const ROUTERS: readonly [router: RegExp, easy: string, hard: string][] = [
  [/^anthropic\.claude:1$/, 'anthropic.claude-3-haiku-20240307-v1:0', 'anthropic.claude-3-5-sonnet-20240620-v1:0'],
  [/^meta\.llama:1$/, 'meta.llama3-1-8b-instruct-v1:0', 'us.meta.llama3-3-70b-instruct-v1:0'],
  [/^(?:amazon\.nova:1|[a-z0-9]{12})$/, 'amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0'],
];

export const HARD = '[[hard]]';

export const isRunner = (type: string): boolean => type === 'prompt' || type.endsWith('prompt-router');

/** @returns the id of what a prompt, or a prompt router, has called; undefined: there is no such one */
export function runBy(type: string, id: string, isHard: boolean): string | undefined {
  if (type === 'prompt') {
    if (!/^[0-9A-Za-z]{10}:[1-9]\d{0,4}$/.test(id) || id.startsWith('GONE')) return undefined;
    return RUNS.find(([beginning]) => id.startsWith(beginning))?.[1] ?? 'amazon.nova-lite-v1:0';
  }
  const [, easy, hard] = ROUTERS.find(([name]) => name.test(id)) ?? [];
  return isHard ? hard : easy;
}
