import { badEntries } from './fields.ts';

/** Characters that are taken for one another, each group by its first: digits and letters, and what parts words. */
const ALIKE: readonly string[] = ['o0', 'l1i', '-_.', 's5', 'z2', 'b8'];

const SEEN_AS = new Map(ALIKE.flatMap((group) => [...group].map((one) => [one, group.charAt(0)])));

/**
 * What is left of an id when letter case and what looks the same are taken out: ids with one skeleton are mistaken for one another
 * (Unicode Technical Standard 39, section 4, as far as ASCII goes, and somewhat further).
 *
 * @param id ASCII, as every id of the registry is
 */
export function skeletonOf(id: string): string {
  const folded = [...id.toLowerCase()].map((one) => SEEN_AS.get(one) ?? one).join('');
  return folded.replaceAll('rn', 'm').replaceAll('vv', 'w');
}

/** Ids by their skeletons; who makes thousands asks of the same list. */
const INDEXES = new WeakMap<readonly string[], Map<string, string[]>>();

/**
 * Asked before something is made; what is there already keeps its name.
 *
 * @throws TollgateError `bad_entry` of `field` where another one reads the same
 */
export function checkUnlike(id: string, others: readonly string[], field = 'id'): void {
  let index = INDEXES.get(others);
  if (index === undefined) {
    index = Map.groupBy(others, skeletonOf);
    INDEXES.set(others, index);
  }
  const other = index.get(skeletonOf(id))?.find((one) => one !== id);
  if (other === undefined) return;
  throw badEntries([{ path: field, reason: 'looks-like-another', message: `${id} looks like ${other}.` }]);
}
