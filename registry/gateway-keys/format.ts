import { createHmac, type KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { KEY_ID_CHARS, KEY_SECRET_CHARS } from '../../contract/limits/keys.ts';
import { KEY_PREFIX } from '../../contract/narrowed.ts';

const ID = new RegExp(`^[a-z0-9]{${KEY_ID_CHARS}}$`);

/**
 * A key of the gateway: `tg_`, its id, its secret, and a checksum of all that, so that a scanner of code, and we, can tell a key from
 * what looks like one without asking anybody. One word, so that a double click takes all of it.
 *
 *     tg_ q3k9v0x2m7ap 8Zk...(40) 0a1B2c
 */
const KEY = new RegExp(`^${KEY_PREFIX}([a-z0-9]{${KEY_ID_CHARS}})([A-Za-z0-9]{${KEY_SECRET_CHARS}})([A-Za-z0-9]{6})$`);

const LOWER = '0123456789abcdefghijklmnopqrstuvwxyz';
const LETTERS = `${LOWER.slice(0, 10)}ABCDEFGHIJKLMNOPQRSTUVWXYZ${LOWER.slice(10)}`;

export interface ParsedKey {
  id: string;
  secret: string;
}

/** Whole numbers from 0 to below a bound, none likelier than another and none to be guessed. */
export type RandomInt = (below: number) => number;

/** Whether it is the id of a key, as `key:<id>` names it. */
export function isKeyId(text: string): boolean {
  return ID.test(text);
}

/** @returns undefined for what no key can be, a mistyped one included; nothing has been looked up */
export function parseKey(text: string): ParsedKey | undefined {
  const [, id, secret, sum] = KEY.exec(text) ?? [];
  return id !== undefined && secret !== undefined && checksum(id + secret) === sum ? { id, secret } : undefined;
}

export function keyText({ id, secret }: ParsedKey): string {
  return `${KEY_PREFIX}${id}${secret}${checksum(id + secret)}`;
}

export function newKeyId(random: RandomInt): string {
  return letters(KEY_ID_CHARS, LOWER, random);
}

export function newKeySecret(random: RandomInt): string {
  return letters(KEY_SECRET_CHARS, LETTERS, random);
}

function letters(count: number, of: string, random: RandomInt): string {
  return Array.from({ length: count }, () => of[random(of.length)]).join('');
}

/** CRC-32 of the prefix and what follows it, in base 62 as 6 digits: 0-9, A-Z, a-z. */
function checksum(body: string): string {
  let rest = crc32(`${KEY_PREFIX}${body}`);
  let digits = '';
  for (let place = 0; place < 6; place++) {
    digits = `${LETTERS[rest % LETTERS.length]}${digits}`;
    rest = Math.floor(rest / LETTERS.length);
  }
  return digits;
}

/** What a table holds in the place of a secret: under a key that is in no table, and of this one id. */
export function secretHash(key: KeyObject, { id, secret }: ParsedKey): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify(['tollgate-key', id, secret]))
    .digest();
}
