import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import { ACTIONS } from '../../../contract/model.ts';
import { EVERY_TENANT } from '../../../registry/budget.ts';
import { explain } from '../../../registry/explain.ts';
import { risks } from '../../../registry/risks.ts';
import { readSnapshot, readSnapshotOf } from '../../../registry/snapshot.ts';
import { createWriter } from '../../../registry/writer.ts';
import { budget, budgetsDocument, grantDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const SECONDS = NOW / 1000;
const ACME = parseTenantId('acme');

function world() {
  const items = memoryItems();
  let now = NOW - 86_400_000;
  const writer = createWriter({ items, clock: () => now++, actor: 'ops' });
  const model = (id: string, more: object = {}) =>
    writer.putModel({
      id,
      target: {
        kind: 'bedrock-model',
        modelId: `amazon.${id}:0`,
        region: 'us-east-1',
        arn: `arn:aws:bedrock:us-east-1::foundation-model/amazon.${id}:0`,
      },
      lifecycle: { status: 'active' },
      prices: [],
      ...more,
    });
  return { items, writer, model, snapshot: () => readSnapshot(items, () => NOW) };
}

const without = (name: string, document: object) =>
  Object.fromEntries(Object.entries(document).filter(([member]) => member !== name));
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const around = fc.option(fc.integer({ min: SECONDS - 2, max: SECONDS + 2 }), { nil: undefined });

describe('the explanation of a decision', () => {
  test('its last step says yes if and only if the data path allows, whatever the registry holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          tenant: fc.constantFrom('absent', 'suspended', 'over', 'malformed', 'active', 'active', 'active', 'active'),
          budgets: fc.constantFrom('absent', 'absent', 'one', 'malformed', 'stage-malformed'),
          model: fc.constantFrom('absent', 'retired', 'draft', 'malformed', 'active', 'active', 'active'),
          granted: fc.boolean(),
          actions: fc.subarray([...ACTIONS], { minLength: 1 }),
          action: fc.constantFrom(...ACTIONS),
          expiresAt: around,
          sunsetAt: around,
          needs: fc.option(fc.subarray(['dev', 'ops'], { minLength: 1 }), { nil: undefined }),
          roles: fc.option(fc.subarray(['dev', 'ops', 'admin']), { nil: null }),
          regions: fc.option(fc.constantFrom('us-east-1', 'eu-central-1'), { nil: undefined }),
          alice: fc.boolean(),
          principal: fc.option(fc.constantFrom('alice', 'bob'), { nil: undefined }),
          bundle: fc.constantFrom('absent', 'held', 'malformed'),
          defaults: fc.constantFrom('absent', 'absent', 'here', 'elsewhere', 'malformed'),
        }),
        async (given) => {
          const { items, writer, model, snapshot } = world();
          await model('other');
          if (given.model !== 'absent')
            await model('nova', {
              lifecycle: {
                status: given.model === 'retired' || given.model === 'draft' ? given.model : 'active',
                ...(given.sunsetAt === undefined ? {} : { sunsetAt: iso(given.sunsetAt) }),
              },
            });
          if (given.model === 'malformed') items.edit({ pk: 'MODEL#nova', sk: 'MODEL' }, { v: 9 });
          if (given.tenant !== 'absent') await writer.putTenant({ id: 'acme', costCenter: 'cc' });
          if (given.tenant === 'suspended') await writer.suspendTenant('acme');
          if (given.tenant === 'malformed') items.edit({ pk: 'TENANT#acme', sk: 'TENANT' }, { v: 9 });
          if (given.budgets === 'one') items.edit({ pk: 'TENANT#acme', sk: 'BUDGETS' }, budgetsDocument('acme'));
          if (given.budgets === 'malformed') items.edit({ pk: 'TENANT#acme', sk: 'BUDGETS' }, { v: 9 });
          if (given.budgets === 'stage-malformed') items.edit({ pk: 'STAGE', sk: 'BUDGETS' }, { v: 9 });
          if (given.tenant === 'over')
            items.edit({ pk: 'TENANT#acme', sk: 'TENANT' }, { ...tenantDocument('acme'), expiresAt: iso(SECONDS - 1) });
          if (given.bundle !== 'absent') {
            await writer.putBundle({
              id: 'standard',
              models: ['other', ...(given.model === 'absent' ? [] : ['nova'])],
            });
            items.edit(
              { pk: 'TENANT#acme', sk: 'GRANT#bundle:standard' },
              without('model', { ...grantDocument('acme', 'x'), bundle: 'standard' }),
            );
          }
          if (given.bundle === 'malformed') items.edit({ pk: 'STAGE', sk: 'BUNDLE#standard' }, { v: 9 });
          if (given.defaults === 'malformed') items.edit({ pk: 'STAGE', sk: 'DEFAULTS' }, { v: 9 });
          else if (given.defaults !== 'absent')
            await writer.putDefaults({ residency: [given.defaults === 'here' ? 'us-east-1' : 'eu-central-1'] });
          if (given.granted)
            items.edit(
              { pk: 'TENANT#acme', sk: 'GRANT#nova' },
              {
                v: 1,
                tenant: 'acme',
                model: 'nova',
                actions: given.actions,
                ...(given.needs === undefined ? {} : { roles: given.needs }),
                ...(given.regions === undefined ? {} : { regions: [given.regions] }),
                ...(given.expiresAt === undefined ? {} : { expiresAt: iso(given.expiresAt) }),
                ...(given.alice ? { also: [{ actions: ['count'], principals: ['alice'] }] } : {}),
                version: 1,
                grantedAt: iso(SECONDS),
                grantedBy: 'ops',
              },
            );
          const whole = await snapshot();
          items.calls.splice(0);
          // One tenant's part of the registry, read by itself, says the same of it.
          const part = await readSnapshotOf([ACME], items, () => NOW);
          expect({ ...part, changes: whole.changes }).toEqual(whole);
          expect(items.calls).not.toContain('scan');
          const { tenants, models, held, budgets, unusable, entries } = whole;
          const facts = {
            tenantId: 'acme',
            modelId: 'nova',
            tenant: tenants[0],
            model: models.find(({ id }) => id === 'nova'),
            held,
            budgets: budgets[0],
            unusable,
            entries: entries.get(ACME) ?? null,
          };
          const { action, roles, principal } = given;
          const asked = { action, roles, now: SECONDS, ...(principal === undefined ? {} : { principal }) };
          const { steps, decision } = explain(facts, asked);
          expect(steps.at(-1)?.yes, JSON.stringify(steps.at(-1))).toBe(decision?.outcome === 'allowed');
          expect(steps.slice(0, -1).every(({ yes }) => yes)).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('each step names the item and the version that it rests on', async () => {
    const { writer, model, snapshot } = world();
    await writer.putTenant({ id: 'acme', costCenter: 'cc' });
    await model('nova');
    await writer.grant('acme', 'nova', ['invoke'], { restrictions: { roles: ['dev'], expiresAt: '2027-01-01' } });
    await writer.setBudget('acme', budget('day'));
    await writer.retireModel('nova');
    const { tenants, models, held, budgets, unusable, entries } = await snapshot();
    const [tenant, [found]] = [tenants[0], models];
    const facts = { tenantId: 'acme', modelId: 'nova', tenant, model: found, held, budgets: budgets[0], unusable };
    const { steps } = explain(
      { ...facts, entries: entries.get(ACME) ?? null },
      { action: 'invoke', roles: null, now: SECONDS },
    );
    expect(steps.map(({ yes, item, version }) => `${yes ? 'yes' : 'no'} ${item} ${version}`)).toEqual([
      'yes TENANT#acme TENANT 1',
      'yes TENANT#acme TENANT 1',
      'yes TENANT#acme BUDGETS 1',
      'yes MODEL#nova MODEL 2',
      'yes TENANT#acme GRANT#nova 1',
      'yes TENANT#acme GRANT#nova 1',
      'yes TENANT#acme GRANT#nova 1',
      'yes TENANT#acme GRANT#nova 1',
      'yes TENANT#acme GRANT#nova 1',
      'no MODEL#nova MODEL 2',
    ]);
  });
});

describe('the snapshot', () => {
  test('holds every edit there was, in order, of what has gone too', async () => {
    const { writer, model, snapshot } = world();
    await writer.putTenant({ id: 'acme', costCenter: 'cc' });
    await model('nova');
    await writer.grant('acme', 'nova');
    await writer.revoke('acme', 'nova');
    const { changes, grants } = await snapshot();
    expect(grants).toEqual([]);
    expect(changes.map(({ item, change, by }) => `${item} ${change} ${by}`)).toEqual([
      'TENANT#acme create ops',
      'MODEL#nova create ops',
      'GRANT#acme#nova create ops',
      'GRANT#acme#nova revoke ops',
    ]);
  });
});

describe('budgets in the snapshot', () => {
  test('are everybody’s, and one that cannot be used leaves out only whom it concerns', async () => {
    const { items, writer, snapshot } = world();
    for (const id of ['acme', 'globex']) await writer.putTenant({ id, costCenter: 'cc' });
    await writer.setBudget(EVERY_TENANT, budget('day'));
    items.edit({ pk: 'TENANT#acme', sk: 'BUDGETS' }, { v: 9 });
    const { budgets, entries, unusable } = await snapshot();
    expect(budgets.map(({ owner }) => owner)).toEqual(['*']);
    expect([...entries.keys()]).toEqual(['globex']);
    expect(unusable).toEqual([{ pk: 'TENANT#acme', sk: 'BUDGETS', field: 'v', reason: 'unknown-version' }]);
  });
});

describe('open risks', () => {
  const of = async (
    prepare: (made: ReturnType<typeof world>) => Promise<unknown>,
  ): Promise<Record<string, string[]>> => {
    const made = world();
    await made.writer.putTenant({ id: 'acme', costCenter: 'cc' });
    await made.model('nova');
    await made.model('titan');
    await prepare(made);
    const found = risks({ ...(await made.snapshot()), now: SECONDS });
    return Object.fromEntries(found.map(({ kind, of }) => [kind, of]));
  };
  const edit = (pk: string, sk: string, document: object) => async (made: ReturnType<typeof world>) =>
    made.items.edit({ pk, sk }, document);
  const stamp = { version: 1, grantedAt: iso(SECONDS), grantedBy: 'ops' };

  test.each<[string, string[], (made: ReturnType<typeof world>) => Promise<unknown>]>([
    ['idle-tenant', ['acme'], async () => {}],
    ['all-actions', ['acme nova'], ({ writer }) => writer.grant('acme', 'nova')],
    ['no-expiry', ['acme nova'], ({ writer }) => writer.grant('acme', 'nova', ['invoke'])],
    ['direct-mode', ['acme nova'], ({ writer }) => writer.grant('acme', 'nova', ['invoke'], { direct: true })],
    [
      'direct-past-budgets',
      ['acme nova (day)'],
      async ({ writer }) => {
        await writer.grant('acme', 'nova', ['invoke'], { direct: true });
        await writer.setBudget(EVERY_TENANT, budget('day'));
        await writer.setBudget('acme', budget('soft', { enforcement: 'soft' }));
        await writer.setBudget('acme', budget('handed', { unit: 'credentials', limit: '5' }));
      },
    ],
    [
      'direct-not-honoured',
      ['acme nova (maxTokens)'],
      edit('TENANT#acme', 'GRANT#nova', {
        v: 1,
        tenant: 'acme',
        model: 'nova',
        actions: ['invoke'],
        direct: true,
        maxTokens: 5,
        ...stamp,
      }),
    ],
    [
      'every-model',
      ['acme'],
      async ({ writer }) => {
        await writer.grant('acme', 'nova');
        await writer.grant('acme', 'titan');
      },
    ],
    [
      'retired-model',
      ['acme nova'],
      async ({ writer }) => {
        await writer.grant('acme', 'nova');
        await writer.retireModel('nova');
      },
    ],
    [
      'deprecated-model',
      ['acme nova'],
      async ({ writer }) => {
        await writer.grant('acme', 'nova');
        await writer.deprecateModel('nova', { sunsetAt: SECONDS + 9 });
      },
    ],
    [
      'suspended-tenant',
      ['acme'],
      async ({ writer }) => {
        await writer.grant('acme', 'nova');
        await writer.suspendTenant('acme');
      },
    ],
    ['no-hard-budget', ['acme'], ({ writer }) => writer.grant('acme', 'nova')],
    [
      'no-hard-budget',
      ['acme'],
      async ({ writer }) => {
        await writer.grant('acme', 'nova');
        await writer.setBudget('acme', budget('handed', { unit: 'credentials', limit: '5' }));
      },
    ],
    [
      'no-hard-budget',
      ['acme'],
      async ({ writer }) => {
        await writer.grant('acme', 'nova');
        await writer.setBudget(EVERY_TENANT, budget('day'));
        await writer.setBudget('acme', budget('day', { enforcement: 'soft' }));
      },
    ],
    [
      'missing-model',
      ['acme gone'],
      edit('TENANT#acme', 'GRANT#gone', { v: 1, tenant: 'acme', model: 'gone', actions: ['invoke'], ...stamp }),
    ],
    [
      'missing-tenant',
      ['zeta nova'],
      edit('TENANT#zeta', 'GRANT#nova', { v: 1, tenant: 'zeta', model: 'nova', actions: ['invoke'], ...stamp }),
    ],
    [
      'expired-grant',
      [`acme nova (${iso(SECONDS)})`],
      edit('TENANT#acme', 'GRANT#nova', {
        v: 1,
        tenant: 'acme',
        model: 'nova',
        actions: ['invoke'],
        expiresAt: iso(SECONDS),
        ...stamp,
      }),
    ],
    ['unusable-item', ['MODEL#titan MODEL (v: unknown-version)'], edit('MODEL#titan', 'MODEL', { v: 9 })],
    [
      'shared-resource',
      ['nova = nova-2'],
      ({ model }) =>
        model('nova-2', {
          target: {
            kind: 'bedrock-model',
            modelId: 'amazon.nova:0',
            region: 'us-east-1',
            arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova:0',
          },
        }),
    ],
    [
      'many-regions',
      ['europe'],
      ({ model }) =>
        model('europe', {
          target: {
            kind: 'bedrock-profile',
            modelId: 'eu.amazon.nova:0',
            region: 'eu-west-1',
            arn: 'arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova:0',
            modelArns: ['eu-west-1', 'eu-west-3', 'eu-north-1', 'eu-central-1'].map(
              (region) => `arn:aws:bedrock:${region}::foundation-model/amazon.nova:0`,
            ),
          },
        }),
    ],
    [
      'global-profile',
      ['world'],
      ({ model }) =>
        model('world', {
          target: {
            kind: 'bedrock-profile',
            modelId: 'global.amazon.nova:0',
            region: 'us-east-1',
            arn: 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.amazon.nova:0',
            modelArns: [
              'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova:0',
              'arn:aws:bedrock:::foundation-model/amazon.nova:0',
            ],
          },
        }),
    ],
    [
      'no-hard-budget',
      ['globex'],
      async ({ writer }) => {
        await writer.putTenant({ id: 'globex', costCenter: 'cc' });
        for (const tenant of ['acme', 'globex']) await writer.grant(tenant, 'nova');
        await writer.setBudget('acme', budget('day'));
      },
    ],
  ])('%s', async (kind, expected, prepare) => {
    expect((await of(prepare))[kind]).toEqual(expected);
    // A registry without it must not be told of it.
    if (kind !== 'idle-tenant') expect(await of(async () => {})).not.toHaveProperty(kind);
  });
});
