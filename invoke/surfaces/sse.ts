const encoder = new TextEncoder();

// They end a line for some readers (Unicode's own rule, Python's `splitlines`, JavaScript before 2019), and JSON leaves them
// as they are.
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/**
 * A server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html) that holds one JSON value in one line,
 * whatever its reader takes for the end of a line.
 */
export function sseEvent(data: unknown): Uint8Array {
  return sseText(JSON.stringify(data));
}

/** The same of a value that is written already. @param json of one line */
export function sseText(json: string): Uint8Array {
  const line = json.replace(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return encoder.encode(`data: ${line}\n\n`);
}

/** What ends a whole stream of OpenAI's. */
export const SSE_DONE: Uint8Array = encoder.encode('data: [DONE]\n\n');

/** A comment, which no reader gives to its caller: the stream lives. */
export const SSE_SILENT: Uint8Array = encoder.encode(': \n\n');
