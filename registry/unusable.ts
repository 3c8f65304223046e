import { type Clock, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import type { Unusable } from './kinds.ts';

/** Tells the operator of an item that cannot be used: counted and alarmed, whichever function came upon it. */
export function reportUnusable({ clock, write }: { clock: Clock; write: WriteLine }): (item: Unusable) => void {
  return (item) =>
    write(logLine(clock(), { event: 'unusable-entry', level: 'error', ...item }, { [METRICS.unusableEntry]: 1 }));
}
