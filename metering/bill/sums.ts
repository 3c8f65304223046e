import type { CurLine } from './cur-line.ts';

/** Lines of a bill that differ in nothing but their hour. */
export interface SummedLine extends CurLine {
  lines: number;
}

/**
 * A bill's lines, added up as far as they are alike but for their hour: so an organisation's month fits into memory, and
 * each line is read once though its caller can be told only later.
 */
export class BillSums {
  readonly #lines = new Map<string, SummedLine>();

  add(line: CurLine): void {
    const { quantity, cost, ...about } = line;
    const key = JSON.stringify([...Object.values(about), quantity === null]);
    const sum = this.#lines.get(key);
    if (sum === undefined) {
      this.#lines.set(key, { ...line, lines: 1 });
      return;
    }
    if (sum.quantity !== null) sum.quantity += quantity ?? 0n;
    sum.cost += cost;
    sum.lines++;
  }

  list(): Iterable<SummedLine> {
    return this.#lines.values();
  }

  /** UTC, in order. */
  days(): string[] {
    return [...new Set([...this.#lines.values()].map(({ day }) => day))].sort();
  }
}
