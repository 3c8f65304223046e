import { type Json, parseJsonObject } from '../../../contract/json.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange } from '../../exchange.ts';
import type { ConverseRequest } from '../converse.ts';
import { checkFields, invalid, type Members, unsupported } from '../fields.ts';
import { PARAMETERS, REQUEST, type Type } from './fields.ts';

/** A request, checked but for what its model has a say in. */
export interface Asked {
  /** The model as the caller wrote it. */
  wanted: string;
  type: Type;
  streaming: boolean;
  /** Whose answer is asked for. */
  requestId: string | undefined;
  /** A text, texts, or messages; undefined: not given. */
  inputs: Json | undefined;
  parameters: Members;
  body: Members;
}

const QUERIES = ['model_id', 'model_arn', 'requestId'] as const;
const HEADERS = ['type', 'messages_api', 'streaming'] as const;

/** What the original does not read as JSON is JSON all the same, and a client that polls may send none. */
const TYPES = ['application/json', ''];

/** @throws TollgateError `invalid_request` naming the query, header or member at fault */
export async function readRequest({ request }: Exchange): Promise<Asked> {
  const bytes = await jsonBytes(request, TYPES);
  const body: Record<string, Json> = bytes.byteLength === 0 ? {} : { ...parseJsonObject(bytes) };
  for (const name of QUERIES) said(body, name, request.query.get(name));
  for (const name of HEADERS) said(body, name, request.headers.get(name));
  if (typeof body.type === 'string') body.type = body.type.toLowerCase();
  checkFields(REQUEST, body);
  // What is asked for later has a model already.
  const wanted = body.model_arn ?? body.model_id ?? body.requestId;
  if (typeof wanted !== 'string') throw invalid('model_id', 'must be given');
  const type = (body.type ?? 'text') as Type;
  const parameters = (oneOf(body, ['parameters', 'model_kwargs']) ?? {}) as Members;
  checkFields(PARAMETERS[type], parameters, [], body.parameters == null ? 'model_kwargs' : 'parameters');
  return {
    wanted,
    type,
    streaming: flag(body, 'streaming'),
    requestId: body.requestId as string | undefined,
    inputs: oneOf(body, ['inputs', 'prompt', 'messages']),
    parameters,
    body,
  };
}

/** A query and a header count before a member. */
function said(body: Record<string, Json>, name: string, value: string | null): void {
  if (value !== null) body[name] = value;
}

function flag(body: Members, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value === 'boolean') return value;
  if (!/^(?:true|false)$/i.test(String(value))) throw invalid(name, 'must be true or false');
  return String(value).toLowerCase() === 'true';
}

/** @throws TollgateError for two of them: which one is meant is not known */
function oneOf(body: Members, names: readonly string[]): Json | undefined {
  const [name = '', other] = names.filter((one) => body[one] != null);
  if (other !== undefined) throw invalid(other, `must not be given beside ${name}`);
  return body[name];
}

/**
 * A request for text as Converse's.
 *
 * @throws TollgateError `invalid_request` naming the member at fault
 */
export function converseRequest({ body, inputs, parameters }: Asked): ConverseRequest {
  const { system, temperature, top_k, topK, return_full_text: _, ...more } = parameters;
  const inferenceConfig = {
    ...named('maxTokens', more, MAX),
    ...named('topP', more, ['topP', 'top_p']),
    ...named('stopSequences', more, ['stopSequences', 'stop_sequences', 'stop']),
    ...(typeof temperature === 'number' ? { temperature } : {}),
  };
  const own = {
    ...(body.additional_model_fields as Members | undefined),
    ...(top_k == null ? {} : { top_k }),
    ...(topK == null ? {} : { topK }),
  };
  return {
    messages: messagesOf(body, inputs),
    ...(typeof system === 'string' && system !== '' ? { system: [{ text: system }] } : {}),
    ...(Object.keys(inferenceConfig).length === 0 ? {} : { inferenceConfig }),
    // An empty one is how the original says that there are none.
    ...(isEmpty(body.tool_config) ? {} : { toolConfig: body.tool_config as never }),
    ...(isEmpty(own) ? {} : { additionalModelRequestFields: own }),
  };
}

const MAX = ['maxTokens', 'max_tokens', 'max_tokens_to_sample', 'maxTokenCount', 'max_gen_len', 'max_new_tokens'];

function named(name: string, parameters: Members, names: readonly string[]): object {
  const value = oneOf(parameters, names);
  return value == null ? {} : { [name]: value };
}

function isEmpty(value: Json | undefined): boolean {
  return value == null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** A prompt is one message. Blocks go on as they are, which are Converse's; a text in their place is one block. */
function messagesOf(body: Members, inputs: Json | undefined): ConverseRequest['messages'] {
  const at = ['inputs', 'prompt', 'messages'].find((name) => body[name] != null) ?? 'inputs';
  if (typeof inputs === 'string' && inputs !== '') return [{ role: 'user', content: [{ text: inputs }] }];
  if (!Array.isArray(inputs) || inputs.length === 0) throw invalid(at, 'must be a prompt, or a list of messages');
  if (body.messages_api != null && !flag(body, 'messages_api'))
    throw invalid(at, 'must be a text where messages_api is false');
  return inputs.map((message, index) => {
    const place = `${at}[${index}]`;
    if (message === null || typeof message !== 'object' || Array.isArray(message))
      throw invalid(place, 'must be a message');
    const { role, content, ...rest } = message as Members;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw unsupported(`${place}.${unknown}`);
    if (role !== 'user' && role !== 'assistant') throw invalid(`${place}.role`, 'must be user or assistant');
    if (typeof content === 'string') return { role, content: [{ text: content }] };
    if (!Array.isArray(content)) throw invalid(`${place}.content`, 'must be a text, or a list of blocks');
    return { role, content: content as never };
  });
}
