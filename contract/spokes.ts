/** Spokes: roles of other accounts, where a tenant's calls, or those of a place of a model, run and are paid for. */

/** Fixed, so that the stage's own role can be let assume these and no other role of that account. */
export const SPOKE_ROLE =
  /^arn:(aws|aws-us-gov|aws-cn|aws-eusc):iam::(\d{12}):role\/tollgate-[a-z][a-z0-9-]{0,19}-spoke-[A-Za-z0-9][\w.-]{0,27}$/;

export function isSpokeRole(value: unknown): value is string {
  return typeof value === 'string' && SPOKE_ROLE.test(value);
}

/** @param role ARN of a role, as `isSpokeRole` takes it */
export function accountOfRole(role: string): string {
  return role.split(':')[4] ?? '';
}

/** Whose role a call is made under. */
export interface Spoke {
  role: string;
  /** Whether it is a place's, for whoever is granted the model. */
  shared: boolean;
}

/** @returns undefined: the stage's own role */
export function spokeOf({
  role,
  spokeRole,
}: {
  role?: string | undefined;
  spokeRole?: string | undefined;
}): Spoke | undefined {
  if (role !== undefined) return { role, shared: role !== spokeRole };
  return spokeRole === undefined ? undefined : { role: spokeRole, shared: false };
}
