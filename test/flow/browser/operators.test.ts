import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inaccessible } from './axe.ts';
import { World } from './world.ts';

let world: World | undefined;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world?.remove());

/** In a browser, or not at all. */
const inBrowser = (name: string, run: (world: World) => Promise<void>) =>
  test(name, { timeout: 60_000 }, async ({ skip }) => (world === undefined ? skip('no browser starts') : run(world)));

describe('an operator', () => {
  inBrowser('onboards a tenant and grants it more, and who had no access has it', async (its) => {
    const sam = await its.as('Sam');
    await sam.page.getByRole('heading', { name: 'You have no access yet' }).waitFor();
    const seen = await its.as('Olga', '#/tenants');
    const { page } = seen;
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Onboard a tenant' }).click();
    await dialog.getByLabel('Id').fill('stranger');
    await dialog.getByLabel('Cost centre').fill('CC-7');
    await dialog.getByLabel('USD a month, at most').fill('25');
    await dialog.getByLabel('nova-lite').check();
    expect(await inaccessible(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Onboard' }).click();
    await page.getByText('stranger is onboarded.').waitFor();

    await page.evaluate("location.hash = '#/tenants/stranger?tab=grants'");
    await page.getByRole('button', { name: 'Grant llama-3-3-70b' }).click();
    await dialog.getByLabel('Tokens of an answer').fill('200');
    expect(await inaccessible(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Grant', exact: true }).click();
    await page.getByRole('button', { name: 'Change the grant of llama-3-3-70b' }).waitFor();
    expect(await its.admin('GET', 'grants/stranger/llama-3-3-70b')).toMatchObject({ maxTokens: 200 });
    expect(await its.admin('GET', 'budgets/stranger/monthly')).toMatchObject({ limit: '25', enforcement: 'hard' });

    await sam.page.getByRole('button', { name: 'Try again' }).click();
    await sam.page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await sam.page.getByRole('link', { name: 'Models' }).click();
    await sam.page.getByRole('main').getByText('llama-3-3-70b').first().waitFor();
    await its.leave(sam, /status of 403/);
    // Whether it is granted already is asked first.
    await its.leave(seen, /status of 404.*grants\/stranger/);
  });

  inBrowser('sees while another search is on its way that the rows are of the one before', async (its) => {
    const seen = await its.as('Olga', '#/tenants');
    const { page } = seen;
    const rows = (busy: boolean) => page.locator(`[aria-busy=${busy}]`).getByRole('rowheader');
    await rows(false).filter({ hasText: 'acme' }).waitFor();
    const sent = Promise.withResolvers<void>();
    await page.route(/\/admin\/tenants\?.*q=globex/, async (route) => {
      await sent.promise;
      await route.continue();
    });
    await page.getByRole('main').getByRole('searchbox').first().fill('globex');
    await rows(true).filter({ hasText: 'acme' }).waitFor();
    sent.resolve();
    await rows(false).filter({ hasText: 'globex' }).waitFor();
    expect(await rows(true).count()).toBe(0);
    expect(await rows(false).filter({ hasText: 'acme' }).count()).toBe(0);
    await its.leave(seen);
  });

  inBrowser('approves what somebody asked for, who then may call it', async (its) => {
    const ann = await its.as('Ann', '#/models');
    await ann.page.getByRole('tab', { name: 'Ask for more' }).click();
    await ann.page.getByRole('button', { name: 'Ask for it: llama-3-3-70b' }).click();
    await ann.page.getByRole('dialog').getByLabel('Why').fill('For the summaries of the quarter.');
    expect(await inaccessible(ann.page)).toEqual([]);
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Ask for it' }).click();
    await expect.poll(() => ann.page.getByRole('dialog').count()).toBe(0);

    const seen = await its.as('Olga', '#/access-requests');
    const { page } = seen;
    await page.getByText('For the summaries of the quarter.').waitFor();

    const { id } = await its.admin('POST', 'access-requests', { model: 'llama-3-3-70b', why: 'For a test.' });
    await page.reload();
    await page.getByRole('button', { name: /^Decline: .* of ops$/ }).click();
    await its.admin('POST', `access-requests/ops/${id}/decline`, {});
    await page.getByRole('dialog').getByRole('button', { name: 'Decline' }).click();
    await page.getByText('It cannot be made what you wanted any more.').waitFor();
    expect(await page.getByRole('button', { name: 'Save mine over it' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Take theirs' }).click();

    await page.getByRole('button', { name: /^Approve: .*llama-3-3-70b for ann/ }).click();
    await page.getByRole('dialog').getByLabel('Longest answer, in tokens').fill('300');
    expect(await inaccessible(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Grant it' }).click();
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    expect(await its.admin('GET', 'grants/acme/llama-3-3-70b')).toMatchObject({ principals: ['ann'], maxTokens: 300 });

    await ann.page.evaluate("location.hash = '#/playground?model=llama-3-3-70b'");
    await ann.page.getByRole('textbox', { name: 'Message' }).fill('Are you there?');
    await ann.page.keyboard.press('Enter');
    await ann.page.getByText('echo: Are you there?').waitFor();
    await its.leave(ann);
    // It was declined already.
    await its.leave(seen, /status of 4(09|12)/);
  });

  inBrowser('ends a model, told who would miss it, and goes back to what it was', async (its) => {
    const seen = await its.as('Olga', '#/registry-models/nova-lite');
    const { page } = seen;
    const dialog = page.getByRole('dialog');
    const told = Promise.withResolvers<void>();
    await page.route(/\/impact/, async (route) => {
      await told.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Deprecate' }).click();
    await dialog.getByLabel('Name').fill('nova-lite');
    await dialog.getByText('Asking who uses it').waitFor();
    expect(await dialog.getByRole('button', { name: 'Announce the end' }).isDisabled()).toBe(true);
    told.resolve();
    await dialog.getByText('globex').first().waitFor();
    await dialog.getByLabel('Name').fill('');
    await dialog.getByLabel('Stops answering on').fill('2099-01-31');
    await dialog.getByLabel('Successor').fill('claude-sonnet-4-5');
    const end = dialog.getByRole('button', { name: 'Announce the end' });
    expect(await end.isDisabled()).toBe(true);
    await dialog.getByLabel('Name').fill('nova-lite');
    expect(await inaccessible(page)).toEqual([]);
    await end.click();
    await page.getByText('nova-lite ends on 2099-01-31.').waitFor();
    const ended = { status: 'deprecated', sunsetAt: '2099-01-31T00:00:00Z', successor: 'claude-sonnet-4-5' };
    expect(await its.admin('GET', 'models/nova-lite')).toMatchObject({ lifecycle: ended, version: 2 });

    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByRole('button', { name: 'Go back to version 1' }).click();
    await dialog.getByText('lifecycle', { exact: false }).first().waitFor();
    await dialog.getByLabel('Name').fill('nova-lite');
    await dialog.getByRole('button', { name: 'Go back' }).click();
    await page.getByText('nova-lite is again what it was in version 1.').waitFor();
    expect(await its.admin('GET', 'models/nova-lite')).toMatchObject({ lifecycle: { status: 'active' }, version: 3 });
    await its.leave(seen);
  });

  inBrowser('whose edit came second is shown both, and takes theirs or saves over it', async (its) => {
    const seen = await its.as('Olga', '#/tenants/acme');
    const { page } = seen;
    const dialog = page.getByRole('dialog');
    const edit = async (costCentre: string): Promise<void> => {
      await page.getByRole('button', { name: 'Change', exact: true }).click();
      await its.admin('PATCH', 'tenants/acme', { owners: [`Ann of ${costCentre}`] });
      await dialog.getByLabel('Cost centre').fill(costCentre);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('heading', { name: 'Somebody else changed this meanwhile' }).waitFor();
      await dialog.getByText(`Ann of ${costCentre}`).waitFor();
      await dialog.getByText(costCentre, { exact: true }).waitFor();
    };
    await edit('CC-mine');
    expect(await inaccessible(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save mine over it' }).click();
    await expect
      .poll(() => its.admin('GET', 'tenants/acme'))
      .toMatchObject({
        ...{ costCenter: 'CC-mine', owners: ['Ann of CC-mine'], version: 3 },
      });
    await edit('CC-other');
    await dialog.getByRole('button', { name: 'Take theirs' }).click();
    await expect.poll(() => page.getByRole('heading', { name: 'Somebody else' }).count()).toBe(0);
    expect(await its.admin('GET', 'tenants/acme')).toMatchObject({ costCenter: 'CC-mine', version: 4 });
    await its.leave(seen, /status of 412/);
  });

  inBrowser('who acts on what another changed is shown that first, and acts on it as it is then', async (its) => {
    const seen = await its.as('Olga', '#/tenants/globex');
    const { page } = seen;
    const dialog = page.getByRole('dialog');
    const suspend = dialog.getByRole('button', { name: 'Suspend' });
    await page.getByRole('button', { name: 'Suspend' }).click();
    await its.admin('PATCH', 'tenants/globex', { costCenter: 'CC-theirs' });
    await dialog.getByLabel('Name').fill('globex');
    await suspend.click();
    await dialog.getByText('CC-theirs').waitFor();
    expect(await inaccessible(page)).toEqual([]);
    expect(await its.admin('GET', 'tenants/globex')).not.toHaveProperty('suspended', true);
    // Of what is there now the name is typed again.
    expect(await suspend.isDisabled()).toBe(true);
    await dialog.getByLabel('Name').fill('globex');
    await suspend.click();
    await expect.poll(() => its.admin('GET', 'tenants/globex')).toMatchObject({ suspended: true, version: 3 });
    await its.leave(seen, /status of 412/);
  });
});

describe('a tenant’s own administrator', () => {
  inBrowser('sees no other tenant, and is refused where it writes the address by hand', async (its) => {
    const seen = await its.as('Tom', '#/tenants');
    const { page } = seen;
    await page.getByRole('main').getByText('acme').first().waitFor();
    expect(await page.getByText('globex').count()).toBe(0);
    for (const view of ['tenants', 'review']) {
      await page.evaluate(`location.hash = '#/${view}/globex'`);
      await page.getByRole('heading', { name: 'globex' }).waitFor();
      await page.getByRole('alert').getByText('None of this caller').waitFor();
    }
    await its.leave(seen, /status of 403/);
  });
});
