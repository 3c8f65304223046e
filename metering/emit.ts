import type { WriteLine } from '../contract/log.ts';
import type { FinishedUsage, StartedUsage } from '../contract/usage.ts';
import { usageLine } from './emf.ts';

/** Where the pipeline reports a call: `started` before anything is sent upstream, `finished` in its `finally`. */
export interface Meter {
  started(record: StartedUsage): void;
  finished(record: FinishedUsage): void;
}

/** @param write where lines go; in Lambda it is stdout, from which both CloudWatch and the delivery to S3 read */
export function createMeter({ write }: { write: WriteLine }): Meter {
  return {
    started: (record) => write(usageLine(record)),
    finished: (record) => write(usageLine(record)),
  };
}
