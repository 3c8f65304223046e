import { TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { kindOf, runtimeOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import type { ProviderRequest } from '../../call.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { relay } from '../relay.ts';
import { chatChunks } from './chunks.ts';
import { type CompletionBase, completion } from './completion.ts';
import { converseBody, parseHead } from './request.ts';

/**
 * `POST /v1/chat/completions`: OpenAI's format over Bedrock's Converse.
 *
 * @throws TollgateError
 */
export async function chat(exchange: Exchange): Promise<Given> {
  const body = parseJsonObject(await jsonBytes(exchange.request));
  const { model: wanted, stream, includeUsage } = parseHead(body);
  const answer = await exchange.run({
    surface: 'openai',
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted,
    action: stream ? 'stream' : 'invoke',
    prepare: (model): ProviderRequest => {
      checkTarget(model);
      return {
        operation: stream ? 'converse-stream' : 'converse',
        body: converseBody(body),
        contentType: 'application/json',
        accept: stream ? 'application/vnd.amazon.eventstream' : 'application/json',
        headers: {},
      };
    },
    waitUntil: exchange.waitUntil,
  });
  const base: CompletionBase = { id: `chatcmpl-${exchange.requestId}`, created: exchange.nowSeconds, model: wanted };
  const headers = lifecycleHeaders(answer.model, exchange.nowSeconds);
  if (answer.kind === 'whole') return json(completion(base, answer.body), headers);
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    body: relay(answer.events, chatChunks(base, includeUsage), exchange.broke),
  };
}

function checkTarget(model: AllowedModel): void {
  if (runtimeOf(model.target) !== 'bedrock-runtime')
    throw new TollgateError('invalid_request', {
      field: 'model',
      reason: 'wrong-surface',
      message: `This model is ${kindOf(model.target).name}; chat completions do not serve it.`,
    });
}
