import { KEY_PREFIX } from '../contract/narrowed.ts';
import type { ClientReader } from '../registry/reader.ts';
import { bearerText, compactToken } from './bearer.ts';
import { type Identity, whoCalls } from './decide.ts';
import type { AuthorizerEvent } from './event.ts';
import type { Verify } from './verify.ts';

export interface CallersOptions {
  verify: Verify;
  registry: ClientReader;
  /** Where the stage has keys of its own; absent: what looks like one is a token that is none. */
  keys?: IdentifyKey | undefined;
}

/**
 * @param text what stands behind `Bearer`, and begins as a key does
 * @throws TollgateError `unauthenticated`, `unavailable`; nothing of the key is in it
 */
export type IdentifyKey = (text: string) => Promise<Identity>;

/** @throws TollgateError `unauthenticated`, `unavailable` */
export type CallerOf = (headers: Pick<AuthorizerEvent, 'headers' | 'multiValueHeaders'>) => Promise<Identity>;

/** Who calls: by a token, whose first character is that of a JSON object in base64, or by a key. No token can be taken for a key. */
export function createCallers({ verify, registry, keys }: CallersOptions): CallerOf {
  return async (headers) => {
    const text = bearerText(headers);
    if (keys !== undefined && text.startsWith(KEY_PREFIX)) return keys(text);
    return whoCalls(await verify(compactToken(text)), registry);
  };
}
