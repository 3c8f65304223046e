import type { Json } from '../../../contract/json.ts';
import { METADATA_MAX_CHARS } from '../../../contract/limits/anthropic.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { baseModelOf } from '../../../policies/kinds.ts';
import type { Block, ConverseMessage, ConverseRequest, SystemBlock, Tool, ToolChoice } from '../converse.ts';
import { invalid, type Members, unsupported } from '../fields.ts';
import { type Caches, cachePoint, contentBlocks, type Reading, systemBlocks } from './blocks.ts';

/** What this surface has to know of a model, since no API says: by the beginning of its name. */
interface Traits {
  isClaude: boolean;
  caches: Caches;
  /** The model's own fields for `top_k`. */
  topK?: (k: Json) => { [member: string]: Json };
}

const TRAITS: readonly [prefix: string, traits: Omit<Traits, 'isClaude'>][] = [
  ['anthropic.', { caches: 'claude', topK: (top_k) => ({ top_k }) }],
  ['amazon.nova-', { caches: 'nova', topK: (topK) => ({ inferenceConfig: { topK } }) }],
  ['cohere.command', { caches: 'none', topK: (k) => ({ k }) }],
];

function traitsOf({ target }: AllowedModel): Traits {
  const base = baseModelOf(target);
  const [prefix, traits] = TRAITS.find(([beginning]) => base.startsWith(beginning)) ?? [
    '',
    { caches: 'none' as const },
  ];
  return { ...traits, isClaude: prefix === 'anthropic.' };
}

/**
 * A message request -> Converse's.
 *
 * @param body checked against the table
 * @param betas of the header `anthropic-beta`
 * @throws TollgateError `invalid_request` naming what this model has no means for
 */
export function converseRequest(body: Members, model: AllowedModel, betas: readonly string[]): ConverseRequest {
  const { max_tokens, temperature, top_p, stop_sequences, service_tier, metadata } = body as Record<string, never>;
  const inferenceConfig = {
    ...(max_tokens == null ? {} : { maxTokens: max_tokens }),
    ...(temperature == null ? {} : { temperature }),
    ...(top_p == null ? {} : { topP: top_p }),
    ...(stop_sequences == null || (stop_sequences as string[]).length === 0 ? {} : { stopSequences: stop_sequences }),
  };
  const userId = (metadata as Members | undefined)?.user_id;
  return {
    ...converseTokens(body, model, betas),
    ...(Object.keys(inferenceConfig).length === 0 ? {} : { inferenceConfig }),
    ...outputConfig(body),
    ...(typeof userId === 'string' && userId !== '' ? { requestMetadata: { user_id: metadataValue(userId) } } : {}),
    ...(isTier(service_tier) ? { serviceTier: { type: service_tier } } : {}),
  };
}

/** The part of it that is counted: all that a model reads. */
export function converseTokens(
  body: Members,
  model: AllowedModel,
  betas: readonly string[],
): Pick<ConverseRequest, 'messages' | 'system' | 'toolConfig' | 'additionalModelRequestFields'> {
  const traits = traitsOf(model);
  const { caches } = traits;
  const { system, messages } = conversation(body, { caches, reasons: traits.isClaude, names: new Set() });
  const toolConfig = toolsOf(body, messages, caches);
  const fields = ownFields(body, traits, betas);
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
  const system = given == null ? [] : systemBlocks(given as string, reading);
  const messages: ConverseMessage[] = [];
  for (const { role, content } of turns as unknown as { role: 'user' | 'assistant' | 'system'; content: string }[]) {
    if (role === 'system') {
      system.push(...systemBlocks(content, reading));
      continue;
    }
    const blocks = contentBlocks(content, reading);
    const last = messages.at(-1);
    if (blocks.length === 0) continue;
    if (last?.role === role) last.content.push(...blocks);
    else messages.push({ role, content: blocks });
  }
  if (messages.length === 0) throw invalid('messages', 'must hold a user message that is not blank');
  messages.at(-1)?.content.push(...cachePoint(cache_control, reading.caches));
  return { system, messages };
}

function toolsOf(
  { tools, tool_choice }: Members,
  messages: readonly ConverseMessage[],
  caches: Caches,
): ConverseRequest['toolConfig'] {
  const given = (tools ?? []) as Members[];
  const choice = (tool_choice ?? {}) as { type?: string; name?: string };
  if (choice.type === 'none') {
    if (given.length > 0 && messages.some(({ content }) => content.some(isOfTools)))
      throw unsupported('tool_choice.type', 'Once this model has called tools it cannot be kept from them.');
    return undefined;
  }
  if (given.length === 0) {
    if (choice.type === 'any' || choice.type === 'tool') throw invalid('tool_choice', 'may be given only with tools');
    return undefined;
  }
  const toolChoice = choiceOf(choice);
  return {
    // Of all models only Claude has cache points among its tools.
    tools: given.flatMap((tool) => [
      toolOf(tool),
      ...(caches === 'claude' ? cachePoint(tool.cache_control, caches) : []),
    ]),
    ...(toolChoice === undefined ? {} : { toolChoice }),
  };
}

function isOfTools(block: Block): boolean {
  return 'toolUse' in block || 'toolResult' in block;
}

function toolOf({ name, description, input_schema, strict }: Members): Tool {
  return {
    toolSpec: {
      name: name as string,
      ...(typeof description === 'string' && description.trim() !== '' ? { description } : {}),
      inputSchema: { json: input_schema ?? {} },
      ...(strict === true ? { strict } : {}),
    },
  };
}

function choiceOf({ type, name = '' }: { type?: string; name?: string }): ToolChoice | undefined {
  if (type === 'any') return { any: {} };
  return type === 'tool' ? { tool: { name } } : undefined;
}

/** What Converse leaves to the model, in the model's own words. */
function ownFields(body: Members, traits: Traits, betas: readonly string[]): { [member: string]: Json } {
  const { top_k, tool_choice, thinking } = body;
  const { isClaude, topK } = traits;
  const alone = (tool_choice as Members | null | undefined)?.disable_parallel_tool_use === true;
  if (top_k != null && topK === undefined) throw unsupported('top_k', 'This model has nothing like it.');
  if (alone && !isClaude)
    throw unsupported('tool_choice.disable_parallel_tool_use', 'This model calls as many tools at once as it likes.');
  return {
    ...(top_k == null ? {} : topK?.(top_k)),
    ...(alone ? { tool_choice: tool_choice as Json } : {}),
    ...thinkingFields(thinking, isClaude),
    ...(isClaude && betas.length > 0 ? { anthropic_beta: [...betas] } : {}),
  };
}

function thinkingFields(thinking: Json | undefined, isClaude: boolean): { [member: string]: Json } {
  if (thinking == null) return {};
  if (isClaude) return { thinking };
  if ((thinking as Members).type === 'enabled')
    throw unsupported('thinking.type', 'This model cannot be made to think.');
  return {};
}

function outputConfig({ output_config, output_format }: Members): Pick<ConverseRequest, 'outputConfig'> {
  const { format = output_format, effort } = (output_config ?? {}) as Members;
  const schema = (format as Members | null | undefined)?.schema;
  const config = {
    ...(schema === undefined
      ? {}
      : { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } } }),
    ...(effort == null ? {} : { effort }),
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
