import { TollgateError } from '../../contract/errors.ts';
import { PATH_MAX_CHARS } from '../../contract/limits/invoke.ts';

/**
 * A request path as two readers cannot differ on it. A URL parser removes `..` and `%2e%2e`, turns `\` into `/` and cuts
 * at `#`, so a path that the authorizer's policy read as one route could be served as another. Nothing is normalised
 * here: what would change is refused.
 */

// RFC 3986 section 2.3: letters, digits, `-`, `.`, `_` and `~` are never encoded by a well-meaning producer. Refusing
// them encoded takes `%2e%2e` and `%61dmin` off the table without a list of tricks.
const ENCODED_UNRESERVED = /%(?:2[de]|3\d|[46][1-9a-f]|[57][0-9a]|5f|7e)/i;

// `;` begins matrix parameters for some readers; `?`, `#` and `\` end or split a path; `%` is a second encoding.
const FORBIDDEN = /[\\;?#%]|[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/**
 * @param raw the path as API Gateway passes it, percent-encoded or already decoded once
 * @returns the same path with each segment encoded in exactly one way, for a router that compares and decodes segments.
 *   An ARN is one segment, also when it arrived decoded, with its one `/`
 * @throws TollgateError `not_found` with reason trailing-slash; `invalid_request` with reason path-missing | path-too-long | empty-segment | dot-segment |
 *   encoded-unreserved | bad-escape | forbidden-character
 */
export function canonicalPath(raw: unknown): string {
  if (typeof raw !== 'string' || !raw.startsWith('/')) throw refused('path-missing');
  if (raw.length > PATH_MAX_CHARS)
    throw refused('path-too-long', `The path is longer than ${PATH_MAX_CHARS} characters.`);
  if (raw === '/') return raw;
  if (raw.endsWith('/'))
    throw new TollgateError('not_found', {
      reason: 'trailing-slash',
      message: 'There is no such path; no path here ends with a slash.',
    });
  const segments = raw.slice(1).split('/').map(decodeSegment);
  return `/${joinArn(segments).map(encodeURIComponent).join('/')}`;
}

function refused(reason: string, message = 'The path is malformed.'): TollgateError {
  return new TollgateError('invalid_request', { field: 'path', reason, message });
}

function decodeSegment(segment: string): string {
  if (ENCODED_UNRESERVED.test(segment)) throw refused('encoded-unreserved');
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    throw refused('bad-escape');
  }
  if (FORBIDDEN.test(decoded)) throw refused('forbidden-character');
  for (const part of decoded.split('/')) {
    if (part === '') throw refused('empty-segment');
    if (part === '.' || part === '..') throw refused('dot-segment');
  }
  return decoded;
}

/** Where an ARN may stand: the segments before it, and how many there are with it decoded. */
const ARNS: readonly [before: readonly string[], length: number][] = [
  [['model'], 4],
  [['v1', 'models'], 4],
  [['guardrail'], 6],
  [['foundation-models'], 3],
  [['inference-profiles'], 3],
];

function joinArn(segments: string[]): string[] {
  const known = ARNS.find(
    ([before, length]) => segments.length === length && before.every((name, i) => segments[i] === name),
  );
  const at = known?.[0].length ?? 0;
  if (known === undefined || !segments[at]?.startsWith('arn:')) return segments;
  return segments.toSpliced(at, 2, `${segments[at]}/${segments[at + 1]}`);
}
