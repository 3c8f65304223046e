import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { PageFile } from '../../../pages/files.ts';
import { createPages, isConsole, type PageRequest } from '../../../pages/serve.ts';

const file = (text: string): PageFile => ({ body: Buffer.from(text), gzip: gzipSync(text) });
const files = new Map([
  ['index.html', file('<!doctype html>')],
  ['assets/main-ABC.js', file('start()')],
]);
const settings = { issuer: 'https://login.example.com/pool', clientId: 'c1', origins: ['https://auth.example.com'] };
const serve = createPages({ settings, admin: true, stage: 'prod', files: async () => files });

const ask = (path: string, more: Partial<PageRequest> = {}) =>
  serve({ method: 'GET', path, search: '', acceptEncoding: undefined, ...more });
const text = ({ body }: { body: Uint8Array }): string => Buffer.from(body).toString();

describe('the console', () => {
  test.each([
    ['/console', true],
    ['/console/', true],
    ['/console/assets/x.js', true],
    ['/consoles', false],
    ['/v1/console', false],
  ])('at %s: %s', (path, yes) => expect(isConsole(path)).toBe(yes));

  test('is led to below any base path, with what an issuer said behind it', async () => {
    const { status, headers } = await ask('/console', { search: '?code=1&state=2' });
    expect([status, headers.location]).toEqual([307, 'console/?code=1&state=2']);
    expect(headers['cache-control']).toBe('no-store');
  });

  test('is a document that is asked for again each time, and files that are kept for ever', async () => {
    const document = await ask('/console/');
    expect([document.status, text(document)]).toEqual([200, '<!doctype html>']);
    expect(document.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    const script = await ask('/console/assets/main-ABC.js');
    expect([script.status, text(script)]).toEqual([200, 'start()']);
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  test('is told who signs people in, and nothing that it does not need', async () => {
    expect(JSON.parse(text(await ask('/console/config.json')))).toEqual({
      ...{ issuer: settings.issuer, clientId: 'c1', admin: true, stage: 'prod' },
    });
  });

  test('may ask the gateway and the issuer, run what is served here, and be in nobody’s frame', async () => {
    for (const path of ['/console/', '/console/assets/main-ABC.js', '/console/none']) {
      const { headers } = await ask(path);
      const policy = (headers['content-security-policy'] ?? '').split('; ');
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self' https://login.example.com https://auth.example.com",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    }
  });

  test.each([
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip; q=0.0, br', false],
    ['identity', false],
    ['xgzip', false],
    [undefined, false],
  ])('for who takes %s is zipped: %s', async (acceptEncoding, zipped) => {
    const { headers, body } = await ask('/console/', { acceptEncoding });
    expect(headers['content-encoding']).toBe(zipped ? 'gzip' : undefined);
    expect(headers.vary).toBe('accept-encoding');
    expect(Buffer.from(zipped ? gunzipSync(body) : body).toString()).toBe('<!doctype html>');
  });

  test('has its head without its body, and can only be read', async () => {
    const { status, headers, body } = await ask('/console/', { method: 'HEAD' });
    expect([status, headers['content-type'], body.length]).toEqual([200, 'text/html; charset=utf-8', 0]);
    const post = await ask('/console/', { method: 'POST' });
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test.each(['assets/', 'assets/none.js', '../package.json', 'assets/../index.html', '%69ndex.html', 'index.html/'])(
    'has nothing at %s',
    async (name) => expect((await ask(`/console/${name}`)).status).toBe(404),
  );
});
