import type { Json } from '../../../contract/json.ts';
import { METADATA_MAX, METADATA_MAX_CHARS } from '../../../contract/limits/surfaces.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import type { ConverseRequest, Tool } from '../converse.ts';
import { checkFields, type Fields, invalid, type Members } from '../fields.ts';
import { closedSchema, type Effort, isStructured, reasoningFields } from '../means.ts';
import { CHAT_FIELDS, REQUIRED } from './fields.ts';
import { conversationOf } from './messages.ts';
import { type Offer, offerOf } from './tools.ts';

/** What decides how the call runs, whatever form the model takes; everything else is `chatRequest`'s. */
export interface ChatHead {
  model: string;
  stream: boolean;
  includeUsage: boolean;
}

const { model: MODEL, stream: STREAM } = CHAT_FIELDS as Record<'model' | 'stream', Fields[string]>;

/** @throws TollgateError `invalid_request` with the member at fault as its field */
export function parseHead({ model = null, stream = null, stream_options: options }: Members): ChatHead {
  checkFields({ model: MODEL, stream: STREAM }, { model, stream }, ['model']);
  const includeUsage = options != null && (options as Members).include_usage === true;
  return { model: model as string, stream: stream === true, includeUsage };
}

/** A request of Converse's, and how its answer is to be read. */
export interface Asked {
  request: ConverseRequest;
  reading: Reading;
}

export interface Reading {
  /** The tool whose input is the answer's text: of a model that has no structured output. */
  answerTool?: string;
  /** Whether the answer has no more than one call. */
  oneCall: boolean;
}

/**
 * A chat completion request -> Converse's
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_RequestSyntax).
 *
 * @throws TollgateError `invalid_request` with the member at fault as its field
 */
export function chatRequest(body: Members, model: AllowedModel): Asked {
  checkFields(CHAT_FIELDS, body, REQUIRED);
  if (body.stream_options != null && body.stream !== true)
    throw invalid('stream_options', 'may be given only with stream');
  const offer = offerOf(body, model);
  const { outputConfig, answerTool } = formatOf(body.response_format, model);
  const toolConfig = answerTool === undefined ? offer : withAnswer(offer, answerTool);
  const { system, messages } = conversationOf(body.messages as Members[], offer.tools.length > 0);
  const maxTokens = maxTokensOf(body);
  const inferenceConfig = {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(body.temperature == null ? {} : { temperature: body.temperature as number }),
    ...(body.top_p == null ? {} : { topP: body.top_p as number }),
    ...(body.stop == null ? {} : { stopSequences: [body.stop].flat() as string[] }),
  };
  const heated = body.temperature != null && body.temperature !== 1 ? 'temperature' : undefined;
  const forced = offer.choice === undefined ? 'response_format' : 'tool_choice';
  const reasoning =
    body.reasoning_effort == null
      ? {}
      : reasoningFields(model, {
          effort: body.reasoning_effort as Effort,
          room: maxTokens,
          names: { effort: 'reasoning_effort', room: body.max_tokens == null ? 'max_completion_tokens' : 'max_tokens' },
          conflict: toolConfig.choice === undefined ? heated : forced,
          resumed: messages,
        });
  return {
    request: {
      messages,
      ...(system.length === 0 ? {} : { system }),
      ...unlessEmpty('inferenceConfig', inferenceConfig),
      ...(toolConfig.tools.length === 0 ? {} : { toolConfig: toolConfigOf(toolConfig) }),
      ...(outputConfig === undefined ? {} : { outputConfig }),
      ...unlessEmpty('additionalModelRequestFields', reasoning),
      ...unlessEmpty('requestMetadata', labelsOf(body)),
      ...tierOf(body.service_tier),
    },
    reading: {
      ...(answerTool === undefined ? {} : { answerTool: answerTool.toolSpec.name }),
      oneCall: body.parallel_tool_calls === false,
    },
  };
}

function unlessEmpty<Name extends string, T extends object>(name: Name, value: T): { [N in Name]?: T } {
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as { [N in Name]?: T });
}

function toolConfigOf({ tools, choice }: Offer): NonNullable<ConverseRequest['toolConfig']> {
  return choice === undefined ? { tools } : { tools, toolChoice: choice };
}

/** What a model without structured output must call, beside the tools that it may call. */
const ANSWER = 'json_answer';

/**
 * Structured output wants every object closed, which leaves nothing of an object that nobody described: that is a tool's
 * input, of any model.
 */
function formatOf(format: Json | undefined, model: AllowedModel): { outputConfig?: Json; answerTool?: Tool } {
  const { type, json_schema } = (format ?? {}) as Members;
  if (type !== 'json_object' && type !== 'json_schema') return {};
  const { name, description, schema } = (json_schema ?? {}) as { name?: string; description?: string; schema?: Json };
  const described = description?.trim() ? { description } : {};
  if (schema != null && isStructured(model)) {
    const jsonSchema = { schema: closedSchema(schema), ...(name === undefined ? {} : { name }), ...described };
    return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
  }
  const inputSchema = { json: schema ?? { type: 'object' } };
  return { answerTool: { toolSpec: { name: ANSWER, description: 'Takes the answer.', ...described, inputSchema } } };
}

/** It must call a tool: the answer's, or one of those that it was offered; if it must call one of these, then these alone. */
function withAnswer({ tools, choice }: Offer, answer: Tool): Offer {
  if (choice !== undefined) return { tools, choice };
  return {
    tools: [...tools, answer],
    choice: tools.length === 0 ? { tool: { name: answer.toolSpec.name } } : { any: {} },
  };
}

function maxTokensOf({ max_completion_tokens: current, max_tokens: old }: Members): number | undefined {
  if (current != null && old != null && current !== old)
    throw invalid('max_tokens', 'must equal max_completion_tokens when both are given');
  return (current ?? old ?? undefined) as number | undefined;
}

/** Those that Bedrock has too; `auto` and `default` ask for what a call without a tier is. */
function tierOf(value: Json | undefined): Pick<ConverseRequest, 'serviceTier'> {
  if (value == null || value === 'auto' || value === 'default') return {};
  return { serviceTier: { type: value === 'fast' ? 'priority' : String(value) } };
}

/** Characters that Converse's requestMetadata does not take. */
const NO_LABEL = /[^A-Za-z0-9\s:_@$#=/+,.-]/g;

/** The caller's own labels, which go into invocation logs and decide nothing: who called is in the session's name and tags. */
function labelsOf({ metadata, user, safety_identifier }: Members): Record<string, string> {
  const given = Object.entries({ safety_identifier, user, ...(metadata as Members | null) });
  const label = (text: string): string => text.slice(0, METADATA_MAX_CHARS).replace(NO_LABEL, '_');
  return Object.fromEntries(
    given
      .filter(([name, value]) => name !== '' && typeof value === 'string')
      .slice(0, METADATA_MAX)
      .map(([name, value]) => [label(name), label(value as string)]),
  );
}
