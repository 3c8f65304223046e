import { type KeyObject, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { KEY_USE_KEPT_SECONDS } from '../../contract/limits/keys.ts';
import { isoMilliseconds, milliseconds, parseWith, SCHEMA_VERSION, schemaVersion, version } from '../fields.ts';
import type { Document, Item, Key } from '../items.ts';
import { type ParsedKey, secretHash } from './format.ts';

/**
 * The table of keys' secrets, `pk` and `sk` as the registry's; the invoke function has no right to it.
 *
 * | item             | pk          | sk      | written by                               |
 * | ---------------- | ----------- | ------- | ---------------------------------------- |
 * | a key's secrets  | SECRET#{id} | SECRET  | who makes, rotates, revokes keys         |
 * | its last use     | USED#{id}   | USED    | the authorizer, which may write no other |
 */
export const secretKey = (id: string): Key => ({ pk: `SECRET#${id}`, sk: 'SECRET' });
export const USED_SK = 'USED';
export const usedKey = (id: string): Key => ({ pk: `USED#${id}`, sk: USED_SK });

/** A secret of a key, as its hash. Times in milliseconds since 1970. */
export interface KeptSecret {
  /** Base64url. */
  hash: string;
  /** Version of the key that it was hashed under. */
  under: string;
  madeAt: number;
  until: number;
}

/** What secrets are hashed under. */
export interface HashKey {
  version: string;
  key: KeyObject;
}

const text = v.pipe(v.string('not-text'), v.minLength(1, 'empty'));
const schema = v.strictObject({
  v: schemaVersion,
  // The current one, and until it ends the one before.
  secrets: v.pipe(
    v.array(v.strictObject({ hash: text, under: text, madeAt: milliseconds, until: milliseconds })),
    v.maxLength(2, 'too-many'),
  ),
  version,
});

/** @throws TollgateError `bad_entry` */
export function parseSecrets(document: unknown): { secrets: KeptSecret[]; version: number } {
  const { v: _, ...kept } = parseWith(schema, document);
  return kept;
}

export function secretsDocument(secrets: readonly KeptSecret[], of: number): Document {
  return {
    v: SCHEMA_VERSION,
    secrets: secrets.map(({ hash, under, madeAt, until }) => ({
      hash,
      under,
      madeAt: isoMilliseconds(madeAt),
      until: isoMilliseconds(until),
    })),
    version: of,
  };
}

export function hashed(under: HashKey, parsed: ParsedKey): Pick<KeptSecret, 'hash' | 'under'> {
  return { hash: secretHash(under.key, parsed).toString('base64url'), under: under.version };
}

/** In the same time whether it is or is not: how far a guess was right is not told. */
export function isSecret({ hash }: KeptSecret, key: KeyObject, parsed: ParsedKey): boolean {
  const made = secretHash(key, parsed);
  const kept = Buffer.from(hash, 'base64url');
  return kept.length === made.length && timingSafeEqual(kept, made);
}

/** @returns milliseconds since 1970; undefined when no use was noted, or none that can be read */
export function usedAtOf(item: Item | undefined): number | undefined {
  const at = item?.document.at;
  const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

export function usedDocument(at: number): Document {
  return { at: isoMilliseconds(at), expiresAt: Math.floor(at / 1000) + KEY_USE_KEPT_SECONDS };
}
