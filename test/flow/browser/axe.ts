import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The part that is read of its findings. */
interface Finding {
  id: string;
  help: string;
  nodes: { target: string[] }[];
}

/**
 * All that axe knows to be wrong for people who use a keyboard or a screen reader, or see contrast badly.
 *
 * @returns a line for each element at fault: the rule's id, the element's selector, what is wrong
 */
export async function inaccessible(page: Page): Promise<string[]> {
  if (await page.evaluate<boolean>('typeof axe === "undefined"')) await page.evaluate(source);
  const { violations } = await page.evaluate<{ violations: Finding[] }>('axe.run({ resultTypes: ["violations"] })');
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}: ${help}`));
}
