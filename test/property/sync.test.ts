import fc from 'fast-check';
import { expect, test } from 'vitest';
import { merged } from '../../registry/edits/merge.ts';
import type { Document } from '../../registry/items.ts';
import { type ModelEntry, modelDocument, parseModel } from '../../registry/model.ts';
import type { Catalog } from '../../registry/sync/catalog.ts';
import { fileOf, propose } from '../../registry/sync/propose.ts';
import { aCatalog, aModel, anEndpoint, aProfile } from '../unit/registry/sync/catalogue.ts';

/** What AWS has, and what an operator made of what it had some time ago. */
const REGIONS = ['us-east-1', 'us-west-2'];
const IDS = ['amazon.nova-lite-v1:0', 'amazon.nova-lite-v2:0', 'anthropic.claude-x-20250101-v1:0', 'cohere.embed-v4:0'];

const date = fc.integer({ min: 1_750_000_000, max: 1_850_000_000 });
const lifecycle = fc.record(
  { legacy: fc.boolean(), legacyAt: date, extendedAt: date, endAt: date },
  { requiredKeys: ['legacy'] },
);
const someRegions = fc.subarray(REGIONS, { minLength: 1 });
const models = fc
  .array(
    fc.record({
      id: fc.constantFrom(...IDS),
      region: fc.constantFrom(...REGIONS),
      more: fc.record({ onDemand: fc.boolean(), lifecycle }),
    }),
    { maxLength: 6 },
  )
  .map((list) => unique(list.map(({ id, region, more }) => aModel(id, region, more))));
const profiles = fc
  .array(fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(...REGIONS), someRegions), { maxLength: 6 })
  .map((list) => unique(list.map(([id, region, regions]) => aProfile(`us.${id}`, region, regions))));
const endpoints = fc
  .array(fc.tuple(fc.constantFrom('nova-lite', 'Mixtral', 'pool'), fc.constantFrom(...REGIONS), fc.boolean()), {
    maxLength: 4,
  })
  .map((list) => unique(list.map(([name, region, isAsync]) => anEndpoint(name, region, { isAsync }))));
const catalogs = fc
  .record({ models, profiles, endpoints, regions: someRegions })
  .map(({ regions, ...has }) => aCatalog(has, regions));

const places = fc.array(
  fc.record(
    {
      target: fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(...REGIONS), someRegions, fc.boolean()),
      weight: fc.integer({ min: 1, max: 9 }),
      drained: fc.constant(true as const),
      priceRegion: fc.constantFrom(...REGIONS),
    },
    { requiredKeys: ['target'] },
  ),
  { minLength: 1, maxLength: 3 },
);
const documents = fc.record({
  id: fc.constantFrom('nova-lite', 'claude-x', 'mine'),
  displayName: fc.constantFrom('Mine', 'Ours'),
  places,
  lifecycle: fc.record(
    {
      status: fc.constantFrom('draft', 'active', 'deprecated', 'retired'),
      deprecatedAt: date,
      sunsetAt: date,
      successor: fc.constantFrom('another', 'third'),
    },
    { requiredKeys: ['status'] },
  ),
});

function unique<Thing extends { arn: string }>(list: readonly Thing[]): Thing[] {
  return [...new Map(list.map((one) => [one.arn, one])).values()];
}

/** Of what was drawn those that the registry would take. */
function entriesOf(drawn: readonly object[]): ModelEntry[] {
  const entries = drawn.flatMap((one) => {
    const { places, lifecycle, ...rest } = one as { places: { target: unknown }[]; lifecycle: Document };
    const day = (at: unknown) => (at === undefined ? undefined : new Date((at as number) * 1000).toISOString());
    const targets = places.map(({ target, ...more }) => {
      const [id, region, regions, isProfile] = target as [string, string, string[], boolean];
      const { arn, modelArns } = aProfile(`us.${id}`, region, regions);
      return {
        ...more,
        target: isProfile
          ? { kind: 'bedrock-profile', modelId: `us.${id}`, region, arn, modelArns: [...modelArns] }
          : { kind: 'bedrock-model', modelId: id, region, arn: aModel(id, region).arn },
      };
    });
    const dates = { deprecatedAt: day(lifecycle.deprecatedAt), sunsetAt: day(lifecycle.sunsetAt) };
    const document = { v: 1, ...rest, targets, lifecycle: { ...lifecycle, ...dates }, prices: [] };
    try {
      return [written(JSON.parse(JSON.stringify(document)) as Document)];
    } catch {
      return [];
    }
  });
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

function written(document: Document): ModelEntry {
  return parseModel({ v: 1, ...document, version: 1, updatedAt: '2026-11-29T00:00:00Z', updatedBy: 'ops' });
}

/** As `apply` does it: by member. */
function applied(entries: readonly ModelEntry[], { models }: { models: readonly Document[] }): ModelEntry[] {
  const all = new Map(entries.map((entry) => [entry.id, entry]));
  for (const document of models) {
    const before = all.get(String(document.id));
    const { version: _, updatedAt: __, updatedBy: ___, ...kept } = before === undefined ? {} : modelDocument(before);
    all.set(String(document.id), written(merged(kept as Document, document)));
  }
  return [...all.values()];
}

const drawn = fc.tuple(catalogs, fc.array(documents, { maxLength: 3 }));
const given = ([catalog, list]: [Catalog, object[]]) => ({ catalog, entries: entriesOf(list) });

test('what is applied is not proposed again, and can be written', () => {
  fc.assert(
    fc.property(drawn, (one) => {
      const { catalog, entries } = given(one);
      const after = applied(entries, fileOf(propose(catalog, entries)));
      expect(fileOf(propose(catalog, after))).toEqual({ models: [] });
    }),
    { numRuns: 500 },
  );
});

test('nobody can call, after it, what could not be called before', () => {
  fc.assert(
    fc.property(drawn, (one) => {
      const { catalog, entries } = given(one);
      const proposal = propose(catalog, entries);
      expect(Object.keys(fileOf(proposal))).toEqual(['models']);
      const ids = new Set(entries.map(({ id }) => id));
      for (const { document, entry } of proposal.drafts) {
        expect(ids.has(entry.id)).toBe(false);
        ids.add(entry.id);
        expect(document).toMatchObject({ lifecycle: { status: 'draft' }, prices: [] });
      }
      // A draft or a retired one is not brought to life.
      for (const { entry, document } of proposal.edits)
        if (document.lifecycle !== undefined) expect(['active', 'deprecated']).toContain(entry.lifecycle.status);
    }),
  );
});

test('of what an operator said only an end and a profile’s regions are changed', () => {
  fc.assert(
    fc.property(drawn, (one) => {
      const { catalog, entries } = given(one);
      const proposal = propose(catalog, entries);
      const after = new Map(applied(entries, fileOf(proposal)).map((entry) => [entry.id, entry]));
      const kept = (entry: ModelEntry | undefined) =>
        JSON.stringify(entry, (name, value: unknown) =>
          ['modelArns', 'status', 'deprecatedAt', 'sunsetAt', 'version'].includes(name) ? undefined : value,
        );
      for (const entry of entries) expect(kept(after.get(entry.id))).toBe(kept(entry));
    }),
  );
});
