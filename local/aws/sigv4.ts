import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Verification of AWS Signature Version 4
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */

/** Milliseconds that a request's date may differ from ours. */
export const SKEW_MS = 300_000;

export interface Authorization {
  readonly accessKeyId: string;
  /** YYYYMMDD, region, service: the scope. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export interface Signed {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type Fault = 'bad-signature' | 'skewed';

const HEADER =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request,\s*SignedHeaders=([a-z0-9:;_.-]+),\s*Signature=([0-9a-f]{64})$/;

/** The header's parts, or null when it is absent or not of this form. */
export function parseAuthorization(header: string | undefined): Authorization | null {
  const found = HEADER.exec(header ?? '');
  if (found === null) return null;
  const [, accessKeyId = '', date = '', region = '', service = '', signed = '', signature = ''] = found;
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature };
}

/**
 * Whether `request` was signed with `secret`, over these very bytes, within five minutes of `now` (milliseconds).
 *
 * @returns null when it was, otherwise what is wrong
 */
export function verify(auth: Authorization, request: Signed, secret: string, now: number): Fault | null {
  const stamp = request.headers['x-amz-date'] ?? '';
  const at = Date.parse(
    stamp.replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      (_all, y, mo, d, h, mi, s) => `${y}-${mo}-${d}T${h}:${mi}:${s}Z`,
    ),
  );
  if (Number.isNaN(at) || !stamp.startsWith(auth.date)) return 'bad-signature';
  if (Math.abs(now - at) > SKEW_MS) return 'skewed';
  if (!coversMeaning(auth.signedHeaders, request.headers)) return 'bad-signature';
  const payloadHash = hashOfPayload(auth.service, request);
  if (payloadHash === null) return 'bad-signature';

  const scope = `${auth.date}/${auth.region}/${auth.service}/aws4_request`;
  const canonical = [
    request.method,
    canonicalPath(request.path, auth.service),
    canonicalQuery(request.query),
    ...auth.signedHeaders.map((name) => `${name}:${canonicalValue(request.headers[name])}`),
    '',
    auth.signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const expected = hmac(signingKey(secret, auth), toSign);
  return timingSafeEqual(expected, Buffer.from(auth.signature, 'hex')) ? null : 'bad-signature';
}

/**
 * The host (over HTTP/2 the SDK signs `:authority` in its place) and every `x-amz-` header must be signed: anyone on the
 * way could otherwise add or change one.
 */
function coversMeaning(signed: readonly string[], headers: Signed['headers']): boolean {
  const host = signed.includes('host') || signed.includes(':authority');
  return host && Object.keys(headers).every((name) => !name.startsWith('x-amz-') || signed.includes(name));
}

/** What the canonical request's last line must be; null when the header claims another payload than came. */
function hashOfPayload(service: string, { headers, body }: Signed): string | null {
  const claimed = headers['x-amz-content-sha256'];
  // Only S3 lets a payload go unsigned.
  if (service === 's3' && (claimed === 'UNSIGNED-PAYLOAD' || claimed === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'))
    return claimed;
  const actual = sha256(body);
  return claimed === undefined || claimed === actual ? actual : null;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** S3 signs the path as it is on the wire; every other service encodes each of its segments once more. */
function canonicalPath(path: string, service: string): string {
  return service === 's3' ? path : path.split('/').map(encode).join('/');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    })
    .map(([name = '', value = '']) => [recoded(name), recoded(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function recoded(text: string): string {
  try {
    return encode(decodeURIComponent(text));
  } catch {
    return text;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const canonicalValue = (value = ''): string => value.trim().replace(/ +/g, ' ');
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

function signingKey(secret: string, { date, region, service }: Authorization): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request');
}
