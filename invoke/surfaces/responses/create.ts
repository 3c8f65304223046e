import { asTollgateError, TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import type { Reading } from '../openai/asked.ts';
import { EVENT_STREAM } from '../sse.ts';
import { talk } from '../talk.ts';
import { createAnswer, responseOf } from './answer.ts';
import { inBackground, type Wanted } from './background.ts';
import { recordOf, withHistory } from './record.ts';
import { parseHead, responseRequest } from './request.ts';
import { type ResponseBase, responseBase } from './response.ts';
import { translationOf } from './translation.ts';

/**
 * `POST /v1/responses`: OpenAI's newer format, over Converse.
 *
 * @throws TollgateError
 */
export async function createResponse(exchange: Exchange): Promise<Given> {
  const { requestId, nowSeconds } = exchange;
  const asked = parseJsonObject(await jsonBytes(exchange.request));
  const { model, stream, background, store, previous } = parseHead(asked);
  const stored = store && exchange.storesResponses;
  const body = previous === undefined ? asked : await withHistory(exchange, asked, previous);
  let reading: Reading = { oneCall: false };
  const wanted: Wanted = {
    body,
    base: responseBase(asked, { requestId, nowSeconds, stored }),
    asking: {
      surface: 'openai',
      wanted: model,
      stream,
      cacheKey: body.prompt_cache_key,
      converse(allowed) {
        const asked = responseRequest(body, allowed);
        reading = asked.reading;
        return asked;
      },
    },
    reading: () => reading,
  };
  if (background) return inBackground(exchange, wanted);
  return atOnce(exchange, wanted);
}

async function atOnce(exchange: Exchange, { body, base, asking, reading }: Wanted): Promise<Given> {
  const { caller, answers } = exchange;
  const keep = async (response: ResponseBase): Promise<void> => {
    if (base.store) await (await answers?.())?.keep(caller, base.id, recordOf(response, body));
  };
  const talked = await talk(exchange, asking);
  if (talked.kind === 'whole') {
    if (talked.answer === undefined) throw new TollgateError('internal', { reason: 'own-form' });
    const response = responseOf(base, talked.answer, reading());
    await keep(response);
    return json(response, talked.headers);
  }
  let keeping: Promise<void> | undefined;
  const translation = translationOf((emit) => createAnswer(base, reading(), emit), {
    ended(response) {
      keeping = keep(response).catch((error) => exchange.broke(asTollgateError(error)));
    },
  });
  const events = talked.relay(translation);
  return {
    status: 200,
    headers: { ...talked.headers, ...EVENT_STREAM },
    body: base.store ? waitingFor(events, () => keeping) : events,
  };
}

/** Who has been told the end can go on from it: it is kept by then. */
function waitingFor(
  events: AsyncIterable<Uint8Array>,
  keeping: () => Promise<void> | undefined,
): AsyncIterable<Uint8Array> {
  const pieces = events[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const piece = await pieces.next();
      await keeping();
      return piece;
    },
    return: async () => pieces.return?.() ?? { done: true, value: undefined },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
