import type { Page } from 'playwright-core';

/** Whom the demo's provider lets in, as its page names them. */
export type Person = 'Ann' | 'Tom' | 'Bea' | 'Olga' | 'Aki' | 'Flo' | 'Sam';

/**
 * As a person does it: through the provider's own page.
 *
 * @param at the hash to come back to, e.g. `#/keys`
 * @returns when the console knows who it is
 */
export async function signIn(page: Page, gateway: string, person: Person, at = ''): Promise<void> {
  await page.goto(`${gateway}/console/${at}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: new RegExp(`^${person}\\b`) }).click();
  await page.waitForURL(`${gateway}/console/**`);
  // The pages that one may see, or that one has no access.
  await page.locator('nav, h1').first().waitFor({ state: 'attached' });
}
