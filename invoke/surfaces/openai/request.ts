import type { Json } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { checkFields, type Fields, invalid, type Members } from '../fields.ts';
import type { Effort } from '../means.ts';
import type { Format } from '../structured.ts';
import { type Asked, askedOf, type Wanted } from './asked.ts';
import { CHAT_FIELDS, REQUIRED } from './fields.ts';
import { conversationOf } from './messages.ts';
import { offerOf } from './tools.ts';

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
  const wanted: Wanted = {
    ...conversationOf(body.messages as Members[], offer.tools.length > 0),
    offer,
    format: formatOf(body.response_format),
    effort: (body.reasoning_effort ?? undefined) as Effort | undefined,
    maxTokens: maxTokensOf(body),
    inferenceConfig: {
      ...(body.temperature == null ? {} : { temperature: body.temperature as number }),
      ...(body.top_p == null ? {} : { topP: body.top_p as number }),
      ...(body.stop == null ? {} : { stopSequences: [body.stop].flat() as string[] }),
    },
    names: {
      effort: 'reasoning_effort',
      room: body.max_tokens == null ? 'max_completion_tokens' : 'max_tokens',
      format: 'response_format',
    },
    oneCall: body.parallel_tool_calls === false,
    body,
  };
  return askedOf(wanted, model);
}

function formatOf(format: Json | undefined): Format | undefined {
  const { type, json_schema } = (format ?? {}) as Members;
  return type === 'json_object' || type === 'json_schema' ? ((json_schema ?? {}) as Format) : undefined;
}

function maxTokensOf({ max_completion_tokens: current, max_tokens: old }: Members): number | undefined {
  if (current != null && old != null && current !== old)
    throw invalid('max_tokens', 'must equal max_completion_tokens when both are given');
  return (current ?? old ?? undefined) as number | undefined;
}
