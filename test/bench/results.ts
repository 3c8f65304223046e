import type { Bundle } from './bundles.ts';
import type { Ledger } from './ledger.ts';
import type { Held } from './memory.ts';
import type { Proven } from './proof.ts';
import type { Timed } from './run.ts';

/** One round of one contender at one point. */
export interface Measured extends Timed {
  /** Milliseconds of processor time that a call cost the contender's process. */
  cpuMs: number;
}

export interface Results {
  points: { point: string; contenders: { name: string; rounds: Measured[] }[] }[];
  /** After all points. */
  residentMiB: Record<string, number>;
  proven: Record<string, Proven>;
  firstAnswerMs: Record<string, number>;
  bundles: Record<string, Bundle>;
  decisionsMicroseconds: Record<string, number>;
  /** By path: of a call, and of an event of a stream. */
  translationsMicroseconds: Record<string, Translated>;
  /** Left out by `--quick`. */
  memory?: Record<'converse' | 'streams', Held>;
  ledger?: Ledger;
}

/** Microseconds. */
export interface Translated {
  call: number;
  event: number;
}
