import { parseJsonObject } from '../../../contract/json.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { checkUnsteered } from '../../grants/guardrail.ts';
import { checkFields, invalid, type Members } from '../fields.ts';
import { talk } from '../talk.ts';
import { converseEvents, ownEvents } from './events.ts';
import { MESSAGE_FIELDS, MESSAGE_REQUIRED } from './fields.ts';
import { type MessageBase, messageOf } from './message.ts';
import { betasOf, checkSources, ownBody, ownHeaders, shownStop } from './own.ts';
import { converseRequest } from './request.ts';

/**
 * `POST /v1/messages`: Anthropic's format, to Claude as it came, to other models over Bedrock's Converse.
 *
 * @throws TollgateError
 */
export async function messages(exchange: Exchange): Promise<Given> {
  const { request, requestId } = exchange;
  const bytes = await jsonBytes(request);
  const body = parseJsonObject(bytes);
  const { model: wanted, stream } = parseHead(body);
  const betas = betasOf(request.headers);
  const talked = await talk(exchange, {
    surface: 'anthropic',
    wanted,
    stream,
    converse(model) {
      checkFields(MESSAGE_FIELDS, body, MESSAGE_REQUIRED);
      return converseRequest(body, model, betas);
    },
    own: {
      dialect: 'anthropic',
      body() {
        checkUnsteered(body);
        checkSources(body);
        return ownBody(bytes, body, betas);
      },
      headers: () => ownHeaders(body),
    },
  });
  const headers = { ...talked.headers, 'request-id': requestId };
  const base: MessageBase = {
    id: `msg_${requestId}`,
    model: wanted,
    stopSequences: Array.isArray(body.stop_sequences) ? (body.stop_sequences as string[]) : [],
  };
  if (talked.kind === 'whole') {
    if (talked.own === undefined) return json(messageOf(base, talked.answer), headers);
    const own = talked.model.guardrail === undefined ? talked.own : shownStop(talked.own);
    return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: own };
  }
  const { isOwn, model } = talked;
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    body: talked.relay(isOwn ? ownEvents(requestId, model) : converseEvents(base, requestId)),
  };
}

/** What decides how the call runs, whoever reads the rest. @throws TollgateError `invalid_request` naming the member */
export function parseHead({ model, stream }: Members): { model: string; stream: boolean } {
  if (typeof model !== 'string' || model === '') throw invalid('model', 'must be a non-empty string');
  if (stream != null && typeof stream !== 'boolean') throw invalid('stream', 'must be true or false');
  return { model, stream: stream === true };
}
