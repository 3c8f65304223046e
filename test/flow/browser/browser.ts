import type { Browser } from 'playwright-core';
import { chromium } from './chromium.ts';

/**
 * A browser that reaches this machine alone, with a new profile.
 *
 * @returns undefined where none starts, after a line that says so; never in CI. Whoever called it closes it
 * @throws Error in CI, where its absence would mean that nobody looked at the page
 */
export async function startBrowser(): Promise<Browser | undefined> {
  try {
    const [{ chromium: playwright }, { path, env }] = await Promise.all([import('playwright-core'), chromium()]);
    return await playwright.launch({
      executablePath: path,
      env,
      // It sees pages of our own alone, and starts as root, too.
      chromiumSandbox: false,
      args: ['--disable-gpu', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(`no browser starts: ${why}`);
    process.stderr.write(`\nNOT LOOKED AT: no browser starts here, so the console was not tried in one: ${why}\n\n`);
    return undefined;
  }
}
