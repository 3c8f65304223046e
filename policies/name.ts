import { createHash } from 'node:crypto';
import type { Principal, TenantId } from '../contract/identity.ts';
import { SESSION_NAME_MAX_CHARS } from '../contract/limits.ts';

/** Every name begins with this, and the invoker role's trust policy requires it. */
export const SESSION_NAME_PREFIX = 'tg-';

/** In the names of sessions whose credentials are handed out, and in no other: a tenant's part holds no `@`. */
const DIRECT_MARK = '@direct-';

/** IAM pattern of `aws:userid` (`ROLE-ID:SESSION-NAME`) for sessions whose credentials were handed out. */
export const DIRECT_SESSIONS = `*:${SESSION_NAME_PREFIX}*${DIRECT_MARK}*`;

/** Hexadecimal digits of the hash, 4 bits each: 128 bits, so two callers share a name with odds of 2^-64 at 2^32 names.
 * Hexadecimal, because it survives a tool that folds case. */
const HASH_CHARS = 32;

const SLUG_MAX_CHARS = SESSION_NAME_MAX_CHARS - SESSION_NAME_PREFIX.length - 1 - HASH_CHARS;
const DIRECT_SLUG_MAX_CHARS = SLUG_MAX_CHARS + 1 - DIRECT_MARK.length;

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

/** What the name of a session says by itself. */
export interface ReadName {
  /** The tenant's id, or its beginning. */
  tenant: string;
  /** Whether that is the whole id: a longer one was cut. */
  whole: boolean;
  /** Whether its credentials were handed out. */
  direct: boolean;
}

/** The inverse of sessionNames and directSessionNames, as far as there is one. @returns undefined for no name of ours */
export function readSessionName(name: string): ReadName | undefined {
  if (!name.startsWith(SESSION_NAME_PREFIX)) return undefined;
  const rest = name.slice(SESSION_NAME_PREFIX.length, -HASH_CHARS);
  // As many digits as there are characters: nothing stands before or behind them.
  // Stryker disable next-line MethodExpression: a tenant's part that is short enough has no room for so many digits
  if (!/[0-9a-f]{32}/.test(name.slice(-HASH_CHARS))) return undefined;
  const direct = rest.endsWith(DIRECT_MARK);
  if (!direct && !rest.endsWith('-')) return undefined;
  const tenant = rest.slice(0, direct ? -DIRECT_MARK.length : -1);
  const most = direct ? DIRECT_SLUG_MAX_CHARS : SLUG_MAX_CHARS;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(tenant) || tenant.length > most) return undefined;
  return { tenant, whole: tenant.length < most, direct };
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
