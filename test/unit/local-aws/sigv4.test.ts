import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from 'vitest';
import { parseAuthorization, type Signed, verify } from '../../../local/aws/sigv4.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const NOW = Date.parse('2026-11-21T09:00:00Z');

class Sha256 {
  private readonly hash;
  constructor(secret?: string | Uint8Array | ArrayBuffer) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(secret as Uint8Array));
  }
  update(data: string | Uint8Array): void {
    this.hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {}
}

interface Input {
  service?: string;
  method?: string;
  path?: string;
  query?: Record<string, string | string[]>;
  body?: string;
  headers?: Record<string, string>;
}

/** Signed by another implementation: the SDK's own. */
async function signed({
  service = 'bedrock',
  method = 'POST',
  path = '/',
  query = {},
  body = '',
  headers = {},
}: Input) {
  const signer = new SignatureV4({
    service,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET },
    sha256: Sha256 as never,
    uriEscapePath: service !== 's3',
  });
  const request = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '127.0.0.1',
      path,
      query,
      body,
      headers: { host: '127.0.0.1:8789', ...headers },
    },
    { signingDate: new Date(NOW) },
  );
  const wire = Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`))
    .join('&');
  const lower = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method, path, query: wire, headers: lower, body: Buffer.from(body) };
}

function check(request: Signed, { secret = SECRET, now = NOW } = {}): string | null {
  const auth = parseAuthorization(request.headers.authorization);
  return auth === null ? 'unreadable' : verify(auth, request, secret, now);
}

const GOOD: [string, Input][] = [
  ['a JSON body', { body: '{"a":1}', headers: { 'content-type': 'application/json' } }],
  [
    'an ARN in the path, encoded once on the wire',
    { path: '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fx/converse' },
  ],
  [
    'a query out of order, with a repeated name and empty values',
    { method: 'GET', query: { b: ['2', '1'], a: '', 'c d': 'é*' } },
  ],
  ['an S3 key with spaces and plus signs', { service: 's3', method: 'GET', path: '/bucket/a%20b%2Bc%281%29' }],
  [
    'an unsigned payload to S3',
    { service: 's3', method: 'PUT', path: '/b/k', body: 'x', headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
  ],
  ['header values with inner and outer spaces', { headers: { 'x-amz-meta-a': '  b   c ' } }],
];

describe('a signature', () => {
  test.each(GOOD)('over %s is accepted', async (_name, input) => {
    expect(check(await signed(input))).toBeNull();
  });

  test('is refused under another secret', async () => {
    expect(check(await signed({}), { secret: `${SECRET}x` })).toBe('bad-signature');
  });

  test.each<[string, (request: Signed) => Signed]>([
    ['another body', (r) => ({ ...r, body: Buffer.from('{"a":2}') })],
    [
      'another body with the hash it claims',
      (r) => ({
        ...r,
        body: Buffer.from('x'),
        headers: { ...r.headers, 'x-amz-content-sha256': createHash('sha256').update('x').digest('hex') },
      }),
    ],
    ['another path', (r) => ({ ...r, path: '/model/other/converse' })],
    ['a query added', (r) => ({ ...r, query: 'x=1' })],
    ['another method', (r) => ({ ...r, method: 'PUT' })],
    ['another host', (r) => ({ ...r, headers: { ...r.headers, host: 'evil' } })],
    ['an x-amz header added', (r) => ({ ...r, headers: { ...r.headers, 'x-amz-security-token': 't' } })],
    ['no date', (r) => ({ ...r, headers: { ...r.headers, 'x-amz-date': '' } })],
    [
      'a date of another day than its scope',
      (r) => ({ ...r, headers: { ...r.headers, 'x-amz-date': '20261122T090000Z' } }),
    ],
    [
      'an unsigned payload to a service other than S3',
      (r) => ({ ...r, headers: { ...r.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    ],
  ])('does not cover %s', async (_name, change) => {
    const request = await signed({ path: '/model/a/converse', body: '{"a":1}' });
    expect(check(request)).toBeNull();
    expect(check(change(request))).toBe('bad-signature');
  });

  test('is good for five minutes in either direction', async () => {
    const request = await signed({});
    expect(check(request, { now: NOW + 300_000 })).toBeNull();
    expect(check(request, { now: NOW - 300_000 })).toBeNull();
    expect(check(request, { now: NOW + 300_001 })).toBe('skewed');
    expect(check(request, { now: NOW - 300_001 })).toBe('skewed');
  });

  test.each([
    undefined,
    '',
    'Bearer x',
    'AWS4-HMAC-SHA256 Credential=a/b/c',
    'AWS4-HMAC-SHA512 Credential=a/20261121/r/s/aws4_request, SignedHeaders=host, Signature=00',
  ])('is not read from %j', (header) => expect(parseAuthorization(header)).toBeNull());
});
