import { createHash } from 'node:crypto';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signed } from '../../../aws/sigv4.ts';
import { canonicalQuery } from '../../../invoke/surfaces/resources/query.ts';
import cases from '../../cases/sigv4.json' with { type: 'json' };

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const SCOPE = { service: 'service', region: 'us-east-1' };
const NOW = Date.UTC(2015, 7, 30, 12, 36, 0);

describe('AWS’s published vectors of Signature Version 4', () => {
  test.each(cases)('$name', ({ method, path = '/', query, headers = {}, body = '', sessionToken, signature }) => {
    const given = { method, host: 'example.amazonaws.com', path, headers: headers as Record<string, string>, body };
    const request = query === undefined ? given : { ...given, query: canonicalQuery(query as [string, string][]) };
    const { authorization } = signed(request, SCOPE, { ...CREDENTIALS, sessionToken }, NOW);
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/service\/aws4_request, /,
    );
    expect(authorization?.split('Signature=')[1]).toBe(signature);
  });
});

/** What the SDK's signer asks of a hash. */
class Sha256 {
  readonly #secret: string | Uint8Array | undefined;
  #parts: Buffer[] = [];

  constructor(secret?: string | Uint8Array) {
    this.#secret = secret;
  }
  update(data: Uint8Array | string): void {
    this.#parts.push(Buffer.from(data as Uint8Array));
  }
  async digest(): Promise<Uint8Array> {
    const { createHmac } = await import('node:crypto');
    const hash = this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
    return hash.update(Buffer.concat(this.#parts)).digest();
  }
  reset(): void {
    this.#parts = [];
  }
}

const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
const name = fc.oneof(fc.constantFrom('memoryId', 'memory-id', 'memory'), fc.stringMatching(/^[ -~]{1,8}$/));
const REQUEST = fc.record({
  model: fc.oneof(
    fc.string({ maxLength: 60 }).filter((text) => text.isWellFormed() && text !== ''),
    fc.constantFrom('us.anthropic.claude:0', 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/x', "a'(b)*!~"),
  ),
  headers: fc.dictionary(fc.stringMatching(/^x-[a-z][a-z-]{0,20}$/), value, { maxKeys: 4 }),
  body: fc.uint8Array({ maxLength: 500 }),
  region: fc.constantFrom('us-east-1', 'eu-central-2', 'us-gov-west-1'),
  service: fc.constantFrom('bedrock', 'sagemaker', 'events'),
  secretAccessKey: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' }),
  sessionToken: fc.option(fc.base64String({ minLength: 4, maxLength: 400 }), { nil: undefined }),
  query: fc.uniqueArray(
    fc.tuple(
      name,
      fc.string({ maxLength: 20 }).filter((text) => text.isWellFormed()),
    ),
    {
      ...{ maxLength: 4, selector: ([one]) => one },
    },
  ),
  now: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

test('signs any request as the SDK’s own signer does', async () => {
  await fc.assert(
    fc.asyncProperty(REQUEST, async ({ model, headers, body, region, service, now, query, ...keys }) => {
      const segment = encodeURIComponent(model).replace(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      );
      const path = `/model/${segment}/converse`;
      const credentials = { accessKeyId: 'ASIAEXAMPLE', ...keys };
      const given = { ...headers, 'content-type': 'application/json' };
      const ours = signed(
        { method: 'POST', host: 'h.example:81', path, query: canonicalQuery(query), headers: given, body },
        { service, region },
        credentials,
        now,
      );
      const signer = new SignatureV4({
        service,
        region,
        credentials: credentials as never,
        sha256: Sha256 as never,
        applyChecksum: false,
      });
      const request = new HttpRequest({
        method: 'POST',
        protocol: 'http:',
        hostname: 'h.example',
        port: 81,
        path,
        query: Object.fromEntries(query),
        headers: { ...given, host: 'h.example:81' },
        body,
      });
      const theirs = await signer.sign(request, { signingDate: new Date(now) });
      expect(ours.authorization).toBe(theirs.headers.authorization);
    }),
    { numRuns: 500 },
  );
});

test('a key is kept for its own credentials, day, region and service alone', () => {
  const request = { method: 'POST', host: 'h.example', path: '/', headers: {}, body: '' };
  const of = (credentials: typeof CREDENTIALS, scope = SCOPE, now = NOW): string | undefined =>
    signed(request, scope, credentials, now).authorization;
  const same = { ...CREDENTIALS };
  const first = of(same);
  const others = [
    of({ ...same, secretAccessKey: 'another' }),
    of(same, { ...SCOPE, region: 'us-west-2' }),
    of(same, { ...SCOPE, service: 'other' }),
    of(same, SCOPE, NOW + 86_400_000),
  ];
  expect(new Set([first, ...others]).size).toBe(5);
  for (let day = 2; day < 20; day++) of(same, SCOPE, NOW + day * 86_400_000);
  expect(of(same)).toBe(first);
});
