import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Issuer, startIssuer } from '../many.ts';
import { inaccessible } from './axe.ts';
import { fill } from './hostile.ts';
import { NARROW, type Seen, WIDE } from './seen.ts';
import type { Person } from './sign-in.ts';
import { World } from './world.ts';

const VIEWS = readdirSync(fileURLToPath(new URL('../../../console/views', import.meta.url)));

/** Each view as somebody sees it who may do everything, and a tenant's own as its administrator does, who has calls, keys and grants. */
const SEEN: [Person, string][] = [
  ...VIEWS.map((view): [Person, string] => ['Olga', view]),
  ...['playground', 'models', 'usage', 'budgets', 'keys', 'requests'].map((view): [Person, string] => ['Tom', view]),
];

let issuer: Issuer;
let world: World | undefined;
const pages = new Map<Person, Seen>();

beforeAll(async () => {
  issuer = await startIssuer();
  world = await World.start({ TOLLGATE_ISSUERS: JSON.stringify([issuer.settings]) });
  if (world !== undefined) await fill(world.stack, issuer);
});
afterAll(async () => {
  issuer.close();
  await world?.remove();
});

/** Until all that was asked for is there. */
async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.locator('main .loading').count()).toBe(0);
}

/** The view, then each of its tabs, then the first entry that it leads to, and each tab of that. @returns what each is called */
async function* placesOf(page: Page, view: string): AsyncGenerator<string> {
  await page.evaluate(`location.hash = '#/${view}'`);
  await page.locator(`nav a[href="#/${view}"][aria-current="page"]`).waitFor({ state: 'attached' });
  await settled(page);
  yield* tabsOf(page, view);
  const entry = page.locator(`main a[href^="#/${view}/"]`).first();
  if ((await entry.count()) === 0) return;
  await page.evaluate(`location.hash = ${JSON.stringify(await entry.getAttribute('href'))}`);
  await entry.waitFor({ state: 'detached' }).catch(() => undefined);
  await settled(page);
  yield* tabsOf(page, `${view}/…`);
}

async function* tabsOf(page: Page, place: string): AsyncGenerator<string> {
  yield place;
  const tabs = page.locator('main [role="tab"]');
  for (let i = 1; i < (await tabs.count()); i++) {
    await tabs.nth(i).click();
    await settled(page);
    yield `${place} ${await tabs.nth(i).textContent()}`;
  }
}

const WIDTHS = { wide: WIDE, narrow: NARROW };
type Look = [keyof typeof WIDTHS, 'light' | 'dark'];

/** A layout hangs on the width and colours on the scheme: the parts of a page are looked at in either of both, the page itself in all four. */
const DIAGONAL: Look[] = [
  ['wide', 'light'],
  ['narrow', 'dark'],
];
const EVERY: Look[] = [...DIAGONAL, ['narrow', 'light'], ['wide', 'dark']];

/** All that is wrong with what is shown. */
async function wrongWith(seen: Seen, looks: readonly Look[]): Promise<string[]> {
  const { page } = seen;
  const wrong: string[] = [];
  for (const [width, colorScheme] of looks) {
    await page.setViewportSize(WIDTHS[width]);
    await page.emulateMedia({ colorScheme });
    wrong.push(...(await inaccessible(page)).map((one) => `${width}, ${colorScheme}: ${one}`));
    const sideways = await seen.sideways();
    if (sideways > 0) wrong.push(`${width}: ${sideways} px to the side`);
  }
  // Markup in a name is text: the test's own image would be there, and what it does if it cannot be read.
  if (await page.evaluate<boolean>('document.title === "run" || document.querySelector("img[src=x]") !== null'))
    wrong.push('a name is markup');
  return wrong;
}

describe('every page, with entries that are called as badly as may be', () => {
  for (const [person, view] of SEEN) {
    test(`${view}, as ${person} sees it, fits, is accessible, and breaks nothing`, { timeout: 60_000 }, async ({
      skip,
    }) => {
      if (world === undefined) return skip('no browser starts');
      const seen = pages.get(person) ?? (await world.as(person));
      pages.set(person, seen);
      const wrong: Record<string, string[]> = {};
      for await (const place of placesOf(seen.page, view)) {
        const found = [...(await wrongWith(seen, place === view ? EVERY : DIAGONAL)), ...(await seen.faults())];
        if (found.length > 0) wrong[place] = found;
      }
      expect(wrong).toEqual({});
    });
  }
});
