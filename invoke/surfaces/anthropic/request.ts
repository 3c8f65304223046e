import type { Json } from '../../../contract/json.ts';
import { METADATA_MAX_CHARS, REASONING_TOKENS } from '../../../contract/limits/surfaces.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { baseModelOf } from '../../../policies/kinds.ts';
import type { ConverseMessage, ConverseRequest, SystemBlock, Tool, ToolChoice } from '../converse.ts';
import { invalid, type Members, unsupported } from '../fields.ts';
import { type Effort, effortsOf, isStructured, reasoningFields } from '../means.ts';
import { type Asked, type Format, type Formatted, formatted } from '../structured.ts';
import { cachePoint, contentBlocks, type Reading, systemBlocks } from './blocks.ts';

/** What this surface has to know of a model, since no API says: by the beginning of its name. */
interface Traits {
  isClaude: boolean;
  /** The model's own fields for `top_k`. */
  topK?: (k: Json) => { [member: string]: Json };
}

const TRAITS: readonly [prefix: string, traits: Omit<Traits, 'isClaude'>][] = [
  ['anthropic.', { topK: (top_k) => ({ top_k }) }],
  ['amazon.nova-', { topK: (topK) => ({ inferenceConfig: { topK } }) }],
  ['cohere.command', { topK: (k) => ({ k }) }],
];

function traitsOf({ target }: AllowedModel): Traits {
  const base = baseModelOf(target);
  const [prefix, traits] = TRAITS.find(([beginning]) => base.startsWith(beginning)) ?? ['', {}];
  return { ...traits, isClaude: prefix === 'anthropic.' };
}

/**
 * A message request -> Converse's.
 *
 * @param body checked against the table
 * @param betas of the header `anthropic-beta`
 * @throws TollgateError `invalid_request` naming what this model has no means for
 */
export function converseRequest(body: Members, model: AllowedModel, betas: readonly string[]): Asked {
  const { max_tokens, temperature, top_p, stop_sequences, service_tier, metadata } = body as Record<string, never>;
  const inferenceConfig = {
    ...(max_tokens == null ? {} : { maxTokens: max_tokens }),
    ...(temperature == null ? {} : { temperature }),
    ...(top_p == null ? {} : { topP: top_p }),
    ...(stop_sequences == null || (stop_sequences as string[]).length === 0 ? {} : { stopSequences: stop_sequences }),
  };
  const userId = (metadata as Members | undefined)?.user_id;
  const means = meansOf(body, model);
  const { answerTool } = means;
  const request = {
    ...read(body, model, betas, means),
    ...(Object.keys(inferenceConfig).length === 0 ? {} : { inferenceConfig }),
    ...outputConfig(body, model, means),
    ...(typeof userId === 'string' && userId !== '' ? { requestMetadata: { user_id: metadataValue(userId) } } : {}),
    ...(isTier(service_tier) ? { serviceTier: { type: service_tier } } : {}),
  };
  return { request, ...(answerTool === undefined ? {} : { answerTool }) };
}

type Read = Pick<ConverseRequest, 'messages' | 'system' | 'toolConfig' | 'additionalModelRequestFields'>;

/** The part of it that is counted: all that a model reads. */
export function converseTokens(body: Members, model: AllowedModel, betas: readonly string[]): Read {
  return read(body, model, betas, meansOf(body, model));
}

/** The tools, and by what of them or of the model's own the answer is to be what its format says. */
function meansOf(body: Members, model: AllowedModel): Formatted {
  const { output_config, output_format, thinking } = body;
  const { format } = (output_config ?? {}) as Members;
  const asked = (format ?? output_format ?? undefined) as (Members & { schema: Json }) | undefined;
  const wanted: Format | undefined = asked === undefined ? undefined : { schema: asked.schema };
  const field = format == null ? 'output_format' : 'output_config.format';
  const means = formatted(wanted, model, toolsOf(body, model), field);
  const thinks = ((thinking ?? {}) as Members).type;
  if (means.answerTool !== undefined && traitsOf(model).isClaude && thinks !== undefined && thinks !== 'disabled')
    throw unsupported(field, 'This model cannot be asked for it and to think at the same time.');
  return means;
}

function read(body: Members, model: AllowedModel, betas: readonly string[], { toolConfig }: Formatted): Read {
  const traits = traitsOf(model);
  const { system, messages } = conversation(body, {
    reasons: effortsOf(model).length > 1,
    offered: toolConfig !== undefined,
    names: new Set(),
  });
  const fields = ownFields(body, model, traits, betas, messages);
  return {
    messages,
    ...(system.length === 0 ? {} : { system }),
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...(Object.keys(fields).length === 0 ? {} : { additionalModelRequestFields: fields }),
  };
}

/** What says nothing is left out; neighbours of one role are one message, since Converse's roles alternate. */
function conversation(
  { system: given, messages: turns, cache_control }: Members,
  reading: Reading,
): { system: SystemBlock[]; messages: ConverseMessage[] } {
  const system = given == null ? [] : systemBlocks(given as string);
  const messages: ConverseMessage[] = [];
  for (const { role, content } of turns as unknown as { role: 'user' | 'assistant' | 'system'; content: string }[]) {
    if (role === 'system') {
      system.push(...systemBlocks(content));
      continue;
    }
    const blocks = contentBlocks(content, reading);
    const last = messages.at(-1);
    if (blocks.length === 0) continue;
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: blocks });
  }
  if (messages.length === 0) throw invalid('messages', 'must hold a user message that is not blank');
  messages.at(-1)?.content.push(...cachePoint(cache_control));
  return { system, messages };
}

