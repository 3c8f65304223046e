import type { Inline, Piece, Run } from './pieces.ts';

/** Runs of one mark that are looked at for the one that opens. */
const LOOKED_AT = 50;

const isRun = (piece: Piece | undefined): piece is Run => typeof piece === 'object' && 'mark' in piece;

/**
 * Runs that open and those that close them become emphasis (https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis); what is
 * left of them is text.
 */
export function joined(pieces: readonly Piece[]): Inline[] {
  const out: Piece[] = [];
  /** Where in `out` what may open stands, in its order. */
  const openers: number[] = [];
  for (const piece of pieces) {
    if (!isRun(piece)) {
      out.push(piece);
      continue;
    }
    const run = { ...piece };
    while (run.closes && run.count > 0) {
      const at = openerOf(run, out, openers);
      const opener = at === undefined ? undefined : out[at];
      if (at === undefined || !isRun(opener)) break;
      const count = Math.min(2, opener.count, run.count);
      const children = texts(out.splice(at + 1));
      while ((openers.at(-1) ?? -1) > at) openers.pop();
      opener.count -= count;
      run.count -= count;
      if (opener.count === 0) {
        out.pop();
        openers.pop();
      }
      out.push({ is: run.mark === '~' ? 'struck' : count === 2 ? 'strong' : 'emphasis', children });
    }
    if (run.count === 0) continue;
    if (run.opens) openers.push(out.length);
    out.push(run.opens ? run : run.mark.repeat(run.count));
  }
  return texts(out);
}

function openerOf(run: Run, out: readonly Piece[], openers: readonly number[]): number | undefined {
  for (let i = openers.length - 1; i >= Math.max(0, openers.length - LOOKED_AT); i--) {
    const at = openers[i] ?? 0;
    const opener = out[at];
    if (!isRun(opener) || opener.mark !== run.mark) continue;
    if (run.mark === '~' && opener.count !== run.count) continue;
    const both = (opener.opens && opener.closes) || (run.opens && run.closes);
    const isThird = both && (opener.count + run.count) % 3 === 0 && (opener.count % 3 !== 0 || run.count % 3 !== 0);
    if (!isThird) return at;
  }
  return undefined;
}

/** What was not closed is text, and neighbouring texts are one. */
function texts(pieces: readonly Piece[]): Inline[] {
  const all: Inline[] = [];
  for (const piece of pieces) {
    const one = isRun(piece) ? piece.mark.repeat(piece.count) : piece;
    const last = all.at(-1);
    if (typeof one === 'string' && typeof last === 'string') all[all.length - 1] = last + one;
    else all.push(one);
  }
  return all;
}
