import { TollgateError } from '../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../contract/json.ts';
import type { Target } from '../../contract/model.ts';
import { taskOfName } from '../../contract/task.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import { isEndpoint, type Operation } from '../call.ts';
import { setMember } from './member.ts';

/**
 * The most tokens that a grant lets one answer have. IAM has no condition key for it, so this is code alone. A body that
 * asks for more, or for no limit, is lowered to it; one that asks for less is not touched.
 */

type Path = readonly string[];
type Members = { readonly [name: string]: Json };

const CONVERSE: Path = ['inferenceConfig', 'maxTokens'];

/**
 * The limit's names in each vendor's own body, the first of which is written when there is none
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html). Closed: in the body of a vendor that is
 * not here any member might be the limit, and one that is not might be given as a decoy.
 */
const VENDORS: readonly [prefix: string, names: (body: Members) => readonly Path[]][] = [
  ['anthropic.', ({ prompt }) => [[prompt === undefined ? 'max_tokens' : 'max_tokens_to_sample']]],
  ['amazon.nova-', () => [CONVERSE, ['inferenceConfig', 'max_new_tokens']]],
  ['amazon.titan-text-', () => [['textGenerationConfig', 'maxTokenCount']]],
  ['amazon.titan-tg1-', () => [['textGenerationConfig', 'maxTokenCount']]],
  ['meta.llama', () => [['max_gen_len']]],
  ['mistral.', () => [['max_tokens']]],
  ['cohere.command', () => [['max_tokens']]],
  ['ai21.jamba', () => [['max_tokens']]],
  ['deepseek.', () => [['max_tokens']]],
  ['openai.', () => [['max_completion_tokens'], ['max_tokens']]],
];

/** Any of them, wherever a model may read it: an alias above the cap must not stand beside the one that was lowered. */
const ALIASES: readonly Path[] = [
  CONVERSE,
  ['inferenceConfig', 'max_new_tokens'],
  ['textGenerationConfig', 'maxTokenCount'],
  ['max_tokens'],
  ['max_completion_tokens'],
  ['max_output_tokens'],
  ['max_tokens_to_sample'],
  ['max_new_tokens'],
  ['max_gen_len'],
  ['maxTokens'],
];

/**
 * @param body JSON, as it would be sent
 * @param cap 1 or more
 * @returns the same bytes but for the limit
 * @throws TollgateError `invalid_request` naming the member that is no limit, or where none is known to be one
 */
export function cappedBody(operation: Operation, body: Uint8Array, target: Target, cap: number): Uint8Array {
  const members = parseJsonObject(body);
  if (operation === 'converse' || operation === 'converse-stream') {
    const hidden = hiddenLimit(members.additionalModelRequestFields);
    if (hidden !== undefined) throw refused(`additionalModelRequestFields.${hidden}`, cap);
    return lowered(body, members, [CONVERSE], cap);
  }
  const model = baseModelOf(target);
  if (taskOfName(model) !== 'chat') return body;
  const [, names] = VENDORS.find(([prefix]) => model.startsWith(prefix)) ?? [];
  if (names === undefined) throw refused('maxTokens', cap);
  return lowered(body, members, names(members), cap);
}

/** A limit of any model's among the fields that go into its own body: `max_tokens`. @returns undefined where there is none */
export function hiddenLimit(extra: Json | undefined): string | undefined {
  return isObject(extra) ? ALIASES.find((path) => at(extra, path) !== undefined)?.join('.') : undefined;
}

/** How many answers a body asks for at once, each as long as its limit: OpenAI's, Cohere's, AI21's, and containers'. */
const ANSWERS = ['n', 'num_generations', 'numResults', 'best_of', 'num_return_sequences'];

/** What a container may be given many of at once, each with an answer of its own. */
const PROMPTS = ['inputs', 'prompt'];

