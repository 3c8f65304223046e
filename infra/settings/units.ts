import * as v from 'valibot';
import { PLAN_QUOTA_MAX } from '../../contract/limits/registry.ts';
import { STAGE, UNIT_PREFIX } from '../../contract/names.ts';
import { QUOTA_PERIODS } from '../../contract/plan.ts';
import { type At, bad, type Group, PREFIX, parsed } from './setting.ts';

/** An organisational unit, and which of its stages. */
export interface UnitName {
  prefix: string;
  stage: string;
}

export interface UnitSettings {
  /** Absent: the stage is no unit's. */
  unit?: UnitName;
}

export const UNIT_GROUP: Group<UnitSettings, unknown> = {
  told: {
    units: {
      values: 'a list ([units.md](units.md)); none',
      makes:
        'in place of the one stack, one for each: `<prefix>-tollgate-<stage>`; with a `parent`, a usage plan and a key on its API',
      costs: 'what each costs by itself; a plan and a key: nothing',
      security: 'units share no table, key, role or bucket; those with a parent share all of the parent’s',
    },
  },
  // What a unit is made of are the settings of its own stack: deployment.ts reads them.
  read: () => ({}),
};

/** What only units have; every other member is a setting without its `tollgate:`. */
const OWN = {
  prefix: v.pipe(
    v.string(),
    v.regex(
      UNIT_PREFIX,
      'must be 1 to 18 of a-z, 0-9 and "-", begin with a letter, not end with "-", and not hold "tollgate"',
    ),
  ),
  stage: v.optional(stageName()),
  parent: v.optional(parent()),
  quota: v.optional(
    v.strictObject({
      limit: v.pipe(
        v.number('must be a whole number'),
        v.integer('must be a whole number'),
        v.minValue(1, 'must be at least 1'),
        v.maxValue(PLAN_QUOTA_MAX, `must be at most ${PLAN_QUOTA_MAX}`),
      ),
      period: v.picklist(QUOTA_PERIODS),
    }),
  ),
};

export const OWN_MEMBERS = Object.keys(OWN);

const UNITS = v.array(v.looseObject(OWN));

export type GivenUnit = v.InferOutput<typeof UNITS>[number];

/** @returns the units in their order, their settings as they were given; undefined where there are none */
export function readUnits(at: At): GivenUnit[] | undefined {
  const units = parsed(UNITS, at, 'units');
  if (units?.length === 0) throw bad(`${PREFIX}units`, 'must list at least one unit; leave it out for a stage alone');
  return units;
}

function stageName() {
  return v.pipe(v.string(), v.regex(STAGE, 'must be 1 to 20 of a-z, 0-9 and "-", beginning with a letter'));
}

/** `"acme"`, or an object: a unit by its prefix, or an API by its id; and the stage, if it is not called as the child's. */
function parent() {
  const members = v.strictObject({
    prefix: v.optional(v.string()),
    apiId: v.optional(
      v.pipe(v.string(), v.regex(/^[a-z0-9]{1,64}$/, 'must be the id of a REST API, such as a1b2c3d4e5')),
    ),
    stage: v.optional(stageName()),
  });
  return v.pipe(
    v.unknown(),
    v.transform((given) => (typeof given === 'string' ? { prefix: given } : given)),
    members,
    v.check(({ prefix, apiId }) => (prefix === undefined) !== (apiId === undefined), 'must have a prefix or an apiId'),
  );
}
