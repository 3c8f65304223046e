import type { StreamEvent } from '../call.ts';
import { textBytesIn } from './estimate.ts';
import { isObject, member } from './json.ts';
import { createLines, DONE, dataOf } from './lines.ts';
import { countsIn } from './said.ts';
import { bothStopped, mayStop, type Stopped, stoppedIn } from './stop.ts';
import { both, type Told } from './told.ts';

/** What the parts of a container's stream have said since they were last asked. */
export interface PayloadSaid {
  vendor: Told;
  textBytes: number;
  stopped: Stopped;
  /** Whether the container has said that this is all. */
  done: boolean;
}

/**
 * Reads a container's stream as it passes by: server-sent events of OpenAI's chunks or of TGI's tokens, or lines of LMI's JSON,
 * split anywhere among the parts. Only OpenAI's `usage` is believed; where there is none, what was said is counted as text.
 */
export function createPayloadReader(): { see(event: StreamEvent): PayloadSaid; rest(): PayloadSaid } {
  const lines = createLines();
  return {
    see: ({ payload }) => saidIn(lines.push(payload)),
    rest: () => saidIn([lines.rest()]),
  };
}

function saidIn(lines: readonly string[]): PayloadSaid {
  const said: PayloadSaid = { vendor: {}, textBytes: 0, stopped: {}, done: false };
  for (const line of lines) {
    const data = dataOf(line);
    if (data === undefined) continue;
    if (data === DONE) {
      said.done = true;
      continue;
    }
    const chunk = parsed(data);
    if (mayStop(data)) said.stopped = bothStopped(said.stopped, stoppedIn('invocations-response-stream', chunk));
    said.vendor = both(said.vendor, countsIn(member(chunk, 'usage')));
    said.textBytes += chunk === undefined ? Buffer.byteLength(data) : spokenBytes(chunk);
  }
  return said;
}

/** Bytes of what was said, and not of what it is wrapped in. */
function spokenBytes(chunk: unknown): number {
  const choices = member(chunk, 'choices');
  if (Array.isArray(choices))
    return choices.reduce<number>((sum, one) => sum + textBytesIn(member(one, 'delta') ?? member(one, 'text')), 0);
  const token = member(chunk, 'token');
  return isObject(token) ? textBytesIn(token.text) : textBytesIn(chunk);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
