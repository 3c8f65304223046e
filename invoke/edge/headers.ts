import { MIMEType } from 'node:util';
import { parseAccept } from 'hono/utils/accept';

/**
 * Headers that carry lists and parameters, read as RFC 9110 writes them. What an HTTP client sends unasked says how it would
 * like to be answered; a value that cannot be read is no wish, and never a reason to refuse a call.
 */

const JSON_TYPE = 'application/json';

/** A media type without its parameters (RFC 9110 section 8.3.1), no range. */
const MEDIA_TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/;

/** What asks for JSON beside its own name. `*` alone is no range, but Java's own client sends it. */
const JSON_RANGES: ReadonlySet<string> = new Set([JSON_TYPE, 'application/*', '*/*', '*']);

/**
 * The media type to ask a model for (RFC 9110 section 12.5.1).
 *
 * @param accept the header's value, all of its lines joined by commas; null when there is none
 * @returns JSON wherever it will do, since every model answers in it; else the type that is wanted most, in lower case; JSON
 *   as well where nothing can be read
 */
export function wantedType(accept: string | null): string {
  const wanted = parseAccept(accept ?? '').flatMap(({ type, q }) => (q > 0 ? [type.toLowerCase()] : []));
  if (wanted.some((type) => JSON_RANGES.has(type))) return JSON_TYPE;
  return wanted.find((type) => MEDIA_TYPE.test(type)) ?? JSON_TYPE;
}

export interface ContentType {
  /** Type and subtype in lower case; '' when there is no header. */
  essence: string;
  /** In lower case; null when the header names none. */
  charset: string | null;
}

/** @returns undefined for a value that is no media type (RFC 9110 section 8.3), such as a list of two */
export function contentType(value: string | null): ContentType | undefined {
  if (value === null || value === '') return { essence: '', charset: null };
  try {
    const { essence, params } = new MIMEType(value);
    return { essence, charset: params.get('charset')?.toLowerCase() ?? null };
  } catch {
    return undefined;
  }
}

/** Whether a `Content-Encoding` (a list, RFC 9110 section 8.4) leaves the bytes as they are. */
export function isUnencoded(value: string | null): boolean {
  return (value ?? '').split(',').every((coding) => ['', 'identity'].includes(coding.trim().toLowerCase()));
}
