import type { Metric, WriteLine, WriteLineOut } from '../contract/log.ts';
import type { FinishedUsage, StartedUsage } from '../contract/usage.ts';
import { interventionLines, usageLine } from './emf.ts';

/** Where the pipeline reports a call: `started` before anything is sent upstream, `finished` in its `finally`. */
export interface Meter {
  /** @returns nothing when it stands, or what resolves when it does */
  started(record: StartedUsage): void | Promise<void>;
  /**
   * @param metrics what else is to be published with the call, so that it needs no line of its own
   * @param traceId of the trace that the call is part of
   */
  finished(record: FinishedUsage, metrics?: Partial<Record<Metric, number>>, traceId?: string): void;
}

/**
 * @param write where lines go: stdout, from which both CloudWatch and the delivery to S3 read
 * @param writeOut for the started line, whose call waits for it: a crash right after the call was sent must leave it
 */
export function createMeter({ write, writeOut = write }: { write: WriteLine; writeOut?: WriteLineOut }): Meter {
  return {
    started: (record) => writeOut(usageLine(record)),
    finished(record, metrics, traceId) {
      write(usageLine(record, metrics, traceId));
      for (const line of interventionLines(record)) write(line);
    },
  };
}
