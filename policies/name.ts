import { createHash } from 'node:crypto';
import type { Principal, TenantId } from '../contract/identity.ts';
import { SESSION_NAME_MAX_CHARS } from '../contract/limits/policies.ts';

/** Every name begins with this, and the invoker role's trust policy requires it. */
export const SESSION_NAME_PREFIX = 'tg-';

/** In the names of sessions whose credentials are handed out, and in no other: a tenant's part holds no `@`. */
export const DIRECT_MARK = '@direct-';

/** IAM pattern of `aws:userid` (`ROLE-ID:SESSION-NAME`) for sessions whose credentials were handed out. */
export const DIRECT_SESSIONS = `*:${SESSION_NAME_PREFIX}*${DIRECT_MARK}*`;

/** Hexadecimal digits of the hash, 4 bits each: 128 bits, so two callers share a name with odds of 2^-64 at 2^32 names.
 * Hexadecimal, because it survives a tool that folds case. */
export const HASH_CHARS = 32;

export const SLUG_MAX_CHARS = SESSION_NAME_MAX_CHARS - SESSION_NAME_PREFIX.length - 1 - HASH_CHARS;
export const DIRECT_SLUG_MAX_CHARS = SLUG_MAX_CHARS + 1 - DIRECT_MARK.length;

export interface SessionNames {
  /** RoleSessionName: the last part of the caller's ARN in CloudTrail and on the bill. */
  readonly sessionName: string;
  /**
   * The same value. A session that assumes another role may choose a new session name there but keeps its source
   * identity, so the trail leads back to this caller however long the chain is.
   */
  readonly sourceIdentity: string;
}

/**
 * The names under which a caller appears in AWS: `tg-<tenant, up to 28 characters>-<hash of tenant and principal>`. The
 * readable part helps whoever reads a trail; the hash alone tells callers apart. The principal is hashed, not shown: it
 * may be an e-mail address, and AWS asks for no personal data in session names.
 *
 * @returns 2 to 64 characters of `[\w+=,.@-]`, different for different pairs
 */
export function sessionNames(tenant: TenantId, principal: Principal): SessionNames {
  const name = `${SESSION_NAME_PREFIX}${slugOf(tenant, SLUG_MAX_CHARS)}-${digest(tenant, principal)}`;
  return { sessionName: name, sourceIdentity: name };
}

/**
 * The names of a session whose credentials are handed to the caller: `tg-<tenant, up to 21 characters>@direct-<hash>`. What
 * such a session does is in CloudTrail and in Bedrock's invocation logs and in no record of ours, so its name must tell it
 * from the gateway's own calls, which are counted already. The source identity is the caller's own, the same on both ways.
 */
export function directSessionNames(tenant: TenantId, principal: Principal): SessionNames {
  const slug = slugOf(tenant, DIRECT_SLUG_MAX_CHARS);
  const sessionName = `${SESSION_NAME_PREFIX}${slug}${DIRECT_MARK}${digest(tenant, principal)}`;
  return { sessionName, sourceIdentity: sessionNames(tenant, principal).sourceIdentity };
}

/**
 * What a tenant calls a session, a memory or an execution is no name of anybody's else: what Bedrock is told is made of the tenant and
 * the name, so no tenant can name another's, and each finds its own again.
 *
 * @param what of which sort it is, e.g. `session`
 * @returns 32 of 0-9 and a-f, which every id of Bedrock's may be
 */
export function ownId(tenant: string, what: string, name: string): string {
  return createHash('sha256')
    .update(JSON.stringify([what, tenant, name]))
    .digest('hex')
    .slice(0, HASH_CHARS);
}

function slugOf(tenant: TenantId, maxChars: number): string {
  return tenant.slice(0, maxChars).replace(/[^A-Za-z0-9_.-]/g, '-');
}

/** The length stands first, so ("ab", "c") and ("a", "bc") differ; UTF-16, so no two strings become the same bytes. */
function digest(tenant: string, principal: string): string {
  return createHash('sha256')
    .update(`${tenant.length}:${tenant}${principal}`, 'utf16le')
    .digest('hex')
    .slice(0, HASH_CHARS);
}
