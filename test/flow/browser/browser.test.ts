import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inaccessible } from './axe.ts';
import { startBrowser } from './browser.ts';
import { NARROW, Seen } from './seen.ts';

/** A page under a policy as strict as the console's, with one fault or none. */
const page = (content: string): string =>
  `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title><link rel="icon" href="/icon.png">
<main><h1>A page</h1>${content}</main></html>`;

const script = (code: string) => ({ content: '<script src="/script.js"></script>', code });

/** What is wrong with a page, and what is said of it. */
const FAULTS: [string, { content: string; code?: string }, RegExp][] = [
  ['an error in its console', script('console.error("it broke")'), /^console: it broke/],
  ['an error that nobody caught', script('throw new Error("it broke")'), /^thrown: it broke/],
  ['a promise whose refusal nobody caught', script('Promise.reject(new Error("late"))'), /^thrown: late/],
  ['a file that is not there', { content: '<img src="/none.png" alt="">' }, /^console: .*404.*none\.png/],
  ['a style in an attribute', { content: '<p style="color: red">red</p>' }, /^policy: style-src-attr inline/],
  ['a script in the page', { content: '<script>1</script>' }, /^policy: script-src-elem inline/],
  ['HTML from text', script('document.body.innerHTML = "<b>1</b>"'), /^policy: require-trusted-types-for/],
  ['code from text', script('setTimeout("1")'), /^policy: require-trusted-types-for/],
  ['an answer from elsewhere', script('fetch("https://example.com/").catch(() => 0)'), /^policy: connect-src https/],
  ['a link followed to elsewhere', script('location = "https://example.com/"'), /^elsewhere: https:\/\/example\.com/],
];

describe('what looks at the console', () => {
  let browser: Browser | undefined;
  let seen: Seen | undefined;
  let server: Server;
  let origin: string;
  let served: { content: string; code?: string };

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.setHeader(
        'content-security-policy',
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; require-trusted-types-for 'script'",
      );
      const [type, body] = {
        '/': ['text/html', page(served.content)],
        '/script.js': ['text/javascript', served.code],
        '/icon.png': ['image/png', ''],
      }[request.url ?? ''] ?? [undefined, undefined];
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await startBrowser();
    if (browser !== undefined) seen = await Seen.open(browser, [origin]);
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  /** In a browser, or not at all; all on one page, which is what takes its time. */
  const inBrowser = (name: string, run: (seen: Seen) => Promise<void>) =>
    test(name, async ({ skip }) => (seen === undefined ? skip('no browser starts') : run(seen)));

  const look = async ({ page }: Seen, what: typeof served): Promise<void> => {
    served = what;
    await page.goto(origin).catch(() => undefined);
  };

  for (const [name, what, said] of FAULTS) {
    inBrowser(`tells ${name}`, async (its) => {
      await look(its, what);
      await expect.poll(() => its.faults().catch(() => [])).toContainEqual(expect.stringMatching(said));
    });
  }

  inBrowser('finds nothing in a page that is well, and tells each fault once', async (its) => {
    await its.faults();
    await look(its, { content: '<button type="button">Save</button>' });
    expect(await inaccessible(its.page)).toEqual([]);
    expect(await its.faults()).toEqual([]);
    await its.page.evaluate('console.error("one"), console.error("two")');
    expect(await its.faults(/one/)).toEqual([expect.stringContaining('two')]);
    expect(await its.faults()).toEqual([]);
  });

  inBrowser('tells what axe finds, what does not fit on a phone and what stays in storage', async (its) => {
    const wide = '<img src="/icon.png"><p><code>'.concat('x'.repeat(300), '</code></p>');
    await its.page.setViewportSize(NARROW);
    await look(its, { content: wide });
    expect(await inaccessible(its.page)).toEqual([expect.stringMatching(/^image-alt: img: /)]);
    expect(await its.sideways()).toBeGreaterThan(100);
    expect(await its.stored()).toEqual([]);
    await its.page.evaluate('localStorage.setItem("token", "1")');
    expect(await its.stored()).toEqual(['token']);
  });
});
