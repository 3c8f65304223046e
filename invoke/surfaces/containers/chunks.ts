import type { StreamEvent } from '../../call.ts';
import { createLines, DONE, dataOf } from '../../usage/lines.ts';
import { members, parse } from '../converse.ts';

/** The model's own chunks in a stream, whatever they come in. For one stream. */
export interface Chunks {
  /** @param event `null` is the end @returns JSON, as it came; texts that are none too */
  of(event: StreamEvent | null): string[];
  /** Whether the model has said that this is all. */
  done(): boolean;
}

/** InvokeModelWithResponseStream wraps each in a frame of its own; a container's are lines, split anywhere among its parts. */
export function createChunks(): Chunks {
  const lines = createLines();
  let done = false;
  const inLines = (all: readonly string[]): string[] =>
    all.flatMap((line) => {
      const data = dataOf(line);
      if (data === DONE) done = true;
      return data === undefined || data === DONE ? [] : [data];
    });
  return {
    done: () => done,
    of(event) {
      if (event === null) return inLines([lines.rest()]);
      if (event.type === 'PayloadPart') return inLines(lines.push(event.payload));
      const { bytes } = event.type === 'chunk' ? members(parse(event.payload)) : {};
      return typeof bytes === 'string' ? [Buffer.from(bytes, 'base64').toString('utf8')] : [];
    },
  };
}

/** A container's stream in the frames of InvokeModelWithResponseStream, so that whoever reads a model's chunks reads these. */
export function asModelChunks(): (event: StreamEvent | null) => StreamEvent[] {
  const chunks = createChunks();
  return (event) =>
    chunks.of(event).map((json) => eventOf('chunk', { bytes: Buffer.from(json, 'utf8').toString('base64') }));
}

/** An event as a frame's would be read. */
export function eventOf(type: string, value: object): StreamEvent {
  const payload = Buffer.from(JSON.stringify(value));
  return { bytes: payload, type, payload };
}
