import type { AllowedModel } from '../../../contract/model.ts';
import { checkFields, type Members } from '../fields.ts';
import type { Effort } from '../means.ts';
import { type Asked, askedOf } from '../openai/asked.ts';
import { offerOf } from '../openai/tools.ts';
import type { Format } from '../structured.ts';
import { REQUIRED, RESPONSE_FIELDS } from './fields.ts';
import { conversationOf } from './items.ts';

/** What decides how the call runs; everything else is `responseRequest`'s. */
export interface ResponseHead {
  model: string;
  stream: boolean;
  background: boolean;
  store: boolean;
  previous: string | undefined;
}

/** @throws TollgateError `invalid_request` with the member at fault as its field */
export function parseHead(body: Members): ResponseHead {
  checkFields(RESPONSE_FIELDS, body, REQUIRED);
  return {
    model: body.model as string,
    stream: body.stream === true,
    background: body.background === true,
    store: body.store === true,
    previous: (body.previous_response_id ?? undefined) as string | undefined,
  };
}

/**
 * A request for a response -> Converse's.
 *
 * @param body as `parseHead` took it
 * @throws TollgateError `invalid_request` with the member at fault as its field
 */
export function responseRequest(body: Members, model: AllowedModel): Asked {
  const { input = null, instructions, text, reasoning } = body;
  const offer = offerOf({ tools: toolsOf(body), tool_choice: choiceOf(body) }, model);
  const { effort } = (reasoning ?? {}) as { effort?: Effort | null };
  return askedOf(
    {
      ...conversationOf(input, (instructions ?? null) as string | null, offer.tools.length > 0),
      offer,
      format: formatOf((text ?? {}) as Members),
      effort: effort ?? undefined,
      maxTokens: (body.max_output_tokens ?? undefined) as number | undefined,
      inferenceConfig: {
        ...(body.temperature == null ? {} : { temperature: body.temperature as number }),
        ...(body.top_p == null ? {} : { topP: body.top_p as number }),
      },
      names: { effort: 'reasoning.effort', room: 'max_output_tokens', format: 'text.format' },
      oneCall: body.parallel_tool_calls === false,
      body,
    },
    model,
  );
}

/** In chat's form, which names a function one level further down. */
function toolsOf({ tools }: Members): Members[] {
  return ((tools ?? []) as Members[]).map(({ type = null, ...described }) => ({ type, function: described }));
}

function choiceOf({ tool_choice: choice = null, ...body }: Members): Members[string] {
  if (choice === null || typeof choice !== 'object' || Array.isArray(choice)) return choice;
  const { type = null, mode = null, tools, name = null } = choice as Members;
  if (type !== 'allowed_tools') return { type, function: { name } };
  return { type, allowed_tools: { mode, tools: toolsOf({ ...body, tools: tools ?? null }) } };
}

function formatOf({ format }: Members): Format | undefined {
  const { type, ...described } = (format ?? {}) as Members;
  return type === 'json_object' || type === 'json_schema' ? (described as Format) : undefined;
}
