import { TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import type { Action, AllowedModel } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { kindOf, nativeIdOf, pathIdOf, runtimeOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import type { ModelOperation, ProviderRequest } from '../../call.ts';
import { jsonBytes } from '../../edge/body.ts';
import { wantedType } from '../../edge/headers.ts';
import type { AskedHeaders, Exchange, Given } from '../../exchange.ts';
import {
  checkGuardrail,
  checkGuardrailMember,
  checkUnsteered,
  GUARDRAIL_HEADERS,
  GUARDRAIL_MEMBER,
} from '../../grants/guardrail.ts';
import { checkTrace, TRACE_HEADER, untraced } from '../../grants/trace.ts';
import { shownName } from '../../names.ts';
import { relay } from '../relay.ts';
import { bedrockFrames } from './frames.ts';

/** Bedrock Runtime's own wire format: bytes in, bytes out. A field newer than anything here survives. */

export const BEDROCK_OPERATIONS: Record<ModelOperation, Action> = {
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

/** A plain word, or nothing. */
const plain = (value: string): string | undefined => (/^[\w.-]{1,64}$/.test(value) ? value : undefined);

/** Headers of Bedrock that a caller may set: they change how a call runs, never where or under whose rights. */
const PASSED = new Map<string, (value: string) => string | undefined>([
  [TRACE_HEADER, plain],
  ['x-amzn-bedrock-performanceconfig-latency', plain],
  ['x-amzn-bedrock-service-tier', plain],
  // The payload's media type within a stream's frames.
  ['x-amzn-bedrock-accept', wantedType],
]);

/** How a call is sold and how fast it is: Converse says so in its body, and what is reserved for it is priced by that. */
const BLOB_ONLY: ReadonlySet<string> = new Set([
  'x-amzn-bedrock-performanceconfig-latency',
  'x-amzn-bedrock-service-tier',
]);

/**
 * `POST /model/{modelId}/{operation}`
 *
 * @param wanted the model as the caller wrote it, percent-decoded once
 * @throws TollgateError
 */
export async function bedrock(exchange: Exchange, wanted: string, operation: ModelOperation): Promise<Given> {
  const { headers } = exchange.request;
  const isBlob = operation === 'invoke' || operation === 'invoke-with-response-stream';
  const { passed, guardrail } = bedrockHeaders(headers, isBlob);
  const accept = acceptOf(headers, operation);
  const body = await jsonBytes(exchange.request, isBlob ? BLOB_TYPES : undefined);
  const answer = await exchange.run({
    surface: 'bedrock',
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted,
    action: BEDROCK_OPERATIONS[operation],
    passes: true,
    prepare: (model): ProviderRequest => {
      if (guardrail !== undefined) {
        const [name] = Object.keys(guardrail);
        checkGuardrail(isBlob ? namedIn(guardrail) : NONE, model.guardrail, name ?? '');
      }
      checkTrace(passed[TRACE_HEADER], model, TRACE_HEADER);
      checkBody(body, wanted, model, operation);
      return { operation, body, contentType: 'application/json', accept, headers: passed };
    },
    waitUntil: exchange.waitUntil,
  });
  const answered = { ...answer.headers, ...lifecycleHeaders(answer.model, exchange.nowSeconds) };
  const traced = answer.model.trace === true;
  if (answer.kind === 'whole') {
    const shown = traced ? answer.body : untraced(operation, answer.body);
    return { status: answer.status, headers: answered, body: shown };
  }
  return {
    status: answer.status,
    headers: { ...answered, 'content-type': EVENT_STREAM },
    body: relay(answer.events, bedrockFrames(traced), exchange.broke),
  };
}

/** Bedrock's own headers: those passed on as they are, and the guardrail's, judged once the model is known. */
function bedrockHeaders(
  headers: AskedHeaders,
  isBlob: boolean,
): {
  passed: Record<string, string>;
  guardrail: Record<string, string> | undefined;
} {
  const passed: Record<string, string> = {};
  const guardrail: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (!name.startsWith('x-amzn-bedrock-')) continue;
    if (name === GUARDRAIL_HEADERS.identifier || name === GUARDRAIL_HEADERS.version) {
      guardrail[name] = value;
      continue;
    }
    const read = isBlob || !BLOB_ONLY.has(name) ? PASSED.get(name) : undefined;
    if (read === undefined) {
      const shown = shownName(name);
      throw new TollgateError('invalid_request', {
        field: shown,
        reason: 'header-not-granted',
        message: `The header ${shown} is not granted here.`,
      });
    }
    const found = read(value);
    if (found === undefined) throw new TollgateError('invalid_request', { field: name, reason: 'header-value' });
    passed[name] = found;
  }
  return { passed, guardrail: Object.keys(guardrail).length === 0 ? undefined : guardrail };
}

const NONE = { identifier: undefined, version: undefined };

function namedIn(headers: Record<string, string>): { identifier: string | undefined; version: string | undefined } {
  return { identifier: headers[GUARDRAIL_HEADERS.identifier], version: headers[GUARDRAIL_HEADERS.version] };
}

/** The answer's media type: `accept` speaks of the whole answer, and on a stream of its frames. */
function acceptOf(headers: AskedHeaders, operation: ModelOperation): string {
  if (BEDROCK_OPERATIONS[operation] === 'stream') return EVENT_STREAM;
  return operation === 'invoke' ? wantedType(headers.get('accept')) : 'application/json';
}

/** Read on a copy and for its strictness; what is sent are the caller's bytes. */
function checkBody(body: Uint8Array, wanted: string, model: AllowedModel, operation: ModelOperation): void {
  if (runtimeOf(model.target) !== 'bedrock-runtime' || pathIdOf(model.target, 'invoke') === undefined)
    throw new TollgateError('invalid_request', {
      field: 'modelId',
      reason: 'wrong-surface',
      message: `This model is ${kindOf(model.target).name}; it is not called through the paths of models.`,
    });
  if (operation === 'count-tokens' && pathIdOf(model.target, 'count') === undefined)
    throw new TollgateError('invalid_request', {
      field: 'modelId',
      reason: 'cannot-count-tokens',
      message: 'Tokens of this model cannot be counted beforehand; only a foundation model counts them.',
    });
  // A prompt has its body (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html).
  if (body.byteLength === 0 && model.target.kind === 'bedrock-prompt') return;
  const members = parseJsonObject(body);
  checkUnsteered(members, operation === 'invoke-with-response-stream' ? model.guardrail : undefined);
  // A guardrail is granted by the registry, or not at all: another one would be another resource.
  if (Object.hasOwn(members, GUARDRAIL_MEMBER)) {
    const taken = operation === 'converse' || operation === 'converse-stream';
    checkGuardrailMember(members[GUARDRAIL_MEMBER], taken ? model : {});
  }
  // Two names for the model: the one that was decided upon must be the only one.
  const natives = targetsOf(model).map(nativeIdOf);
  for (const member of ['model', 'modelId']) {
    const named = members[member];
    if (named === undefined || named === wanted || named === model.id || natives.includes(String(named))) continue;
    throw new TollgateError('invalid_request', {
      field: member,
      reason: 'model-mismatch',
      message: `The member ${member} names another model than the path.`,
    });
  }
}
