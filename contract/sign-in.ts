/**
 * What the stack that makes a user pool and the function that the pool asks must agree on: by which names somebody is of a tenant
 * and has a role. `test/infra/sign-in.test.ts` holds the two against each other.
 */

/** Claims of an access token, and the groups of a pool that they come from: `tenant:acme`, `role:admin`. */
export const TENANT_CLAIM = 'tenant';
export const ROLES_CLAIM = 'roles';
export const TENANT_GROUP = 'tenant:';
export const ROLE_GROUP = 'role:';

/**
 * A machine is of a tenant by a scope that its app client alone may ask for. Not by its client id: the pool names its function, and
 * a function that knew the pool's clients could not be made before them.
 */
export const SCOPES = 'tollgate';
export const TENANT_SCOPE = 'tenant.';
export const ROLE_SCOPE = 'role.';

/** The attribute in which the pool keeps what a provider last said of somebody's groups. */
export const GROUPS_ATTRIBUTE = 'custom:groups';

/** The scope that lets somebody change attributes of their own, that one among them: no token has it. */
export const SELF_SERVICE_SCOPE = 'aws.cognito.signin.user.admin';

/** What it means to be in a group, or to be a certain machine. */
export interface Membership {
  tenant?: string | undefined;
  roles?: readonly string[] | undefined;
}

/** By the provider's name in the pool: the claim that says what its people are in, and what each value of it means here. */
export type Providers = Readonly<
  Record<string, { claim: string; groups: Readonly<Record<string, Membership>> } | undefined>
>;
