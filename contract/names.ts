/**
 * A stage's name, 1 to 20 characters. It stands in the names of buckets, tables and metrics, so it is what all of them take.
 */
export const STAGE = /^[a-z][a-z0-9-]{0,19}$/;

/**
 * What the name of an organisational unit's stage begins with. Its stack is `<prefix>-tollgate-<stage>`, which no pattern for
 * another unit's is to match.
 */
export const UNIT_PREFIX = /^(?!.*tollgate)[a-z](?:[a-z0-9-]{0,16}[a-z0-9])?$/;

/** The stage of a unit, as all that is called after a stage has it. */
export function unitStage(prefix: string, stage: string): string {
  return `${prefix}-${stage}`;
}

/** What a thing of a stage is called: the template gives it this name, and the command line finds it by it. */
export function stageName(stage: string, what: string): string {
  return `tollgate-${stage}-${what}`;
}

/** The registry table's index by sort key, then partition key: what lists ask. */
export const REGISTRY_INDEX = 'by-sk';

/** Of a role of a stage. Roles belong to the whole account, so the region tells one stage from its namesake elsewhere. */
export function roleName(stage: string, what: string, region: string): string {
  return `${stageName(stage, what)}-${region}`;
}

/** On the secret that keys of the gateway are hashed with: for how many days one is good at most, for who makes them. */
export const KEY_DAYS_TAG = 'tollgate:keyMaxDays';
