import type { Json } from '../../contract/json.ts';
import type { Tree } from '../prices/import/tree.ts';

/** What is wrong with one line of a file. */
export interface Fault {
  /** 0: with the file as a whole. */
  line: number;
  reason: string;
  /** A sentence, where the reason alone would not tell what to do. */
  message?: string | undefined;
}

/** What the reader of a format gives. Where there are faults, nothing else of it holds. */
export interface Found {
  value: Json;
  faults: Fault[];
  /** With the lines, which are counted only then. */
  tree(): Tree;
}
