import type { Json } from '../../contract/json.ts';
import type { AllowedModel } from '../../contract/model.ts';
import type { StreamEvent } from '../call.ts';
import { eventOf } from './containers/chunks.ts';
import { type ConverseAnswer, type ConverseRequest, isTool, members, parse } from './converse.ts';
import { dialectsOf } from './dialects.ts';
import { unsupported } from './fields.ts';
import { closedSchema, isStructured } from './means.ts';

/**
 * An answer in JSON, for every surface alike: by the model's own structured output, else as the input of a tool that it must call,
 * which is given to the surface as the text that it stands for.
 */

/** How the answer is to be written, where it is not just text; without a schema, as any object. */
export interface Format {
  name?: string;
  description?: string;
  schema?: Json;
}

type ToolConfig = ConverseRequest['toolConfig'];

/** A request of Converse's, and how its answer is to be read. */
export interface Asked {
  request: ConverseRequest;
  /** The tool whose input is the answer's text. */
  answerTool?: string;
}

export interface Formatted {
  toolConfig?: NonNullable<ToolConfig>;
  textFormat?: Json;
  answerTool?: string;
}

/** What a model without structured output must call, beside the tools that it may call. */
const ANSWER = 'json_answer';

/**
 * Structured output wants every object closed, which leaves nothing of an object that nobody described: that is a tool's
 * input, of any model.
 *
 * @param offered the caller's own tools
 * @param field how the surface calls the format
 * @throws TollgateError `invalid_request` naming it, where nothing holds the model to a schema
 */
export function formatted(
  format: Format | undefined,
  model: AllowedModel,
  offered: ToolConfig,
  field: string,
): Formatted {
  const asOffered = offered === undefined ? {} : { toolConfig: offered };
  if (format === undefined) return asOffered;
  const { name, schema, description } = format;
  const described = description?.trim() ? { description } : {};
  if (schema != null && isStructured(model)) {
    const jsonSchema = { schema: closedSchema(schema), ...(name === undefined ? {} : { name }), ...described };
    return { ...asOffered, textFormat: { type: 'json_schema', structure: { jsonSchema } } };
  }
  if (dialectsOf(model).every((dialect) => dialect === 'generate'))
    throw unsupported(field, 'The container of this model is held to no schema.');
  // Where one of the caller's own must be called there is no answer yet.
  if (offered?.toolChoice !== undefined && !('auto' in offered.toolChoice)) return asOffered;
  const tools = offered?.tools ?? [];
  const answerTool = freeName(tools);
  const inputSchema = { json: schema ?? { type: 'object' } };
  const tool = { toolSpec: { name: answerTool, description: 'Takes the answer.', ...described, inputSchema } };
  return {
    toolConfig: {
      tools: [...tools, tool],
      toolChoice: tools.length === 0 ? { tool: { name: answerTool } } : { any: {} },
    },
    answerTool,
  };
}

function freeName(tools: NonNullable<ToolConfig>['tools']): string {
  const taken = new Set(tools.filter(isTool).map(({ toolSpec }) => toolSpec.name));
  let name = ANSWER;
  while (taken.has(name)) name += '_';
  return name;
}

/** An answer whose calls of the tool are the texts that they stand for; that it called no other is its ordinary end. */
export function textAnswer({ output, stopReason, ...answer }: ConverseAnswer, answerTool: string): ConverseAnswer {
  let others = false;
  const content = output.message.content.map((block) => {
    const { name, input = {} } = members(block.toolUse);
    if (name === answerTool) return { text: JSON.stringify(input) };
    others ||= block.toolUse !== undefined;
    return block;
  });
  return {
    ...answer,
    output: { message: { role: 'assistant', content } },
    stopReason: stopReason === 'tool_use' && !others ? 'end_turn' : stopReason,
  };
}

/** The same of ConverseStream's events. For one stream; it remembers what has passed. */
export function textEvents(answerTool: string): (event: StreamEvent | null) => StreamEvent[] {
  const answering = new Set<unknown>();
  let others = false;
  return (event) => {
    switch (event?.type) {
      case undefined:
        return [];
      case 'contentBlockStart': {
        const { contentBlockIndex, start } = members(parse(event.payload));
        const { toolUse } = members(start);
        if (members(toolUse).name === answerTool) {
          answering.add(contentBlockIndex);
          // A block of text begins with its first delta.
          return [];
        }
        others ||= toolUse !== undefined;
        return [event];
      }
      case 'contentBlockDelta': {
        const { contentBlockIndex, delta } = members(parse(event.payload));
        if (!answering.has(contentBlockIndex)) return [event];
        const { input } = members(members(delta).toolUse);
        return typeof input === 'string' && input !== ''
          ? [eventOf('contentBlockDelta', { contentBlockIndex, delta: { text: input } })]
          : [];
      }
      case 'messageStop': {
        const { stopReason, ...stopped } = members(parse(event.payload));
        return stopReason === 'tool_use' && !others
          ? [eventOf('messageStop', { ...stopped, stopReason: 'end_turn' })]
          : [event];
      }
      default:
        return event === null ? [] : [event];
    }
  };
}
