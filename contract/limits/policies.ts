/** What IAM and STS take of the policies and names that are written here, and how long a revocation is kept. */

/** Characters. STS refuses a longer inline session policy (AssumeRole, parameter Policy). */
export const SESSION_POLICY_MAX_CHARS = 2_048;

/** Characters. STS takes for RoleSessionName and SourceIdentity 2 to 64 of `[\w+=,.@-]`. */
export const SESSION_NAME_MAX_CHARS = 64;

/**
 * Seconds. A revocation is kept this long: SESSION_SECONDS, after which no session that it denies lives any more, and as long
 * again, because the clocks of who revokes and of IAM may differ by minutes.
 */
export const REVOCATION_KEPT_SECONDS = 1_800;

/**
 * Characters, white space apart: a managed policy, and all inline policies of a role together (IAM and STS quotas). What the
 * invoker role may do grows by some 600 a region, so it is in managed policies, of which a role takes ten.
 */
export const MANAGED_POLICY_MAX_CHARS = 6_144;
export const INLINE_POLICIES_MAX_CHARS = 10_240;
export const MANAGED_POLICIES_MAX = 10;

/** Tenants whose sessions are revoked at one time: up to 286 characters each, in the room that is kept for nothing else. */
export const REVOKED_TENANTS_MAX = 35;
