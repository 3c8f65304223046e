import type { Events, StreamEvent } from '../../call.ts';

/** Events for one reader, who may come late, and may leave. */
export interface Tail {
  push(type: string, json: string): void;
  end(): void;
  /** To be read once. */
  events: Events;
}

export function createTail(): Tail {
  let held: StreamEvent[] = [];
  let over = false;
  let wake = (): void => {};
  return {
    push(type, json) {
      if (over) return;
      held.push(eventOf(type, json));
      wake();
    },
    end() {
      over = true;
      wake();
    },
    events: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          while (held.length === 0 && !over)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          const value = held;
          held = [];
          return value.length === 0 ? { done: true, value: undefined } : { done: false, value };
        },
        async return() {
          over = true;
          held = [];
          wake();
          return { done: true, value: undefined };
        },
      }),
    },
  };
}

/** An event of a response as one of a stream. */
export function eventOf(type: string, json: string): StreamEvent {
  const payload = Buffer.from(json);
  return { type, payload, bytes: payload };
}
