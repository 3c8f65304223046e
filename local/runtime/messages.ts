/** What passes between a function's execution environment (a worker thread) and the front that invokes it. */

export type ToWorker =
  /** `event` is JSON text, as Lambda's runtime API delivers it. */
  | { kind: 'invoke'; id: number; event: string; requestId: string }
  /** The reader took this many bytes: as many more may be sent. */
  | { kind: 'taken'; id: number; bytes: number }
  /** Say when everything that was written on stdout has been read. */
  | { kind: 'sync'; id: number };

export type FromWorker =
  | { kind: 'ready' }
  /** The handler's file could not be loaded. */
  | { kind: 'broken'; error: ErrorReport }
  /** The answer of a handler that does not stream. */
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'chunk'; id: number; bytes: Uint8Array }
  /** The stream has ended; the handler may still run. */
  | { kind: 'end'; id: number }
  | { kind: 'failed'; id: number; error: ErrorReport }
  /** The handler has returned: nothing more will come for this id. */
  | { kind: 'done'; id: number }
  | { kind: 'synced'; id: number };

export interface ErrorReport {
  name: string;
  message: string;
}

/** What the worker is told when it starts. */
export interface WorkerData {
  functionName: string;
  /** file: URL of the module that exports `handler`. */
  handler: string;
  /** The tenant that the environment belongs to; undefined: to all. */
  tenantId: string | undefined;
}

/**
 * Bytes a stream may be ahead of its reader. Enough that a fast reader never waits, small enough that a thousand slow
 * readers do not exhaust memory.
 */
export const WINDOW_BYTES = 262_144;
