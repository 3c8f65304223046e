import type { Policy } from '../../policies/simulate/types.ts';
import type { CallUsage, RequestDigest, ServiceName } from './service.ts';
import type { Caller } from './sessions.ts';

/** Calls that are kept; older ones are forgotten, so that a long run does not grow. */
export const CALLS_MAX = 10_000;

/** One request that reached the AWS endpoint, as `/_local/calls` shows it. */
export interface CallRecord {
  /** 1 for the first; without gaps. */
  seq: number;
  /** The answer's `x-amzn-requestid`. */
  requestId: string;
  /** Milliseconds since 1970. */
  at: number;
  service: ServiceName;
  operation: string;
  region: string;
  /** The model or endpoint as the caller named it, or null. */
  model: string | null;
  /** The service tier that the call ran in, as Bedrock names it; null for any other service, and when nothing ran. */
  serviceTier: string | null;
  /** What reached the model, never its words; null where none was reached, or its body is no JSON object. */
  request: RequestDigest | null;
  /** Which trace it said that it is part of (https://www.w3.org/TR/trace-context-1/), or null. */
  traceparent: string | null;
  tracestate: string | null;
  /** The ARNs that were checked. */
  resources: string[];
  /** Null when the request could not be authenticated. */
  caller: {
    arn: string;
    sessionName: string | null;
    sourceIdentity: string | null;
    tags: Readonly<Record<string, string>>;
    sessionPolicy: Policy | null;
  } | null;
  decision: 'allowed' | 'denied';
  /** Why, e.g. `allowed by the role policy and the session policy`, or the error's code. */
  reason: string;
  /** What the model counted, also when nobody listened to the end; null when nothing ran or this service has none. */
  usage: CallUsage | null;
  /** The answer's HTTP status; null until there is one. */
  status: number | null;
  /**
   * Null while it is still being answered. failed: an error was answered or the connection cut. aborted: by the caller, or by
   * the end of the gateway that was answering it.
   */
  outcome: 'done' | 'aborted' | 'failed' | null;
}

export interface Calls {
  add(record: Omit<CallRecord, 'seq'>): CallRecord;
  /** Has what is known of the call by now on disk when it returns, if there is a file. */
  save(record: CallRecord): void;
  /** Those with `seq` above `after`, oldest first. */
  after(seq: number): CallRecord[];
  close(): void;
}

/** The list on disk: what a gateway that was killed had seen is in it. */
export interface CallsFile {
  /** The calls of earlier starts that are kept, oldest first. One without an end was cut off with its gateway. */
  readonly found: readonly CallRecord[];
  /** Has what is known of the call by now on disk when it returns. */
  save(record: CallRecord): void;
  close(): void;
}

/** @param file where the list survives the process, a killed one too; absent: it does not */
export function createCalls(file?: CallsFile): Calls {
  const kept: CallRecord[] = [...(file?.found ?? [])];
  let last = kept.at(-1)?.seq ?? 0;
  return {
    add(fields) {
      const record: CallRecord = { seq: ++last, ...fields };
      kept.push(record);
      // Twice the bound before cutting, so that a cut does not happen on every call.
      if (kept.length > 2 * CALLS_MAX) kept.splice(0, kept.length - CALLS_MAX);
      return record;
    },
    save: (record) => file?.save(record),
    after: (seq) => kept.slice(-CALLS_MAX).filter((record) => record.seq > seq),
    close: () => file?.close(),
  };
}

export function callerRecord(caller: Caller): NonNullable<CallRecord['caller']> {
  const { arn, sessionName, sourceIdentity, tags, sessionPolicy } = caller;
  return { arn, sessionName, sourceIdentity, tags, sessionPolicy };
}
