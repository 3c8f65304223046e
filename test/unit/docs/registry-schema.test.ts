import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { definitions, fileSchema } from '../../../docs/registry-schema.ts';
import type { Document, Plain } from '../../../registry/items.ts';
import { seedDemo } from '../../../registry/seed.ts';
import { createWriter } from '../../../registry/writer.ts';
import { budget, modelDocument } from '../registry/documents.ts';
import { memoryItems } from '../registry/memory-items.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));

const conforms = new Ajv({ strict: false, allErrors: true }).compile(fileSchema());

function writer() {
  return createWriter({ items: memoryItems(), clock: () => Date.UTC(2026, 5, 1), actor: 'alice', random: () => 0 });
}

function whole(): Document {
  const { v: _v, version: _version, updatedAt: _at, updatedBy: _by, target, ...model } = modelDocument('m1');
  return {
    $schema: './registry.schema.json',
    models: [
      {
        ...{ ...model, displayName: 'One', capabilities: { input: ['text'], tools: true }, fallbacks: ['m2'] },
        targets: [{ target: target ?? null, group: 'primary', weight: 2, priceRegion: 'us-east-1' }],
        routing: { maxAttempts: 2, distribution: 'weighted', profiles: false },
        provenance: { approver: 'bob', review: 'https://reviews.example/1' },
      },
      { id: 'm2', target: target ?? null, lifecycle: { status: 'draft' } },
    ],
    bundles: [{ id: 'standard', models: ['m2'] }],
    aliases: [{ id: 'stable', models: { m1: 1 } }],
    alerts: [{ id: 'ops', kinds: ['drift'], to: { webhook: 'https://hooks.example/x' } }],
    defaults: { residency: ['us-east-1'], guardrail: null },
    budgets: [{ ...budget('day') }],
    tenants: [
      {
        ...{ id: 'acme', costCenter: 'CC-1', owners: ['Ann'], labels: { team: 'blue' }, expiresAt: '2027-01-01' },
        grants: [{ model: 'm1', maxTokens: 100, regions: ['us-east-1'], trace: null }, { bundle: 'standard' }],
        budgets: [{ ...budget('day') }],
        clients: [{ issuer: 'https://idp.example', client: 'app' }],
      },
      { id: 'umbrella', costCentre: 'CC-2' },
    ],
  };
}

test('docs/registry.schema.json and admin/schemas.json are what the schemas say: npm run docs writes them', () => {
  expect(read('docs/registry.schema.json')).toEqual(JSON.parse(JSON.stringify(fileSchema())));
  expect(read('admin/schemas.json')).toEqual(JSON.parse(JSON.stringify(definitions())));
});

describe('an editor and the reader agree', () => {
  test('on a file with something of everything, which makes a registry of nothing', async () => {
    expect([conforms(whole()), conforms.errors]).toEqual([true, null]);
    expect((await writer().apply(whole())).changes.map(({ does }) => does)).not.toContain('change');
  });

  test('on what export writes of a stage, with all that it was seeded with', async () => {
    const items = memoryItems();
    const seeded = createWriter({ items, clock: () => Date.UTC(2026, 5, 1), actor: 'alice', random: () => 0 });
    await seedDemo(seeded, { account: '111122223333', nowMs: Date.UTC(2026, 5, 1) });
    const { unusable: _, ...all } = await seeded.export();
    expect(all.models.length).toBeGreaterThan(2);
    expect([conforms(all), conforms.errors]).toEqual([true, null]);
  });

  const wrong: [string, string, Plain | undefined][] = [
    ['a section that there is none of', 'model', []],
    ['a member that is misspelt', 'models.0.lifecycel', {}],
    ['a model of no name', 'models.1.id', undefined],
    ['a price as a number', 'models.0.prices.0.usdPerImage', 1],
    ['a price without a date', 'models.0.prices.0.from', undefined],
    ['an attempt too many', 'models.0.routing.maxAttempts', 99],
    ['a place of no group', 'models.0.targets.0.group', 'last'],
    ['a target of no kind', 'models.1.target.kind', 'lambda'],
    ['a status that there is none of', 'models.0.lifecycle.status', 'old'],
    ['a wildcard in the place of a model', 'bundles.0.models.0', '*'],
    ['a share of nothing', 'aliases.0.models.m1', 0],
    ['an alert of no kind', 'alerts.0.kinds.0', 'weather'],
    ['an alert to nowhere', 'alerts.0.to.webhook', undefined],
    ['residency in no region', 'defaults.residency.0', 'Frankfurt'],
    ['a budget without a limit', 'budgets.0.limit', undefined],
    ['a limit that is no decimal', 'budgets.0.limit', '5 dollars'],
    ['a tenant of no name', 'tenants.1.id', undefined],
    ['a date that is none', 'tenants.0.expiresAt', 'next year'],
    ['a grant of nothing', 'tenants.0.grants.0.model', undefined],
    ['an action that there is none of', 'tenants.0.grants.0.actions', ['train']],
    ['a client of no issuer', 'tenants.0.clients.0.issuer', undefined],
  ];

  test.each(wrong)('on %s, which neither takes', async (_, path, value) => {
    const file = whole();
    const names = path.split('.');
    const last = names.pop() ?? '';
    const object = names.reduce((one, name) => one[name] as Document, file);
    if (value === undefined) delete object[last];
    else object[last] = value;
    expect(conforms(file)).toBe(false);
    await expect(writer().apply(file)).rejects.toMatchObject({ code: 'bad_entry' });
  });
});

test('each kind is described by itself, without what the registry writes of it', () => {
  expect(definitions()).toMatchObject({
    model: { required: ['id', 'lifecycle'] },
    bundle: { required: ['id', 'models'] },
  });
  for (const [name, one] of Object.entries(definitions())) {
    expect(Object.keys(one.properties), name).not.toContain('updatedBy');
    new Ajv({ strict: false }).compile(one);
  }
});
