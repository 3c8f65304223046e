import type { Contender } from './contenders.ts';
import type { Generator } from './generator.ts';
import { CONVERSE, type Point, STREAM } from './points.ts';

/** Memory is read after each tenth of the calls. */
const PARTS = 10;

export interface Held {
  calls: number;
  /** MiB before the first call, and after each tenth of them. */
  residentMiB: number[];
  /**
   * MiB that the mean of the last three tenths is above that of the three before: what grows with each call grows on, what
   * only fills (caches, the collector's young space) has filled by then.
   */
  growthMiB: number;
  /** Whether that is within what the collector moves it by: 5 %, or 10 MiB. */
  flat: boolean;
}

/** @param settled takes note of calls that were made @param share of the calls, to try the bench itself */
export async function memory(
  { process, load }: Contender,
  generator: Generator,
  settled: (point: Point, calls: number) => Promise<void>,
  share: number,
): Promise<Record<'converse' | 'streams', Held>> {
  const held = async (point: Point, calls: number): Promise<Held> => {
    const part = { ...point, calls: Math.round(calls / PARTS) };
    const residentMiB = [process.residentMiB()];
    for (let i = 0; i < PARTS; i++) {
      await generator.run(await load(part));
      await settled(part, part.calls);
      residentMiB.push(process.residentMiB());
    }
    const before = mean(residentMiB.slice(-6, -3));
    const growthMiB = mean(residentMiB.slice(-3)) - before;
    return { calls, residentMiB, growthMiB, flat: growthMiB <= Math.max(10, 0.05 * before) };
  };
  return { converse: await held(CONVERSE, 200_000 * share), streams: await held(STREAM, 20_000 * share) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
