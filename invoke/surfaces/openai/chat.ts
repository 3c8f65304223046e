import { parseJsonObject } from '../../../contract/json.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { talk } from '../talk.ts';
import { chatChunks } from './chunks.ts';
import { type CompletionBase, completion } from './completion.ts';
import { converseRequest, parseHead } from './request.ts';

/**
 * `POST /v1/chat/completions`: OpenAI's format over Bedrock's Converse.
 *
 * @throws TollgateError
 */
export async function chat(exchange: Exchange): Promise<Given> {
  const body = parseJsonObject(await jsonBytes(exchange.request));
  const { model: wanted, stream, includeUsage } = parseHead(body);
  const talked = await talk(exchange, {
    surface: 'openai',
    wanted,
    stream,
    converse: () => converseRequest(body),
  });
  const base: CompletionBase = { id: `chatcmpl-${exchange.requestId}`, created: exchange.nowSeconds, model: wanted };
  const { headers } = talked;
  if (talked.kind === 'whole') {
    if (talked.own !== undefined)
      return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: talked.own };
    return json(completion(base, talked.answer), headers);
  }
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    body: talked.relay(chatChunks(base, includeUsage)),
  };
}
