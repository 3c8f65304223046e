import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bundleOf } from '../../infra/bundling.ts';
import { buildConsole } from '../../pages/build.ts';
import type { PageEvent, PageEventAnswer } from '../../pages/event.ts';
import { FOLDER } from '../../pages/files.ts';
import { writeFiles } from '../../pages/folder.ts';

describe('the console’s function, as it is deployed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-pages-'));
  let handler: (event: PageEvent) => Promise<PageEventAnswer>;

  beforeAll(async () => {
    await build({ ...bundleOf('pages'), outdir: folder });
    writeFiles(await buildConsole(), join(folder, FOLDER));
    vi.stubEnv('TOLLGATE_CONSOLE', '{"issuer":"https://login.example.com","clientId":"c1"}');
    vi.stubEnv('TOLLGATE_ADMIN', 'true');
    vi.stubEnv('TOLLGATE_STAGE', 'dev');
    ({ handler } = await import(/* @vite-ignore */ join(folder, 'index.mjs')));
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const ask = async (event: PageEvent) => {
    const { statusCode, headers, body, isBase64Encoded } = await handler({ httpMethod: 'GET', ...event });
    expect(isBase64Encoded).toBe(true);
    return { statusCode, headers, bytes: Buffer.from(body, 'base64') };
  };

  test('leads to the page below whatever is before it, with what the issuer said', async () => {
    const query = { multiValueQueryStringParameters: { code: ['a b'], state: ['1'] } };
    const { statusCode, headers } = await ask({ path: '/ai/console', ...query });
    expect([statusCode, headers.location]).toEqual([307, 'console/?code=a+b&state=1']);
  });

  test('serves the page and what it loads, zipped for who takes that', async () => {
    const page = await ask({ path: '/ai/console/', headers: { 'Accept-Encoding': 'gzip, br' } });
    expect([page.statusCode, page.headers['content-encoding']]).toEqual([200, 'gzip']);
    const [script = ''] = /assets\/main-\w+\.js/.exec(gunzipSync(page.bytes).toString()) ?? [];
    const loaded = await ask({ path: `/console/${script}`, pathParameters: { proxy: script } });
    expect([loaded.statusCode, loaded.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect(loaded.bytes.length).toBeGreaterThan(0);
  });

  test('says who signs people in', async () => {
    const { bytes } = await ask({ path: '/console/config.json', pathParameters: { proxy: 'config.json' } });
    expect(JSON.parse(bytes.toString())).toEqual({
      ...{ issuer: 'https://login.example.com', clientId: 'c1', admin: true, stage: 'dev' },
    });
  });

  test.each([
    ['what is not there', { pathParameters: { proxy: 'none.js' } }, 404],
    ['what is beside it', { pathParameters: { proxy: '../index.mjs' } }, 404],
    ['an event of somebody’s own making', { httpMethod: 7, path: null, pathParameters: null, headers: null }, 405],
  ])('gives nothing of %s', async (_, event, status) => {
    expect((await ask(event)).statusCode).toBe(status);
  });
});
