import { EventStreamCodec } from '@smithy/core/event-streams';
import type { WholeReply } from './service.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const codec = new EventStreamCodec(
  (bytes) => decoder.decode(bytes as Uint8Array),
  (text) => encoder.encode(text),
);

/** One message of an event stream, `:message-type` event. */
export function frame(type: string, payload: string | Uint8Array, contentType = 'application/json'): Uint8Array {
  return codec.encode({
    headers: {
      ':event-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: contentType },
      ':message-type': { type: 'string', value: 'event' },
    },
    body: typeof payload === 'string' ? encoder.encode(payload) : payload,
  });
}

/** One of `:message-type` exception: the error of a stream that had begun. */
export function exceptionFrame(type: string, members: object): Uint8Array {
  return codec.encode({
    headers: {
      ':exception-type': { type: 'string', value: type },
      ':content-type': { type: 'string', value: 'application/json' },
      ':message-type': { type: 'string', value: 'exception' },
    },
    body: encoder.encode(JSON.stringify(members)),
  });
}

export const EVENT_STREAM = 'application/vnd.amazon.eventstream';

/** An error of the REST-JSON services. */
export function restJsonError(error: { status: number; code: string; message: string; members: object }): WholeReply {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ message: error.message, ...error.members }),
  };
}
