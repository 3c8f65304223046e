import type { Json } from '../../contract/json.ts';
import { REASONING_LEAST_TOKENS, REASONING_TOKENS } from '../../contract/limits/surfaces.ts';
import type { AllowedModel } from '../../contract/model.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import type { ConverseMessage } from './converse.ts';
import { invalid, unsupported } from './fields.ts';

/**
 * What a model has means of its own for, where Converse leaves them to the model: by the beginning of its name, since no API
 * says. A name that is in no row has the means that its vendor's newest models have, or none.
 */

/** As OpenAI names them, from none to most. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

interface Reasons {
  /** What the model calls each effort; one that is not here is refused. */
  efforts: Partial<Record<Effort, string>>;
  /** Further fields of the model's own. @param room tokens that the answer may have, thoughts included */
  fields(effort: string, room: number | undefined): { [member: string]: Json };
  /** Whether a model that reasons has no say in temperature, and cannot be made to call a tool. */
  strict?: true;
}

const SCALE = { minimal: 'low', low: 'low', medium: 'medium', high: 'high' } as const;
const TO_HIGH = { ...SCALE, xhigh: 'high', max: 'high' } as const;

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html */
const BUDGET: Reasons = {
  efforts: { none: 'none', minimal: 'minimal', low: 'low', medium: 'medium', high: 'high', xhigh: 'xhigh', max: 'max' },
  fields: (effort, room) =>
    effort === 'none' ? {} : { thinking: { type: 'enabled', budget_tokens: budgetOf(effort as Effort, room) } },
  strict: true,
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html */
const ADAPTIVE: Reasons = {
  efforts: { none: 'none', ...SCALE, xhigh: 'xhigh', max: 'max' },
  fields: (effort) =>
    effort === 'none'
      ? { thinking: { type: 'disabled' } }
      : { thinking: { type: 'adaptive' }, output_config: { effort } },
  strict: true,
};

/** https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-converse-api.html */
const NOVA_2: Reasons = {
  efforts: { none: 'none', ...TO_HIGH },
  fields: (effort) => ({
    reasoningConfig: effort === 'none' ? { type: 'disabled' } : { type: 'enabled', maxReasoningEffort: effort },
  }),
};

/** Its reasoning cannot be turned off. */
const GPT_OSS: Reasons = { efforts: TO_HIGH, fields: (effort) => ({ reasoning_effort: effort }) };

const GPT: Reasons = {
  efforts: Object.fromEntries(EFFORTS.map((effort) => [effort, effort])),
  fields: (effort) => ({ reasoning: { effort } }),
};

const DEEPSEEK: Reasons = { efforts: TO_HIGH, fields: (effort) => ({ reasoning_config: effort }) };

const NONE: Reasons = { efforts: { none: 'none' }, fields: () => ({}) };

const REASONS: readonly [name: RegExp, reasons: Reasons][] = [
  [/^anthropic\.claude-(?:v\d|instant|3-(?!7))/, NONE],
  [/^anthropic\.claude-(?:3-7|haiku-4-5|(?:opus|sonnet)-4-(?:\d{8}|1-|5-))/, BUDGET],
  [/^anthropic\./, ADAPTIVE],
  [/^amazon\.nova-2-/, NOVA_2],
  [/^openai\.gpt-oss-/, GPT_OSS],
  [/^openai\./, GPT],
  [/^deepseek\.v3/, DEEPSEEK],
];

/** Half of the answer's room at most, so that thoughts leave some for what was asked for. */
function budgetOf(effort: Effort, room = Number.POSITIVE_INFINITY): number {
  return Math.max(REASONING_LEAST_TOKENS, Math.min(REASONING_TOKENS[effort] ?? 0, Math.floor(room / 2)));
}

function reasonsOf({ target }: Pick<AllowedModel, 'target'>): Reasons {
  const base = baseModelOf(target);
  return REASONS.find(([name]) => name.test(base))?.[1] ?? NONE;
}

/** The efforts that a model can be asked for; 'none' alone: it cannot be asked to reason. */
export function effortsOf(model: Pick<AllowedModel, 'target'>): Effort[] {
  const { efforts } = reasonsOf(model);
  return EFFORTS.filter((effort) => efforts[effort] !== undefined);
}

/** What a reasoning model is not to be asked for, by how the surface calls it. */
export interface Reasoning {
  effort: Effort;
  /** Tokens that the answer may have, as the request says. */
  room: number | undefined;
  /** How the surface names what it was asked: in refusals. */
  names: { effort: string; room: string };
  /** Whether something needs the model to be made to call a tool, or a temperature other than 1, by that member's name. */
  conflict: string | undefined;
  /** What has been said. */
  resumed: readonly ConverseMessage[];
}

/**
 * @returns the further fields by which the model is asked to reason
 * @throws TollgateError `invalid_request` naming what the model has no means for
 */
export function reasoningFields(
  model: Pick<AllowedModel, 'target' | 'maxTokens'>,
  { effort, room: asked, names, conflict, resumed }: Reasoning,
): { [member: string]: Json } {
  const reasons = reasonsOf(model);
  const own = reasons.efforts[effort];
  if (own === undefined) {
    const known = effortsOf(model);
    throw unsupported(names.effort, `This model can be asked for: ${known.join(', ')}.`);
  }
  if (effort === 'none' || reasons.strict === undefined) return reasons.fields(own, asked);
  if (conflict !== undefined)
    throw unsupported(conflict, 'This model cannot be asked for it and to reason at the same time.');
  if (reasons === BUDGET && isMidway(resumed)) return {};
  const room = model.maxTokens === undefined ? asked : Math.min(model.maxTokens, asked ?? model.maxTokens);
  if (reasons === BUDGET && room !== undefined && room <= REASONING_LEAST_TOKENS)
    throw invalid(names.room, `must be more than the ${REASONING_LEAST_TOKENS} tokens that this model reasons with`);
  return reasons.fields(own, room);
}

/**
 * Whether results of tools go back to a turn whose thoughts did not come with it. Claude 4.5 and older refuse to think on from
 * there, so it goes on without.
 */
function isMidway(messages: readonly ConverseMessage[]): boolean {
  const results = messages.at(-1)?.content.some((block) => 'toolResult' in block) === true;
  return results && messages.at(-2)?.content.some((block) => 'reasoningContent' in block) !== true;
}

/**
 * Models with structured output, for answers and for `strict` tools
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html).
 */
const STRUCTURED: readonly RegExp[] = [
  /^anthropic\.claude-(?!v\d|instant|3-|(?:opus|sonnet)-4-(?:\d{8}|1-))/,
  /^(?:openai|minimax|moonshot|moonshotai|qwen)\./,
  /^deepseek\.v3/,
  /^google\.gemma-[3-9]/,
  /^mistral\.(?:mistral-large-[3-9]|ministral|magistral|voxtral)/,
  /^nvidia\.nemotron/,
];

/** Whether the model can be held to a schema by itself: in its answer, and in the input of `strict` tools. */
export function isStructured({ target }: Pick<AllowedModel, 'target'>): boolean {
  const base = baseModelOf(target);
  return STRUCTURED.some((name) => name.test(base));
}

/**
 * A schema as structured output takes it, which wants objects closed: what fits it fits the caller's own, too.
 *
 * @returns JSON in a text, as Converse has it
 */
export function closedSchema(schema: Json): string {
  return JSON.stringify(closed(schema));
}

/** Members whose values are schemas by names of the caller's own, lists of schemas, and schemas. */
const NAMED = new Set(['properties', '$defs', 'definitions']);
const LISTED = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);

function closed(schema: Json): Json {
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) return schema;
  const members = Object.entries(schema).map(([name, value]): [string, Json] => {
    if (NAMED.has(name) && value !== null && typeof value === 'object' && !Array.isArray(value))
      return [name, Object.fromEntries(Object.entries(value).map(([one, inner]) => [one, closed(inner)]))];
    if (LISTED.has(name) && Array.isArray(value)) return [name, value.map(closed)];
    return [name, name === 'items' ? closed(value) : value];
  });
  const isObject = schema.type === 'object' || (Array.isArray(schema.type) && schema.type.includes('object'));
  if (isObject && schema.additionalProperties === undefined) members.push(['additionalProperties', false]);
  return Object.fromEntries(members);
}