function toolsOf({ tools, tool_choice }: Members, model: AllowedModel): ConverseRequest['toolConfig'] {
  const given = (tools ?? []) as Members[];
  const choice = (tool_choice ?? {}) as { type?: string; name?: string };
  if (choice.type === 'none') return undefined;
  if (given.length === 0) {
    if (choice.type === 'any' || choice.type === 'tool') throw invalid('tool_choice', 'may be given only with tools');
    return undefined;
  }
  if (choice.type === 'tool' && !given.some(({ name }) => name === choice.name))
    throw invalid('tool_choice.name', 'must name one of the tools');
  const toolChoice = choiceOf(choice);
  const strict = isStructured(model);
  return {
    tools: given.flatMap((tool) => [toolOf(tool, strict), ...cachePoint(tool.cache_control)]),
    ...(toolChoice === undefined ? {} : { toolChoice }),
  };
}

function toolOf({ name, description, input_schema, strict }: Members, canBeStrict: boolean): Tool {
  return {
    toolSpec: {
      name: name as string,
      ...(typeof description === 'string' && description.trim() !== '' ? { description } : {}),
      inputSchema: { json: input_schema ?? {} },
      ...(strict === true && canBeStrict ? { strict } : {}),
    },
  };
}

function choiceOf({ type, name = '' }: { type?: string; name?: string }): ToolChoice | undefined {
  if (type === 'any') return { any: {} };
  return type === 'tool' ? { tool: { name } } : undefined;
}

/** What Converse leaves to the model, in the model's own words. */
function ownFields(
  body: Members,
  model: AllowedModel,
  { isClaude, topK }: Traits,
  betas: readonly string[],
  messages: readonly ConverseMessage[],
): { [member: string]: Json } {
  const { top_k, tool_choice, thinking } = body;
  const alone = (tool_choice as Members | null | undefined)?.disable_parallel_tool_use === true;
  if (top_k != null && topK === undefined) throw unsupported('top_k', 'This model has nothing like it.');
  if (alone && !isClaude)
    throw unsupported('tool_choice.disable_parallel_tool_use', 'This model calls as many tools at once as it likes.');
  return {
    ...(top_k == null ? {} : topK?.(top_k)),
    ...(alone ? { tool_choice: tool_choice as Json } : {}),
    ...(isClaude ? (thinking == null ? {} : { thinking }) : reasoning(body, model, messages)),
    ...(isClaude && betas.length > 0 ? { anthropic_beta: [...betas] } : {}),
  };
}

/**
 * How much a model that is not Claude is to reason: as much as the effort says, or as the budget is nearest to. Who leaves it to
 * the model asks for nothing; a model that has no such means is not asked either, unless it must.
 */
function reasoning(
  { thinking, output_config, max_tokens }: Members,
  model: AllowedModel,
  messages: readonly ConverseMessage[],
): { [member: string]: Json } {
  const { type, budget_tokens } = (thinking ?? {}) as { type?: string; budget_tokens?: number };
  const known = effortsOf(model);
  const able = known.length > 1;
  if (type === 'enabled' && !able) throw unsupported('thinking.type', 'This model has no thoughts to ask for.');
  const enough = (effort: Effort): boolean => (REASONING_TOKENS[effort] ?? 0) >= (budget_tokens ?? 0);
  const asked = (output_config as Members | null | undefined)?.effort as Effort | undefined;
  const effort =
    type === 'disabled'
      ? 'none'
      : type === 'enabled'
        ? (known.find((one) => one !== 'none' && enough(one)) ?? known.at(-1))
        : asked;
  if (effort == null || !able || !known.includes(effort)) return {};
  return reasoningFields(model, {
    // Its highest takes no limit on the answer, which every request here has.
    effort: baseModelOf(model.target).startsWith('amazon.nova-2-') && HIGHEST.has(effort) ? 'medium' : effort,
    room: (max_tokens ?? undefined) as number | undefined,
    names: { effort: 'thinking.type', room: 'max_tokens' },
    conflict: undefined,
    resumed: messages,
  });
}

const HIGHEST: ReadonlySet<Effort> = new Set(['high', 'xhigh', 'max']);

function outputConfig(
  { output_config }: Members,
  model: AllowedModel,
  { textFormat }: Formatted,
): Pick<ConverseRequest, 'outputConfig'> {
  const { effort } = (output_config ?? {}) as Members;
  const config = {
    ...(textFormat === undefined ? {} : { textFormat }),
    ...(effort != null && traitsOf(model).isClaude ? { effort } : {}),
  };
  return Object.keys(config).length === 0 ? {} : { outputConfig: config };
}

/** Anthropic's own two ask for what a call is that names none. */
function isTier(tier: Json | undefined): tier is string {
  return typeof tier === 'string' && tier !== 'auto' && tier !== 'standard_only' && tier !== 'default';
}

/** What a value of requestMetadata may not have. */
const NO_METADATA = /[^A-Za-z0-9\s:_@$#=/+,.-]/g;

function metadataValue(text: string): string {
  return text.slice(0, METADATA_MAX_CHARS).replace(NO_METADATA, '_');
}
