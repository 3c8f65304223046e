/** Which headers go on, either way. */

/** Of one connection (RFC 9110 section 7.6.1), beside those that `connection` names. */
const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/** What a caller says of itself: whoever reaches the sidecar is its tenant, and nobody else. */
const CLAIMS: readonly string[] = [
  'authorization',
  'x-api-key',
  'api-key',
  // A browser's are of every program that ever had a page on this machine, whatever its port.
  'cookie',
  // What a signature consists of beside Authorization
  // (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'x-amz-region-set',
];

/** What only the gateway, or somebody for the tenant, may say: `x-tollgate-principal` and whatever comes after it. */
const OURS = 'x-tollgate-';
/** But that it wants the answer of no other model, or is to be told its cost, is the caller's own to say, and gives it nothing. */
const WISHES: ReadonlySet<string> = new Set(['x-tollgate-fallback', 'x-tollgate-usage']);

const NOT_FROM_CALLER: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...CLAIMS, 'host', 'via']);
const NOT_FROM_GATEWAY: ReadonlySet<string> = new Set(HOP_BY_HOP);

/** Whether anything of the headers goes no further: `Via` names us (RFC 9110 section 7.6.3). */
export const PSEUDONYM = 'tollgate-sidecar';

/** Names and values in turn, as Node has them, without those of one connection and those that a caller may not say. */
export const fromCaller = (raw: readonly string[]): string[] =>
  without(raw, (name) => NOT_FROM_CALLER.has(name) || (name.startsWith(OURS) && !WISHES.has(name)));

export const fromGateway = (raw: readonly string[]): string[] => without(raw, (name) => NOT_FROM_GATEWAY.has(name));

function without(raw: readonly string[], isDropped: (name: string) => boolean): string[] {
  const kept: string[] = [];
  let named: Set<string> | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [line = '', value = ''] = [raw[i], raw[i + 1]];
    const name = line.toLowerCase();
    if (name === 'connection' && !KEEPS.test(value))
      named = new Set([...(named ?? []), ...value.toLowerCase().split(/[\s,]+/)]);
    // `:path` and its like are HTTP/2's.
    if (!isDropped(name) && !name.startsWith(':')) kept.push(line, value);
  }
  if (named === undefined) return kept;
  // What frames the body cannot be of one connection, whoever says so.
  named.delete('content-length');
  return kept.filter((_, i) => !named.has(kept[i - (i % 2)]?.toLowerCase() ?? ''));
}

/** What nearly every request says. */
const KEEPS = /^\s*(?:keep-alive|close)\s*$/i;

/** A signature in the query: `X-Amz-Signature` and those beside it. */
const SIGNED_PART =
  /^x-amz-(?:algorithm|credential|date|expires|signedheaders|signature|security-token|region-set)(?:=|$)/i;

/** @returns the target as it came, without a signature in its query */
export function unsigned(target: string): string {
  const mark = target.indexOf('?');
  if (mark < 0 || !/x-amz-/i.test(target)) return target;
  const parts = target
    .slice(mark + 1)
    .split('&')
    .filter((part) => !SIGNED_PART.test(part));
  return target.slice(0, mark) + (parts.length === 0 ? '' : `?${parts.join('&')}`);
}
