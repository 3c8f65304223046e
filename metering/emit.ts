import type { Metric, WriteLine } from '../contract/log.ts';
import type { FinishedUsage, StartedUsage } from '../contract/usage.ts';
import { usageLine } from './emf.ts';

/** Where the pipeline reports a call: `started` before anything is sent upstream, `finished` in its `finally`. */
export interface Meter {
  started(record: StartedUsage): void;
  /** @param metrics what else is to be published with the call, so that it needs no line of its own */
  finished(record: FinishedUsage, metrics?: Partial<Record<Metric, number>>): void;
}

/** @param write where lines go; in Lambda it is stdout, from which both CloudWatch and the delivery to S3 read */
export function createMeter({ write }: { write: WriteLine }): Meter {
  return {
    started: (record) => write(usageLine(record)),
    finished: (record, metrics) => write(usageLine(record, metrics)),
  };
}
