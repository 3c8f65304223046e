import { STAGE, unitStage } from '../../contract/names.ts';
import { type InfraSettings, readSettings, TOLD } from './index.ts';
import { once } from './once.ts';
import { Problems } from './problems.ts';
import { bad, given, PREFIX } from './setting.ts';
import { type Context, known, type Unit } from './unit.ts';
import { type PlanSettings, planOf } from './unit-plan.ts';
import { type GivenUnit, OWN_MEMBERS, readUnits } from './units.ts';

/** What is made of a cdk.json: one stage, or those of its units. */
export interface Deployment {
  stages: InfraSettings[];
  plans: PlanSettings[];
}

/**
 * @param context as readSettings takes it
 * @throws TollgateError `bad_setting` of the first thing that is wrong, and telling of all: a unit's own by its path,
 *   `tollgate:units[0].modelRegions`
 */
export function readDeployment(context: Context): Deployment {
  const listed = readUnits((name) => given(context, name));
  if (listed === undefined) return { stages: [readSettings(context)], plans: [] };
  const problems = new Problems();
  const units = listed.flatMap((own, index) => {
    const key = `${PREFIX}units[${index}]`;
    return problems.tried({ key, given: own }, () => unitOf(key, own, context));
  });
  for (const [index, unit] of units.entries()) problems.tried(unit, () => unlike(unit, units.slice(0, index)));
  const stages = new Map(
    units.flatMap((unit) =>
      unit.given.parent === undefined ? problems.tried(unit, () => [unit, stageOf(unit)] as const) : [],
    ),
  );
  const whole = [...stages].map(([unit, settings]) => [unit, unit.key, settings] as const);
  for (const [index, [unit, , settings]] of whole.entries())
    problems.tried(unit, () =>
      once(
        settings,
        whole.slice(0, index).map(([, key, other]) => [key, other]),
      ),
    );
  const plans = units.flatMap((unit) =>
    unit.given.parent === undefined ? [] : problems.tried(unit, () => planOf(unit, units, stages)),
  );
  problems.raise(listed.filter(({ parent }) => parent === undefined).length);
  return { stages: [...stages.values()], plans };
}

function unitOf(key: string, own: GivenUnit, context: Context): Unit {
  const { prefix, stage = given(context, 'stage') } = own;
  if (typeof stage !== 'string' || stage === '') throw bad(`${key}.stage`, 'is not set');
  const identity = unitStage(prefix, stage);
  if (!STAGE.test(identity))
    throw bad(
      `${key}.prefix`,
      `makes the stage’s name ${identity}: it must be at most 20 of a-z, 0-9 and "-", as they stand in the names of roles and buckets`,
    );
  const settings = Object.entries(own).filter(([member]) => !OWN_MEMBERS.includes(member));
  return {
    ...{ key, given: own, name: { prefix, stage }, identity },
    context: {
      ...context,
      ...Object.fromEntries(settings.map(([member, value]) => [PREFIX + member, value])),
      [`${PREFIX}stage`]: identity,
      [`${PREFIX}units`]: '',
    },
  };
}

/** @throws where two units would have the same names, however these are cut into prefix and stage */
function unlike({ key, identity }: Unit, before: readonly Unit[]): void {
  const same = before.find((one) => one.identity === identity);
  if (same !== undefined)
    throw bad(`${key}.prefix`, `makes ${identity}, as ${same.key} does: the two would have the same names`);
}

function stageOf(unit: Unit): InfraSettings {
  known(unit, Object.keys(TOLD));
  if (unit.given.quota !== undefined)
    throw bad(`${unit.key}.quota`, 'is of a unit with a parent alone; tenants of this one have plans of their own');
  return Object.freeze({ ...readSettings(unit.context), unit: unit.name });
}
