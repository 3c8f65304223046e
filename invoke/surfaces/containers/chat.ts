import type { Container } from '../../../contract/model.ts';
import {
  type Block,
  type ConverseMessage,
  type ConverseRequest,
  isTool,
  type MediaBlock,
  type ToolChoice,
  type ToolResultBlock,
} from '../converse.ts';
import { answerFormat, outputEffort, refuseOthers, textOf, unfit } from './converse.ts';

/**
 * Converse as OpenAI's chat completions, which LMI (vLLM) and TGI take on `/invocations`
 * (https://docs.djl.ai/master/docs/serving/serving/docs/lmi/user_guides/chat_input_output_schema.html,
 * https://huggingface.co/docs/text-generation-inference/messages_api).
 *
 * No `model`: vLLM answers to the name that it was started with or to none, LMI and TGI do not look at it.
 *
 * @throws TollgateError `invalid_request` naming what this form has no place for
 */
export function chatBody(asked: ConverseRequest, stream: boolean, container: Container): object {
  refuseOthers(asked);
  const { messages, system = [], inferenceConfig = {}, toolConfig, additionalModelRequestFields: more } = asked;
  const { maxTokens, temperature, topP, stopSequences } = inferenceConfig;
  const told = system.flatMap((block) => ('text' in block ? [block.text] : []));
  const tools = (toolConfig?.tools ?? []).filter(isTool);
  const choice = toolConfig?.toolChoice;
  const body = {
    messages: [
      ...(told.length === 0 ? [] : [{ role: 'system', content: told.join('\n\n') }]),
      ...messages.flatMap((message, at) => turn(message, `messages[${at}]`)),
    ],
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stopSequences !== undefined && stopSequences.length > 0 && { stop: stopSequences }),
    ...(tools.length > 0 && {
      tools: tools.map(({ toolSpec: { name, description, inputSchema, strict } }) => ({
        type: 'function',
        function: { name, description, parameters: inputSchema.json, strict },
      })),
      ...(choice !== undefined && { tool_choice: choiceOf(choice) }),
    }),
    ...responseFormat(asked, container),
    ...outputEffort(asked),
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  };
  // What a surface says beside Converse is the model's own; it never replaces what Converse says.
  return { ...(more !== null && typeof more === 'object' ? more : {}), ...body };
}

function choiceOf(choice: ToolChoice): unknown {
  if ('tool' in choice) return { type: 'function', function: { name: choice.tool.name } };
  return 'any' in choice ? 'required' : 'auto';
}

/** TGI takes a schema under a name of its own, in every version. */
function responseFormat(asked: ConverseRequest, container: Container): object {
  const format = answerFormat(asked);
  if (format === undefined) return {};
  const { name, schema } = format;
  if (container === 'tgi') return { response_format: { type: 'json_object', value: schema } };
  return { response_format: { type: 'json_schema', json_schema: { name, schema, strict: true } } };
}

/** What a tool answered is a turn of its own here, and stands right behind the call of it. */
function turn({ role, content }: ConverseMessage, at: string): object[] {
  if (role === 'assistant') return [said(content, at)];
  const results = content.flatMap((block) => ('toolResult' in block ? [result(block, at)] : []));
  const parts = content.flatMap((block) => ('toolResult' in block ? [] : (part(block, at) ?? [])));
  return parts.length === 0 ? results : [...results, { role: 'user', content: joined(parts) }];
}

function said(content: readonly Block[], at: string): object {
  const texts: string[] = [];
  const calls: object[] = [];
  for (const block of content)
    if ('text' in block) texts.push(block.text);
    else if ('toolUse' in block) {
      const { toolUseId, name, input } = block.toolUse;
      calls.push({ id: toolUseId, type: 'function', function: { name, arguments: JSON.stringify(input) } });
    }
    // What was thought is not read again, and what is cached is the container's own affair.
    else if (!('reasoningContent' in block || 'cachePoint' in block)) throw unfit('this in an answer', `${at}.content`);
  const text = texts.join('\n');
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function result({ toolResult: { toolUseId, content } }: ToolResultBlock, at: string): object {
  const texts = content.map((block) => {
    if ('json' in block) return JSON.stringify(block.json);
    const text = textOf(block);
    if (text === undefined) throw unfit('pictures and documents in the result of a tool', `${at}.content`);
    return text;
  });
  return { role: 'tool', tool_call_id: toolUseId, content: texts.join('\n') };
}

type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

/** @returns undefined for what says nothing to the model */
function part(block: Exclude<Block, ToolResultBlock>, at: string): Part | undefined {
  if ('cachePoint' in block) return undefined;
  if ('image' in block) {
    const { format, source } = block.image;
    return { type: 'image_url', image_url: { url: `data:image/${format};base64,${source.bytes}` } };
  }
  const text = 'text' in block || 'document' in block ? textOf(block as MediaBlock) : undefined;
  if (text === undefined) throw unfit('documents other than text', `${at}.content`);
  return { type: 'text', text };
}

/** Many templates take nothing but a text. */
function joined(parts: readonly Part[]): string | readonly Part[] {
  const texts = parts.flatMap((one) => (one.type === 'text' ? [one.text] : []));
  return texts.length === parts.length ? texts.join('\n') : parts;
}
