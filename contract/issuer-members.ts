import { TollgateError } from './errors.ts';

/** The members of an issuer's settings, each read into what it must be or refused by its own name. */

export function bad(field: string, what: string): TollgateError {
  return new TollgateError('bad_setting', { field, reason: 'bad-issuer', message: `${field} ${what}.` });
}

/** @throws TollgateError `bad_setting` */
export function object(value: unknown, field: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw bad(field, 'must be an object');
  return value as Record<string, unknown>;
}

/** @throws TollgateError `bad_setting` */
export function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '' || value.trim() !== value)
    throw bad(field, 'must be a non-empty string');
  return value;
}

/**
 * One text, or a list of them.
 *
 * @throws TollgateError `bad_setting`, for an empty list too
 */
export function texts(value: unknown, field: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw bad(field, 'must not be empty');
  return list.map((item, index) => text(item, Array.isArray(value) ? `${field}[${index}]` : field));
}

/** texts() where an empty list means something. @throws TollgateError `bad_setting` */
export function anyTexts(value: unknown, field: string): string[] {
  return Array.isArray(value) && value.length === 0 ? [] : texts(value, field);
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** @throws TollgateError `bad_setting` for what is no URL, and for plain http off this machine */
export function url(value: unknown, field: string): string {
  const written = text(value, field);
  const parsed = URL.canParse(written) ? new URL(written) : undefined;
  if (parsed === undefined || parsed.username !== '' || parsed.password !== '' || parsed.hash !== '')
    throw bad(field, 'must be a URL');
  // Keys fetched in clear text are anybody's keys.
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && LOOPBACK.has(parsed.hostname)))
    throw bad(field, 'must be https (http is accepted on loopback only)');
  return written;
}
