import { TollgateError } from '../../contract/errors.ts';
import type { Json } from '../../contract/json.ts';
import type { AllowedModel } from '../../contract/model.ts';
import type { Operation, StreamEvent } from '../call.ts';
import { frame } from '../providers/frames.ts';
import { setMember, withoutMember } from './member.ts';

/**
 * What a guardrail found, and which ones of the account were asked, by ARN
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailTraceAssessment.html). A caller may ask for it, and
 * is shown it, only where the grant says so: any other call that asks is refused. Where a grant demands a guardrail the gateway
 * asks for it itself, because nothing else tells which policy intervened. A trace that is not to be shown, also one of a guardrail
 * that the account itself enforces, is taken out of the answer. No other byte of an answer is touched.
 */

/** InvokeModel's. */
export const TRACE_HEADER = 'x-amzn-bedrock-trace';

/** @throws TollgateError `invalid_request` naming `field` where a trace is asked for and the grant does not say so */
export function checkTrace(asked: Json | undefined, { trace }: Pick<AllowedModel, 'trace'>, field: string): void {
  if (trace === true || asked === undefined || (typeof asked === 'string' && /^disabled$/i.test(asked))) return;
  throw refused(field, 'disabled');
}

/** The same of ApplyGuardrail, whose answer also says what a guardrail looked for and did not find. */
export function checkScope(asked: Json | undefined, { trace }: Pick<AllowedModel, 'trace'>): void {
  if (trace !== true && asked === 'FULL') throw refused('outputScope', 'INTERVENTIONS');
}

function refused(field: string, off: string): TollgateError {
  return new TollgateError('invalid_request', {
    field,
    reason: 'trace-not-granted',
    message: `Guardrail traces are not granted here: leave ${field} out, or set it to ${off}.`,
  });
}

const BLOB = 'amazon-bedrock-trace';

/** The body of an answer in one piece without its trace. */
export function untraced(operation: Operation, body: Uint8Array): Uint8Array {
  // AWS writes the names of its own members without escapes.
  if (operation === 'converse') return withoutNamed(body, 'trace');
  if (operation === 'apply-guardrail') return withoutAssessments(body);
  return operation === 'invoke' ? withoutNamed(body, BLOB) : body;
}

/** SDKs of typed languages want the list to be there. */
function withoutAssessments(body: Uint8Array): Uint8Array {
  const rest = withoutNamed(body, 'assessments');
  return rest === body ? body : setMember(rest, ['assessments'], []);
}

/** The frame of an event without its trace: in ConverseStream's last event, or in a piece of InvokeModel's. */
export function untracedFrame({ bytes, type, payload }: StreamEvent): Uint8Array {
  const shown =
    type === 'metadata' ? withoutNamed(payload, 'trace') : type === 'chunk' ? untracedChunk(payload) : payload;
  return shown === payload ? bytes : frame({ ...EVENT, ':event-type': type }, shown);
}

const EVENT = { ':message-type': 'event', ':content-type': 'application/json' } as const;

/** InvokeModelWithResponseStream's pieces are JSON whose `bytes` are JSON in base64. */
function untracedChunk(payload: Uint8Array): Uint8Array {
  const text = bufferOf(payload);
  if (!BLOB_IN_BASE64.some((part) => text.includes(part))) return payload;
  const { bytes, ...rest } = JSON.parse(text.toString('utf8')) as { bytes?: unknown };
  if (typeof bytes !== 'string') return payload;
  const shown = withoutNamed(Buffer.from(bytes, 'base64'), BLOB);
  return Buffer.from(JSON.stringify({ bytes: bufferOf(shown).toString('base64'), ...rest }));
}

/** How the name reads in base64, wherever in three bytes it begins; without the digits that its neighbours decide, too. */
const BLOB_IN_BASE64 = [0, 1, 2].map((before) => {
  const digits = Buffer.from(`${' '.repeat(before)}${BLOB}`)
    .toString('base64')
    .replaceAll('=', '');
  return digits.slice(before === 0 ? 0 : before + 1, -1);
});

function withoutNamed(body: Uint8Array, name: string): Uint8Array {
  return bufferOf(body).includes(`"${name}"`) ? withoutMember(body, name) : body;
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
