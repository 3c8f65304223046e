import { TollgateError } from '../../contract/errors.ts';
import { parseJsonObject } from '../../contract/json.ts';
import { type Action, type AllowedModel, nativeIdOf } from '../../contract/model.ts';
import { lifecycleHeaders } from '../../registry/lifecycle.ts';
import { jsonBytes } from '../body.ts';
import type { Operation, ProviderRequest } from '../call.ts';
import type { Exchange } from '../exchange.ts';
import { bedrockFrames } from './bedrock-frames.ts';
import { relay } from './relay.ts';

/** Bedrock Runtime's own wire format: bytes in, bytes out. A field newer than anything here survives. */

export const BEDROCK_OPERATIONS: Record<Operation, Action> = {
  converse: 'invoke',
  'converse-stream': 'stream',
  invoke: 'invoke',
  'invoke-with-response-stream': 'stream',
  'count-tokens': 'count',
};

// InvokeModel's body is a blob: the SDK names it application/octet-stream, other clients nothing, when the caller does
// not say. It is JSON for every model, and it is parsed as JSON whatever it is called.
const BLOB_TYPES = ['application/json', 'application/octet-stream', ''];

const EVENT_STREAM = 'application/vnd.amazon.eventstream';

const MEDIA_TYPE = /^[\w.+*-]{1,64}\/[\w.+*-]{1,64}$/;
const PLAIN_VALUE = /^[\w.-]{1,64}$/;

/** Headers of Bedrock that a caller may set: they change how a call runs, never where or under whose rights. */
const PASSED = new Map([
  ['x-amzn-bedrock-trace', PLAIN_VALUE],
  ['x-amzn-bedrock-performanceconfig-latency', PLAIN_VALUE],
  ['x-amzn-bedrock-service-tier', PLAIN_VALUE],
  // The payload's media type within a stream's frames.
  ['x-amzn-bedrock-accept', MEDIA_TYPE],
]);

// A guardrail is granted by the registry, or not at all: one chosen by the caller would be another resource.
const STEERING_MEMBERS = ['guardrailConfig', 'amazon-bedrock-guardrailConfig'];

/**
 * `POST /model/{modelId}/{operation}`
 *
 * @param wanted the model as the caller wrote it, percent-decoded once
 * @throws TollgateError
 */
export async function bedrock(exchange: Exchange, wanted: string, operation: Operation): Promise<Response> {
  const { headers } = exchange.request;
  const isBlob = operation === 'invoke' || operation === 'invoke-with-response-stream';
  const passed = passedHeaders(headers);
  const accept = acceptOf(headers, operation);
  const body = await jsonBytes(exchange.request, isBlob ? BLOB_TYPES : undefined);
  const answer = await exchange.run({
    surface: 'bedrock',
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted,
    action: BEDROCK_OPERATIONS[operation],
    prepare: (model): ProviderRequest => {
      checkBody(body, wanted, model);
      return { operation, body, contentType: 'application/json', accept, headers: passed };
    },
    waitUntil: exchange.waitUntil,
  });
  const answered = { ...answer.headers, ...lifecycleHeaders(answer.model, exchange.nowSeconds) };
  if (answer.kind === 'whole')
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answered });
  return new Response(relay(answer.events, bedrockFrames, exchange.broke), {
    status: answer.status,
    headers: { ...answered, 'content-type': EVENT_STREAM },
  });
}

function passedHeaders(headers: Headers): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (!name.startsWith('x-amzn-bedrock-')) continue;
    const form = PASSED.get(name);
    if (form === undefined)
      throw new TollgateError('invalid_request', {
        field: name,
        reason: 'header-not-granted',
        message: `The header ${name} is not granted here.`,
      });
    if (!form.test(value)) throw new TollgateError('invalid_request', { field: name, reason: 'header-value' });
    passed[name] = value;
  }
  return passed;
}

/** The answer's media type: `accept` speaks of the whole answer, and on a stream of its frames. */
function acceptOf(headers: Headers, operation: Operation): string {
  if (BEDROCK_OPERATIONS[operation] === 'stream') return EVENT_STREAM;
  const asked = headers.get('accept');
  if (operation !== 'invoke' || asked === null || asked === '*/*') return 'application/json';
  if (MEDIA_TYPE.test(asked)) return asked;
  throw new TollgateError('invalid_request', { field: 'accept', reason: 'header-value' });
}

/** Read on a copy and for its strictness; what is sent are the caller's bytes. */
function checkBody(body: Uint8Array, wanted: string, model: AllowedModel): void {
  if (model.target.kind === 'sagemaker-endpoint')
    throw new TollgateError('invalid_request', {
      field: 'modelId',
      reason: 'wrong-surface',
      message: 'This model is a SageMaker endpoint; it is not called through the Bedrock paths.',
    });
  const members = parseJsonObject(body);
  for (const member of STEERING_MEMBERS)
    if (Object.hasOwn(members, member))
      throw new TollgateError('invalid_request', {
        field: member,
        reason: 'member-not-granted',
        message: `The member ${member} is not granted here.`,
      });
  // Two names for the model: the one that was decided upon must be the only one.
  for (const member of ['model', 'modelId']) {
    const named = members[member];
    if (named === undefined || named === wanted || named === model.id || named === nativeIdOf(model.target)) continue;
    throw new TollgateError('invalid_request', {
      field: member,
      reason: 'model-mismatch',
      message: `The member ${member} names another model than the path.`,
    });
  }
}