/** How long an answer may be, as a body says. */
export interface AnswerLimit {
  /** The highest limit that it names; 0: there is no answer in tokens; undefined: it names none. */
  named: number | undefined;
  /** Whether the model is held to it, because `cappedBody` knows its name, and refuses what it does not. */
  lowerable: boolean;
  /** Tokens that the model is to think for. It refuses a limit that is not above them. */
  thinking: number;
  /** Answers that it asks for. */
  answers: number;
}

/** @param members the body, parsed; nothing is taken for granted of it */
export function answerLimit(operation: Operation, members: Members, target: Target): AnswerLimit {
  // Its limit is its own, and a call of it takes none.
  if (target.kind === 'bedrock-prompt') return { named: undefined, lowerable: false, thinking: 0, answers: 1 };
  if (operation === 'converse' || operation === 'converse-stream') {
    const extra = members.additionalModelRequestFields;
    const own = isObject(extra) ? extra : {};
    const named = highest([...limitsIn(members), ...limitsIn(own)]);
    return { named, lowerable: true, thinking: thinkingOf(own), answers: answersIn(own) };
  }
  if (isEndpoint(operation)) return hostedLimit(members);
  const model = baseModelOf(target);
  if (taskOfName(model) !== 'chat') return { named: 0, lowerable: false, thinking: 0, answers: 1 };
  const lowerable = VENDORS.some(([prefix]) => model.startsWith(prefix));
  const named = highest(limitsIn(members));
  return { named, lowerable, thinking: thinkingOf(members), answers: answersIn(members) };
}

/** A container reads what it likes: what it is known to be asked by is reserved, and nothing of it can be lowered. */
function hostedLimit(members: Members): AnswerLimit {
  const parameters = at(members, ['parameters']);
  const own = isObject(parameters) ? parameters : {};
  const prompts = PROMPTS.map((name) => at(members, [name])).map((given) => (Array.isArray(given) ? given.length : 1));
  return {
    named: highest([...limitsIn(members), ...limitsIn(own)]),
    lowerable: false,
    thinking: 0,
    answers: [answersIn(members), answersIn(own), ...prompts].reduce((product, count) => product * Math.max(1, count)),
  };
}

function answersIn(members: Members): number {
  return highest(ANSWERS.map((name) => at(members, [name])).filter((count) => count !== undefined)) ?? 1;
}

/** Anthropic's (https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html). */
function thinkingOf(members: Members): number {
  const paths = [
    ['thinking', 'budget_tokens'],
    ['reasoning_config', 'budget_tokens'],
  ];
  return highest(paths.map((path) => at(members, path)).filter((limit) => limit !== undefined)) ?? 0;
}

function limitsIn(members: Members): Json[] {
  return ALIASES.map((path) => at(members, path)).filter((limit) => limit !== undefined);
}

function highest(limits: readonly Json[]): number | undefined {
  const numbers = limits.filter((limit) => typeof limit === 'number' && Number.isInteger(limit) && limit > 0);
  return numbers.length === 0 ? undefined : Math.max(...(numbers as number[]));
}

function lowered(body: Uint8Array, members: Members, names: readonly Path[], cap: number): Uint8Array {
  let after = body;
  for (const path of ALIASES) {
    const asked = at(members, path);
    if (asked === undefined) continue;
    if (typeof asked !== 'number' || !Number.isInteger(asked) || asked < 1)
      throw new TollgateError('invalid_request', {
        field: path.join('.'),
        reason: 'not-a-limit',
        message: `${path.join('.')} must be a whole number of 1 or more.`,
      });
    if (asked > cap) after = setMember(after, path, cap);
  }
  const [own] = names;
  const limited = names.some((path) => at(members, path) !== undefined);
  return limited || own === undefined ? after : setMember(after, own, cap);
}

function at(members: Members, path: Path): Json | undefined {
  let value: Json | undefined = { ...members };
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

function isObject(value: Json | undefined): value is { [member: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function refused(field: string, cap: number): TollgateError {
  return new TollgateError('invalid_request', {
    field,
    reason: 'limit-not-known',
    message: `An answer is limited to ${cap} tokens here: call the model through Converse, with inferenceConfig.maxTokens.`,
  });
}
