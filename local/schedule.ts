import type { LocalFunction } from './runtime/function.ts';

export interface ScheduleOptions {
  /** Brings what was written so far into the bucket. */
  flush(): Promise<void>;
  metering: LocalFunction;
  newId(): string;
  note(event: string, fields: Record<string, unknown>): void;
}

/** Milliseconds. Hourly in AWS; here one wants to see one's calls in the report soon. */
const EVERY_MS = 60_000;

/**
 * Runs the metering function like EventBridge Scheduler: an empty event, and never two at a time. A run that a stop cuts
 * short is repeated by the next start's first.
 */
export function startSchedule({ flush, metering, newId, note }: ScheduleOptions): { stop(): void } {
  let running = false;
  const run = async (): Promise<void> => {
    try {
      await flush();
      await metering.call({}, newId());
      // In Lambda an hour lies between two runs, and no environment is kept for as long; here one would hold 50 MB.
      await metering.rest();
    } catch (error) {
      note('metering-failed', { reason: error instanceof Error ? error.message : 'not an Error' });
    }
  };
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    void run().finally(() => {
      running = false;
    });
  }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
