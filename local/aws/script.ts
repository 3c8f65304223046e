import { EVENT_STREAM, exceptionFrame, frame } from './frames.ts';
import type { Reply } from './service.ts';

/** One message of a scripted stream. */
export type ScriptedEvent = {
  /** `:event-type`, or `:exception-type`, e.g. `messageStart`, `chunk`, `throttlingException`. */
  type: string;
  /** Milliseconds before it, after the one before. */
  delayMs?: number;
} & (
  | {
      /** Text is sent as it is. A `chunk`'s is the model's own object, which is wrapped as Bedrock wraps it. */
      payload: string | Readonly<Record<string, unknown>>;
      exception?: undefined;
    }
  | {
      /** The members of the exception, e.g. `{message}`. */
      exception: Readonly<Record<string, unknown>>;
      payload?: undefined;
    }
);

/** What is answered in a model's place. */
export interface Script {
  /** The HTTP status. */
  status?: number;
  /** A stream of exactly these events; strikes streams alone. */
  events?: readonly ScriptedEvent[];
  /** An answer of exactly this, text as it is; strikes whole answers alone, unless `status` is an error's. */
  body?: unknown;
}

/** Whether an operation answers an event stream. */
export function streams(operation: string): boolean {
  return operation.endsWith('Stream');
}

/** What a fault answers instead of the model; undefined: it leaves that to the model. */
export function scripted({ status = 200, events, body }: Script): Reply | undefined {
  if (events !== undefined)
    return {
      status,
      headers: { 'content-type': EVENT_STREAM, 'x-amzn-bedrock-content-type': 'application/json' },
      frames: events.map(frameOf),
      delays: events.map(({ delayMs = 0 }) => delayMs),
    };
  if (body === undefined) return undefined;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: { 'content-type': 'application/json' }, body: text };
}

function frameOf({ type, payload, exception }: ScriptedEvent): Uint8Array {
  if (exception !== undefined) return exceptionFrame(type, exception);
  if (typeof payload === 'string') return frame(type, payload);
  return frame(type, JSON.stringify(type === 'chunk' && !isWrapped(payload) ? wrapped(payload) : payload));
}

/** A chunk of InvokeModelWithResponseStream: the model's own object, in base64. */
export function wrapped(chunk: object): { bytes: string } {
  return { bytes: Buffer.from(JSON.stringify(chunk)).toString('base64') };
}

/** As on the wire already; Bedrock pads some chunks with a member `p`. */
function isWrapped(payload: Readonly<Record<string, unknown>>): boolean {
  return typeof payload.bytes === 'string' && Object.keys(payload).every((name) => name === 'bytes' || name === 'p');
}
