/** Letters that may be wrong in a short name, and in one of more than that many for each. */
const MISTAKES = 2;
const LETTERS_A_MISTAKE = 5;

/** @returns of the names the one that was meant, if there is one so near that it may have been */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const bound = Math.max(MISTAKES, Math.floor(name.length / LETTERS_A_MISTAKE));
  let best: { name: string; mistakes: number } | undefined;
  for (const one of names) {
    const mistakes = distance(name.toUpperCase(), one.toUpperCase());
    if (mistakes <= bound && mistakes < (best?.mistakes ?? Number.POSITIVE_INFINITY)) best = { name: one, mistakes };
  }
  return best?.name;
}

/** Letters changed, left out or put in that turn one word into the other (Levenshtein). */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries())
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    row = next;
  }
  return row.at(-1) ?? 0;
}
