import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import {
  assertInTime,
  type CallerContext,
  CONTEXT_KEYS,
  decodeContext,
  type EncodedContext,
  readContext,
  type SealedContext,
} from '../contract/context.ts';
import { TollgateError } from '../contract/errors.ts';
import { CONTEXTS_REMEMBERED } from '../contract/limits/seal.ts';
import type { Clock } from '../contract/log.ts';
import type { Secret } from '../contract/secret.ts';
import type { ContextKeys } from './keys.ts';

/**
 * A context is believed only together with the Authorization header that it was made for, and only from the authorizer: whoever
 * may invoke the function would otherwise be any tenant. The MAC is over every member and the SHA-256 of the header, whatever
 * is in it; API Gateway keeps the authorizer's answers by that same header, so the seal holds over its cache.
 */

/** @throws TollgateError `unavailable` with reason context-key */
export type SealContext = (encoded: EncodedContext, authorization: string) => Promise<SealedContext>;

export function createSeal({ keys }: { keys: Pick<ContextKeys, 'current'> }): SealContext {
  return async (encoded, authorization) => {
    const { version, key } = await keys.current();
    const mac = macOf(key, { ...encoded, key: version }, hashOf(authorization));
    return { ...encoded, key: version, mac: mac.toString('base64url') };
  };
}

/**
 * @param context `requestContext.authorizer` of the event
 * @param authorization the event's one Authorization header
 * @returns who calls; at once while the keys are in memory
 * @throws TollgateError `forbidden` with reason context-missing | context-version | context-member | context-forged |
 *   context-expired; `unavailable` with reason context-key. Neither the registry nor STS has heard of the call by then
 */
export type OpenContext = (
  context: unknown,
  authorization: Secret | undefined,
) => CallerContext | Promise<CallerContext>;

/** Opened contexts are remembered: within the authorizer's cache time one caller's are the same to the letter. */
export function createOpen({ keys, clock }: { keys: Pick<ContextKeys, 'find'>; clock: Clock }): OpenContext {
  const opened = new Map<string, { sealed: SealedContext; header: string; caller: CallerContext }>();

  const open = (key: KeyObject | undefined, sealed: SealedContext, header: string): CallerContext => {
    // Also when it is remembered, a key that is no longer good opens nothing.
    if (key === undefined) throw forged();
    const known = opened.get(sealed.mac);
    if (known !== undefined && known.header === header && isSame(known.sealed, sealed)) {
      assertInTime(known.caller, clock());
      return known.caller;
    }
    const given = Buffer.from(sealed.mac, 'base64url');
    const made = macOf(key, sealed, header);
    // Compared as text, too: base64url has spare bits, and one seal must have one spelling.
    if (given.length !== made.length || !timingSafeEqual(given, made) || made.toString('base64url') !== sealed.mac)
      throw forged();
    const caller = decodeContext(sealed, clock());
    opened.set(sealed.mac, { sealed, header, caller });
    const oldest = opened.size > CONTEXTS_REMEMBERED ? opened.keys().next().value : undefined;
    if (oldest !== undefined) opened.delete(oldest);
    return caller;
  };

  return (context, authorization) => {
    const sealed = readContext(context);
    if (authorization === undefined) throw forged();
    const header = hashOf(authorization.reveal());
    const found = keys.find(sealed.key);
    return found instanceof Promise
      ? found.then((later) => open(later?.key, sealed, header))
      : open(found?.key, sealed, header);
  };
}

/** What stands for the header in memory: a hash, so that a dump of it holds no token. */
function hashOf(authorization: string): string {
  return hash('sha256', authorization, 'base64url');
}

/** A list in JSON can be read in one way only, whatever its members hold. */
function macOf(key: KeyObject, context: Omit<SealedContext, 'mac'>, header: string): Buffer {
  const members = CONTEXT_KEYS.map((name) => context[name]);
  if (context.narrowed !== undefined) members.push(context.narrowed);
  return createHmac('sha256', key)
    .update(JSON.stringify(['tollgate-context', ...members, context.key, header]))
    .digest();
}

function isSame(one: SealedContext, other: SealedContext): boolean {
  return (
    one.key === other.key && one.narrowed === other.narrowed && CONTEXT_KEYS.every((name) => one[name] === other[name])
  );
}

function forged(): TollgateError {
  return new TollgateError('forbidden', { reason: 'context-forged' });
}
