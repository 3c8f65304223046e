import type { Route } from './routes.ts';

type Named = Pick<Route, 'method' | 'path'>;

/** Segments: no path here is longer, nor has a base URL that many more. */
const SEGMENTS_MAX = 16;

/** What it costs to read a path as another one, and the most that it may. */
const COSTS = { most: 2.5, miswritten: 0.5, leading: 0.5, further: 1.5, method: 0.1 } as const;

/**
 * What a caller meant who asked for a path that is not there: one with a segment too many or too few, as base URLs that are
 * right elsewhere have (`/openai/v1/...`, `/v1/v1/...`, no `/v1`), or with a name miswritten.
 *
 * @param path as it arrived
 * @returns the one that takes the least change; undefined when even its own name is not to be recognised in the path
 */
export function nearest<T extends Named>(path: string, method: string, routes: Iterable<T>): T | undefined {
  const asked = path.toLowerCase().split('/').filter(Boolean);
  if (asked.length === 0 || asked.length > SEGMENTS_MAX) return undefined;
  let best: T | undefined;
  let least: number = COSTS.most;
  for (const route of routes) {
    const cost = costOf(asked, route.path.split('/').slice(1)) + (route.method === method ? 0 : COSTS.method);
    if (cost >= least) continue;
    least = cost;
    best = route;
  }
  return best;
}

/** The least that turns one list of segments into the other: each is kept, written otherwise, left out or put in. */
function costOf(asked: readonly string[], there: readonly string[]): number {
  const name = there.findLastIndex((segment) => !segment.startsWith('{'));
  if (!asked.some((segment) => sameAs(segment, there[name]) < 1)) return Number.POSITIVE_INFINITY;
  let row = there.map((_, j) => (j + 1) * COSTS.leading);
  row.unshift(0);
  for (const [i, segment] of asked.entries()) {
    const next = [(i + 1) * COSTS.leading];
    for (const [j, wanted] of there.entries()) {
      const otherwise = (row[j] ?? 0) + sameAs(segment, wanted);
      const leftOut = (row[j + 1] ?? 0) + COSTS.further;
      const putIn = (next[j] ?? 0) + (j === 0 ? COSTS.leading : COSTS.further);
      next.push(Math.min(otherwise, leftOut, putIn));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function sameAs(segment: string, wanted = ''): number {
  if (wanted.startsWith('{') || segment === wanted) return 0;
  // A third of it may be wrong, two letters at most.
  const mistakes = Math.min(2, Math.floor(wanted.length / 3));
  return isNear(segment, wanted, mistakes) ? COSTS.miswritten : Number.POSITIVE_INFINITY;
}

/** Whether so many letters changed, left out or put in turn one word into the other. */
function isNear(a: string, b: string, mistakes: number): boolean {
  if (mistakes < 0 || Math.abs(a.length - b.length) > mistakes) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  if (same === a.length && same === b.length) return true;
  const [x, y] = [a.slice(same), b.slice(same)];
  return [
    [x.slice(1), y.slice(1)],
    [x, y.slice(1)],
    [x.slice(1), y],
  ].some(([left = '', right = '']) => isNear(left, right, mistakes - 1));
}
