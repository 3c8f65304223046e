const encoder = new TextEncoder();

// They end a line for some readers (Unicode's own rule, Python's `splitlines`, JavaScript before 2019), and JSON leaves them
// as they are.
const LINE_ENDS = /[\n\r\u0085\u2028\u2029]/g;

/**
 * A server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html) that holds one JSON value in one line,
 * whatever its reader takes for the end of a line.
 */
export function sseEvent(data: unknown): Uint8Array {
  return sseText(JSON.stringify(data));
}

/** The same of a value that is written already. @param name of the event, where the format has such */
export function sseText(json: string, name?: string): Uint8Array {
  return encoder.encode(`${name === undefined ? '' : `event: ${name}\n`}data: ${oneLine(json)}\n\n`);
}

/** An end of a line that is not escaped stands between the parts of the value, and is a space as well. */
function oneLine(json: string): string {
  return json.replace(LINE_ENDS, (end) =>
    end === '\n' || end === '\r' ? ' ' : `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What ends a whole stream of OpenAI's. */
export const SSE_DONE: Uint8Array = encoder.encode('data: [DONE]\n\n');

/** A comment, which no reader gives to its caller: the stream lives. */
export const SSE_SILENT: Uint8Array = encoder.encode(': \n\n');

/** Of a stream of events. */
export const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' };
