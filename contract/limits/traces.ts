/** Spans on their way to a collector. What is beyond these is dropped and counted: a trace is worth no call, and no memory of one. */

/**
 * Milliseconds for one attempt to give spans away, whatever OTEL_EXPORTER_OTLP_TIMEOUT allows: a function's environment waits so
 * long with the next call, and is paid for it, and a container that is told to stop waits so long.
 */
export const SPANS_SEND_MS = 2_000;

/** Milliseconds without an attempt after one that failed; twice as many after the next, and so on to the longest. */
export const SPANS_PAUSE_MS = 10_000;
export const SPANS_PAUSE_MAX_MS = 300_000;

/** Milliseconds for which spans of a container wait for each other, and spans of one request: OpenTelemetry's own defaults for both. */
export const SPANS_BATCH_MS = 5_000;
export const SPANS_BATCH = 512;

/** Spans that wait; one takes some 2 KB, without the piece of an answer that it still looks at. */
export const SPANS_WAITING_MAX = 2_048;

/** Bytes of an answer in which it is looked for why the model stopped, and pieces of a stream's end: the reason is in one of the last three. */
export const SPAN_ANSWER_MAX_BYTES = 65_536;
export const SPAN_LAST_PIECES = 4;

/** Bytes of a collector's answer, which says how many spans it did not want. */
export const SPANS_ANSWER_MAX_BYTES = 65_536;

/** Milliseconds for which headers out of a secret are remembered: a key that was made new is used within that time. */
export const SPANS_SECRET_MEMORY_MS = 300_000;
