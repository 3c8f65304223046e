import type { Policy } from '../../policies/simulate/types.ts';
import type { Role } from './sessions.ts';

/** One that inline policies can be put on. */
export type OpenRole = Role & { readonly inline: Map<string, Policy> };

/** The roles that there are; no two of one name, whatever their accounts. */
export interface Roles {
  byName(name: string): OpenRole | undefined;
  byArn(arn: string): OpenRole | undefined;
  arnOf(role: Role): string;
  all(): readonly OpenRole[];
}

/**
 * @param account of roles that name none
 * @param others makes one that is there as soon as it is asked for
 */
export function knownRoles(
  account: string,
  given: readonly Role[],
  others: (name: string) => Role | undefined = () => undefined,
): Roles {
  const roles: OpenRole[] = given.map((role) => ({ ...role, inline: new Map() }));
  const byName = (name: string): OpenRole | undefined => {
    const known = roles.find((role) => role.name === name);
    const made = known === undefined ? others(name) : undefined;
    if (made === undefined) return known;
    const open = { ...made, inline: new Map() };
    roles.push(open);
    return open;
  };
  const arnOf = (role: Role): string => `arn:aws:iam::${role.account ?? account}:role/${role.name}`;
  return {
    byName,
    byArn(arn) {
      const role = byName(arn.slice(arn.indexOf('/') + 1));
      return role !== undefined && arnOf(role) === arn ? role : undefined;
    },
    arnOf,
    all: () => roles,
  };
}
