import { STREAM_LINE_MAX_BYTES } from '../../contract/limits/invoke.ts';

/** Cuts bytes into lines, however they are chunked: also within a character. */
export interface Lines {
  /** @returns the lines that are whole now, without their ends; one that is too long comes in pieces */
  push(bytes: Uint8Array): string[];
  /** @returns what has begun and not ended; '' where nothing has */
  rest(): string;
}

const LF = 0x0a;

export function createLines(maxBytes = STREAM_LINE_MAX_BYTES): Lines {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const rest = (): string => {
    // A line end is one byte in UTF-8 and part of no other character, so what lies between two of them is whole.
    const text = Buffer.concat(held).toString('utf8');
    held = [];
    heldBytes = 0;
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  };
  return {
    push(bytes) {
      const lines: string[] = [];
      let from = 0;
      for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
        held.push(bytes.subarray(from, at));
        lines.push(rest());
        from = at + 1;
      }
      if (from < bytes.byteLength) {
        held.push(bytes.subarray(from));
        heldBytes += bytes.byteLength - from;
        if (heldBytes > maxBytes) lines.push(rest());
      }
      return lines;
    },
    rest,
  };
}

/** Of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) what is no data. */
const CONTROL = /^(?::|(?:event|id|retry)(?::|$)|$)/;

/** What ends a whole stream of OpenAI's. */
export const DONE = '[DONE]';

/** @returns what a line of a container's stream says, as server-sent events or as lines of their own; undefined: nothing */
export function dataOf(line: string): string | undefined {
  if (line.startsWith('data:')) return line.startsWith('data: ') ? line.slice(6) : line.slice(5);
  return CONTROL.test(line) ? undefined : line;
}
