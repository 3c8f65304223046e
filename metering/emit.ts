import type { Metric, WriteLine } from '../contract/log.ts';
import type { FinishedUsage, StartedUsage } from '../contract/usage.ts';
import { usageLine } from './emf.ts';

/** Where the pipeline reports a call: `started` before anything is sent upstream, `finished` in its `finally`. */
export interface Meter {
  started(record: StartedUsage): void;
  /** @param metrics what else is to be published with the call, so that it needs no line of its own */
  finished(record: FinishedUsage, metrics?: Partial<Record<Metric, number>>): void;
}

/**
 * @param write where lines go: stdout, from which both CloudWatch and the delivery to S3 read
 * @param writeNow for the started line, which is out when it returns: a crash right after the call was sent must leave it
 */
export function createMeter({ write, writeNow = write }: { write: WriteLine; writeNow?: WriteLine }): Meter {
  return {
    started: (record) => writeNow(usageLine(record)),
    finished: (record, metrics) => write(usageLine(record, metrics)),
  };
}
