import { STAGE, UNIT_PREFIX, unitStage } from '../../contract/names.ts';
import type { Quota } from '../../contract/plan.ts';
import { throttle } from './doors.ts';
import type { InfraSettings } from './index.ts';
import { type At, bad, given } from './setting.ts';
import { STAGE_GROUP, type StageSettings } from './stage.ts';
import { known, type Unit } from './unit.ts';
import type { UnitName } from './units.ts';

/** A unit that has only a usage plan and a key, on the API of a parent. */
export interface PlanSettings extends Pick<StageSettings, 'region' | 'account'> {
  unit: UnitName;
  /** The parent's stage, as the name of its API's stage: keys are derived from it. */
  parentStage: string;
  /** Absent: the API is the one that the parent's stack exports. */
  apiId?: string;
  throttleRate: number;
  throttleBurst: number;
  quota?: Quota;
}

const PLACE = ['region', 'account'] as const;

const isPlace = (member: string): member is (typeof PLACE)[number] => (PLACE as readonly string[]).includes(member);

/** What a unit with a parent takes of the settings. */
const OF_A_PLAN: readonly string[] = [...PLACE, 'throttleRate', 'throttleBurst'];

/**
 * @param unit with a parent
 * @param units all that are listed
 * @param stages of those of them that are whole and sound
 * @throws TollgateError `bad_setting`
 */
export function planOf(unit: Unit, units: readonly Unit[], stages: ReadonlyMap<Unit, InfraSettings>): PlanSettings {
  const { key, given: own, name } = unit;
  const { prefix, apiId, stage = name.stage } = own.parent ?? {};
  known(unit, OF_A_PLAN);
  const parent = prefix === undefined ? undefined : parentOf(unit, { prefix, stage }, units, stages);
  const at: At = (member) => {
    if (parent !== undefined && isPlace(member) && own[member] === undefined) return parent[member];
    return member === 'stage' || OF_A_PLAN.includes(member) ? given(unit.context, member) : undefined;
  };
  const read = STAGE_GROUP.read(at, undefined);
  for (const member of PLACE)
    if (parent !== undefined && read[member] !== parent[member])
      throw bad(
        `${key}.${member}`,
        `must be the parent’s, ${parent[member] ?? 'which is whoever deploys'}: a usage plan lies where its API does`,
      );
  const { region, account } = read;
  return {
    ...{ unit: name, region, account, ...throttle(at) },
    ...(own.quota === undefined ? {} : { quota: own.quota }),
    ...(apiId === undefined ? { parentStage: unitStage(prefix ?? '', stage) } : { parentStage: stage, apiId }),
  };
}

/** @returns undefined for one that is deployed elsewhere, and for one with which something is wrong itself */
function parentOf(
  { key, ...child }: Unit,
  { prefix, stage }: UnitName,
  units: readonly Unit[],
  stages: ReadonlyMap<Unit, InfraSettings>,
): InfraSettings | undefined {
  const namesakes = units.filter(({ name }) => name.prefix === prefix);
  const found = namesakes.find(({ name }) => name.stage === stage);
  const refused = (what: string) => bad(`${key}.parent`, what);
  if (found === undefined) {
    if (namesakes.length > 0) {
      const there = namesakes.map(({ name }) => name.stage).join(', ');
      throw refused(
        `is ${prefix} of stage ${stage}, which is not listed, but ${there}: {"prefix": "${prefix}", "stage": ...} says which`,
      );
    }
    if (!UNIT_PREFIX.test(prefix) || !STAGE.test(unitStage(prefix, stage)))
      throw refused('is not the prefix of a unit');
    return undefined;
  }
  if (found.identity === child.identity) throw refused('is the unit itself');
  if (found.given.parent !== undefined) throw refused(`is ${found.key}, which has a parent itself and so no API`);
  const settings = stages.get(found);
  if (settings?.runtime === 'container') throw refused(`is ${found.key}, whose runtime is container: it has no API`);
  if (settings?.usagePlans === false)
    throw refused(`is ${found.key}, whose usagePlans are off: no plan would be kept to`);
  return settings;
}
