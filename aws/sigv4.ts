import { createHmac, hash } from 'node:crypto';
import { SIGNING_KEYS_MAX } from '../contract/limits/invoke.ts';

/**
 * AWS Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), of
 * what this gateway sends: a request with its whole body at hand, to any service but S3. The SDK's signer hashes through
 * promises, several times over for each call; this one derives a session's key once a day, and hashes where it stands.
 */
export interface ToSign {
  method: string;
  /** With its port, if that is not the protocol's own. */
  host: string;
  /** As it goes out: each segment percent-encoded once; without a query. */
  path: string;
  /** As it goes out, without its `?`: names and values percent-encoded once, sorted by name and then by value. Absent: none. */
  query?: string | undefined;
  /** Lower-case names; all of them are signed. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | string;
}

export interface SigningScope {
  /** The service's name in a credential scope, e.g. `bedrock`. */
  service: string;
  region: string;
}

export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** Signs with the key of one day, region and service. */
type Hmac = (text: string) => string;

/** Bound to its credentials, so that it goes when they go. */
interface Kept {
  scope: string;
  hmac: Hmac;
}
const keys = new WeakMap<SigningCredentials, Kept[]>();

/**
 * @param credentials the same object for the same session: its key is kept as long as the object is
 * @param now milliseconds since 1970
 * @returns the headers that go out: those given, `host`, `x-amz-date`, `x-amz-security-token` of a session, `authorization`
 */
export function signed(
  { method, host, path, query = '', headers, body }: ToSign,
  { service, region }: SigningScope,
  credentials: SigningCredentials,
  now: number,
): Record<string, string> {
  const date = amzDate(now);
  const { accessKeyId, sessionToken } = credentials;
  const out: Record<string, string> = { ...headers, host, 'x-amz-date': date };
  if (sessionToken !== undefined) out['x-amz-security-token'] = sessionToken;
  const names = Object.keys(out).sort();
  let canonical = `${method}\n${canonicalPath(path)}\n${query}\n`;
  for (const name of names) canonical += `${name}:${canonicalValue(out[name] ?? '')}\n`;
  const list = names.join(';');
  canonical += `\n${list}\n${sha256(body)}`;
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`;
  const signature = keyOf(credentials, scope)(text);
  out.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`;
  return out;
}

let last = { second: Number.NaN, text: '' };

/** `20261128T210203Z`; one second's calls share the text. */
function amzDate(now: number): string {
  const second = Math.floor(now / 1_000);
  if (second !== last.second)
    last = { second, text: `${new Date(second * 1_000).toISOString().slice(0, 19).replace(/[:-]/g, '')}Z` };
  return last.text;
}

function keyOf(credentials: SigningCredentials, scope: string): Hmac {
  const kept = keys.get(credentials) ?? [];
  const found = kept.find((one) => one.scope === scope);
  if (found !== undefined) return found.hmac;
  let key: Buffer | string = `AWS4${credentials.secretAccessKey}`;
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest();
  const made = { scope, hmac: hmacOf(key as Buffer) };
  keys.set(credentials, [made, ...kept].slice(0, SIGNING_KEYS_MAX));
  return made.hmac;
}

/**
 * HMAC-SHA-256 (RFC 2104) by two hashes, because an object of `createHmac` costs twelve times what they do.
 *
 * @param key of 32 bytes
 * @returns of an ASCII text the hexadecimal code
 */
function hmacOf(key: Buffer): Hmac {
  const inner = Buffer.alloc(HASH_BLOCK + MESSAGE_MAX, 0x36);
  const outer = Buffer.alloc(HASH_BLOCK + key.byteLength, 0x5c);
  for (const [i, byte] of key.entries()) {
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  return (text) => {
    if (text.length > MESSAGE_MAX) return createHmac('sha256', key).update(text).digest('hex');
    const end = HASH_BLOCK + inner.write(text, HASH_BLOCK, 'latin1');
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), HASH_BLOCK, 'latin1');
    return hash('sha256', outer);
  };
}

/** Bytes. SHA-256's block. */
const HASH_BLOCK = 64;
/** Characters. What is signed has 150: a date, a scope and a hash. */
const MESSAGE_MAX = 448;

/** Encoded once more, as every service but S3 reads it. */
function canonicalPath(path: string): string {
  return encodeURIComponent(path)
    .replace(/%2F/g, '/')
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function canonicalValue(value: string): string {
  return value.trim().replace(/ {2,}/g, ' ');
}

function sha256(data: Uint8Array | string): string {
  return hash('sha256', data);
}
