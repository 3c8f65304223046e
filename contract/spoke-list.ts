import { stageName } from './names.ts';
import { bad, type Environment } from './read-setting.ts';
import { accountOfRole, isSpokeRole } from './spokes.ts';

/** What a stage says of the roles of other accounts that its calls may run under, and what such a role is called. */

/** What a spoke's role may be called behind its stage: a role's name has 64 characters. */
export const SPOKE_NAME = /^[A-Za-z0-9][\w.-]{0,27}$/;

/** `tollgate-<stage>-spoke-<name>` */
export function spokeRoleName(stage: string, name: string): string {
  return stageName(stage, `spoke-${name}`);
}

/**
 * What a spoke's role is to ask for: whoever has another tenant's role in its entry does not know it, since it is made of the
 * stage and of the tenant that was verified.
 *
 * @param tenant whose the role is; undefined: a place's, for every tenant that is granted its model
 */
export function externalIdOf(stage: string, tenant: string | undefined): string {
  return tenant === undefined ? `tollgate-${stage}` : stageName(stage, tenant);
}

/** The stage that spokes are of. */
export interface Hub {
  stage: string;
  partition: string;
  /** Undefined where it is known only when it is deployed. */
  account: string | undefined;
}

/** @returns what is wrong with one of a stage's list of spokes, completing a sentence; undefined: nothing */
export function spokeProblem(one: unknown, { stage, partition, account }: Hub): string | undefined {
  const role = `arn:${partition}:iam::<account>:role/${spokeRoleName(stage, '<name>')}`;
  const isAccount = typeof one === 'string' && /^\d{12}$/.test(one);
  const isRole =
    isSpokeRole(one) && one.startsWith(`arn:${partition}:`) && one.includes(`/${spokeRoleName(stage, '')}`);
  if (!isAccount && !isRole) return `must be an account, twelve digits in quotes, or a role ${role}`;
  return (isAccount ? one : accountOfRole(one)) === account
    ? 'is the stage’s own account, where calls run without a spoke'
    : undefined;
}

/** One of a stage's list as IAM names it: a role, or every role of that form in an account. */
export function spokeResource(one: string, { stage, partition }: Pick<Hub, 'stage' | 'partition'>): string {
  return isSpokeRole(one) ? one : `arn:${partition}:iam::${one}:role/${spokeRoleName(stage, '*')}`;
}

/**
 * TOLLGATE_SPOKES as a person writes it: accounts and roles, separated by commas.
 *
 * @returns each as `spokeResource` has it
 * @throws TollgateError `bad_setting` naming the variable
 */
export function spokesIn({ TOLLGATE_SPOKES = '' }: Environment, hub: Hub): readonly string[] {
  const given = TOLLGATE_SPOKES.split(',').map((one) => one.trim());
  const list = given.filter((one) => one !== '');
  for (const one of list) {
    const problem = spokeProblem(one, hub);
    if (problem !== undefined) throw bad('TOLLGATE_SPOKES', `${JSON.stringify(one.slice(0, 100))} ${problem}`);
  }
  return Object.freeze(list.map((one) => spokeResource(one, hub)));
}

/** @param resources as `spokeResource` has them */
export function isListed(role: string, resources: readonly string[]): boolean {
  const named = (resource: string): boolean =>
    resource.endsWith('*') ? role.startsWith(resource.slice(0, -1)) : role === resource;
  return isSpokeRole(role) && resources.some(named);
}
