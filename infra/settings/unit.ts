import { nearest } from '../../contract/nearest.ts';
import { TOLD } from './index.ts';
import { badOnes, PREFIX } from './setting.ts';
import { type GivenUnit, OWN_MEMBERS, type UnitName } from './units.ts';

export type Context = Readonly<Record<string, unknown>>;

/** One of the list, with what it has of the settings. */
export interface Unit {
  /** `tollgate:units[0]` */
  key: string;
  given: GivenUnit;
  name: UnitName;
  /** As all names of its stack have it: `acme-dev`. */
  identity: string;
  /** The common settings with its own over them, member by member. */
  context: Context;
}

/** @throws where the unit has a member that is none of its own, nor among `names` */
export function known({ key, given: own }: Unit, names: readonly string[]): void {
  const all = [...OWN_MEMBERS, ...names.filter((name) => name !== 'units')];
  const problems = Object.keys(own).flatMap((member): [string, string][] => {
    if (all.includes(member)) return [];
    if (Object.hasOwn(TOLD, member))
      return [
        [
          `${key}.${member}`,
          `is not of ${own.parent === undefined ? 'a unit' : `a unit with a parent, which has ${all.join(', ')}`}`,
        ],
      ];
    const meant = nearest(member.replace(PREFIX, ''), all);
    return [[`${key}.${member}`, `is not a known setting${meant === undefined ? '' : `; did you mean ${meant}?`}`]];
  });
  if (problems.length > 0) throw badOnes(problems);
}
