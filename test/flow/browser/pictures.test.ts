import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NARROW, type Seen } from './seen.ts';
import type { Person } from './sign-in.ts';
import { World } from './world.ts';

/** The pictures of docs/console.md: `TOLLGATE_SCREENSHOTS=docs/console npx vitest run test/flow/browser/pictures.test.ts`. */
const FOLDER = process.env.TOLLGATE_SCREENSHOTS;

let world: World | undefined;

describe.runIf(FOLDER !== undefined)('pictures', () => {
  beforeAll(async () => {
    mkdirSync(FOLDER ?? '', { recursive: true });
    world = await World.start();
    if (world !== undefined) await live(world);
  });
  afterAll(() => world?.remove());

  test.for<[string, Person, string, Look?]>([
    ['playground', 'Ann', 'playground?model=claude-sonnet-4-5', { do: compare }],
    ['playground-phone', 'Ann', 'playground?model=nova-lite', { do: say, phone: true, dark: true }],
    ['usage', 'Tom', 'usage'],
    ['grants', 'Olga', 'tenants?tab=matrix'],
    ['end-of-a-model', 'Olga', 'registry-models/nova-lite', { do: end }],
    ['conflict', 'Olga', 'tenants/acme', { do: conflict }],
    ['money', 'Flo', 'money', { dark: true }],
    ['review', 'Aki', 'review'],
  ])('%s', async ([name, person, place, look = {}], { skip }) => {
    if (world === undefined) return skip('no browser starts');
    const seen = await world.as(person, `#/${place}`);
    const { page } = seen;
    await page.emulateMedia({ colorScheme: look.dark ? 'dark' : 'light' });
    await page.setViewportSize(look.phone ? NARROW : { width: 1200, height: 760 });
    await page.locator('main h1').waitFor();
    await expect.poll(() => page.locator('main .loading').count()).toBe(0);
    await look.do?.(seen, world);
    await expect.poll(() => page.locator('.loading').count()).toBe(0);
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path: join(FOLDER ?? '', `${name}.png`) });
    await seen.close();
  });
});

interface Look {
  phone?: boolean;
  dark?: boolean;
  do?(seen: Seen, world: World): Promise<void>;
}

const QUESTION = 'What is a toll gate? Answer in a sentence.';

async function say({ page }: Seen): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(QUESTION);
  await page.keyboard.press('Enter');
  await page.getByText('Cost').first().waitFor();
}

async function compare(seen: Seen): Promise<void> {
  await seen.page.getByRole('button', { name: 'Compare' }).click();
  await say(seen);
  await expect.poll(() => seen.page.getByText('Cost').count()).toBe(2);
}

async function end({ page }: Seen): Promise<void> {
  await page.getByRole('button', { name: 'Deprecate' }).click();
  await page.getByRole('dialog').getByText('globex').first().waitFor();
}

async function conflict({ page }: Seen, its: World): Promise<void> {
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await its.admin('PATCH', 'tenants/acme', { costCenter: 'CC-310', owners: ['Bea Baker'] });
  await page.getByRole('dialog').getByLabel('Cost centre').fill('CC-205');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Somebody else changed this meanwhile' }).waitFor();
}

/** Calls, keys, budgets and a request for access, as of a morning. */
async function live(its: World): Promise<void> {
  const { stack } = its;
  await its.admin('PATCH', 'tenants/acme', { owners: ['Ann Archer'], contacts: ['ann@acme.example'] });
  const month = { per: 'tenant', period: 'month', unit: 'usd', enforcement: 'hard' };
  await its.admin('PUT', 'budgets/acme/monthly', { ...month, limit: '2' });
  await its.admin('PUT', 'budgets/globex/monthly', { ...month, limit: '0.05' });
  for (const [tenant, calls] of Object.entries({ acme: 24, globex: 10 })) {
    const token = await stack.token(`${tenant}-app`);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const post = (path: string, body: object) =>
      fetch(stack.gateway + path, { method: 'POST', headers, body: JSON.stringify(body) }).then((one) => one.text());
    const models = tenant === 'acme' ? ['nova-lite', 'claude-sonnet-4-5', 'claude-v2'] : ['nova-lite', 'llama-3-3-70b'];
    for (let i = 0; i < calls; i++) {
      const content = 'A morning’s question. '.repeat(1 + ((i * 7) % 11));
      await post('/v1/chat/completions', { model: models[i % models.length], messages: [{ role: 'user', content }] });
    }
    if (tenant === 'acme') {
      await post('/admin/access-requests', { model: 'llama-3-3-70b', why: 'For the summaries of the quarter.' });
    }
  }
  const ann = { tenant: 'acme', owner: 'ann' };
  await its.admin('POST', 'keys', { ...ann, name: 'nightly-report', models: ['nova-lite'] });
  await its.admin('POST', 'keys', { ...ann, name: 'notebook', budget: { limit: '5', unit: 'usd', period: 'month' } });
  expect((await stack.cli('meter', 'run')).code).toBe(0);
}
