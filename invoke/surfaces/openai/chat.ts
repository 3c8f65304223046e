import { parseJsonObject } from '../../../contract/json.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { talk } from '../talk.ts';
import type { Reading } from './asked.ts';
import { chatChunks } from './chunks.ts';
import { type CompletionBase, completion } from './completion.ts';
import { ownBody, ownChunks, ownCompletion, ownHeaders } from './own.ts';
import { chatRequest, parseHead } from './request.ts';
import { USAGE_HEADER } from './usage.ts';

/**
 * `POST /v1/chat/completions`: OpenAI's format, to models that take it as it is, and over Converse to all others. The usage says
 * what the call cost if its caller asks for that, and never else: an SDK sees the form that it knows.
 *
 * @throws TollgateError
 */
export async function chat(given: Exchange): Promise<Given> {
  const more = given.request.headers.get(USAGE_HEADER);
  // Loaded only where it is asked for.
  const { exchange, usage } = more === null ? { exchange: given } : (await import('./priced.ts')).priced(given, more);
  const bytes = await jsonBytes(exchange.request);
  const body = parseJsonObject(bytes);
  const { model: wanted, stream, ...head } = parseHead(body);
  const includeUsage = head.includeUsage || usage !== undefined;
  let reading: Reading = { oneCall: false };
  const talked = await talk(exchange, {
    surface: 'openai',
    wanted,
    stream,
    cacheKey: body.prompt_cache_key,
    converse(model) {
      const asked = chatRequest(body, model);
      reading = asked.reading;
      return asked;
    },
    own: {
      dialect: 'openai',
      body: (model) => ownBody(bytes, body, stream, model),
      headers: (model) => ownHeaders(body, model),
    },
  });
  const base: CompletionBase = { id: `chatcmpl-${exchange.requestId}`, created: exchange.nowSeconds, model: wanted };
  const { headers } = talked;
  if (talked.kind === 'whole') {
    if (talked.own !== undefined) return json(ownCompletion(base, talked.own, talked.tier, usage), headers);
    return json(completion(base, talked.answer, reading, usage), headers);
  }
  const translation = talked.isOwn
    ? ownChunks(base, includeUsage, usage)
    : chatChunks(base, includeUsage, reading, usage);
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    body: talked.relay(translation),
  };
}
