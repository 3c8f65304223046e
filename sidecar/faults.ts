import { FAULT_LINE_MS } from '../contract/limits/sidecar.ts';
import { type Clock, logLine, type WriteLine } from '../contract/log.ts';
import type { Fault } from './error.ts';

/**
 * Log lines for what the sidecar answers by itself: one at once for each kind, and while more of it come one each FAULT_LINE_MS with their
 * number. A gateway that is away meets every call, and a line for each would fill the log and take the service's own time.
 *
 * @returns what is told of each; `code` is the system's
 */
export function createFaultLines(clock: Clock, write: WriteLine): (fault: Fault, code: string | undefined) => void {
  const quiet = new Map<string, { calls: number }>();
  return (fault, code) => {
    const line = (calls?: number): void => write(logLine(clock(), { event: fault, level: 'warn', code, calls }));
    const kind = `${fault} ${code}`;
    const known = quiet.get(kind);
    if (known !== undefined) {
      known.calls++;
      return;
    }
    const since = { calls: 0 };
    quiet.set(kind, since);
    line();
    const look = setInterval(() => {
      if (since.calls > 0) line(since.calls);
      else {
        clearInterval(look);
        quiet.delete(kind);
      }
      since.calls = 0;
    }, FAULT_LINE_MS).unref();
  };
}
