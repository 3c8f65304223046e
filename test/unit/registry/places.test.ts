import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import type { Document } from '../../../registry/items.ts';
import { grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import { MODEL, type Unusable } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { createWriter } from '../../../registry/writer.ts';
import { grantDocument, modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const ACME = parseTenantId('acme');
const START = Date.UTC(2026, 5, 1);
const foundation = (region: string): string => `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
const single = (region: string) => ({
  target: { kind: 'bedrock-model', modelId: 'amazon.nova-lite-v1:0', region, arn: foundation(region) },
});
const profile = (region: string, ...regions: string[]) => ({
  target: {
    kind: 'bedrock-profile',
    modelId: 'us.amazon.nova-lite-v1:0',
    region,
    arn: `arn:aws:bedrock:${region}:111122223333:inference-profile/us.amazon.nova-lite-v1:0`,
    modelArns: regions.map(foundation),
  },
  group: 'normal',
});
const EAST = single('us-east-1');
const WEST = { ...single('us-west-2'), weight: 3 };
const BOTH = profile('us-east-1', 'us-east-1', 'us-west-2');

function several(...places: Document[]) {
  const { target: _, ...rest } = modelDocument('m1', { targets: places, routing: { distribution: 'equal' } });
  return rest;
}

function setUp(...places: Document[]) {
  const items = memoryItems();
  items.edit(tenantKey(ACME), tenantDocument('acme'));
  items.edit(modelKey('m1'), several(...places));
  const unusable: Unusable[] = [];
  const writer = createWriter({ items, clock: () => START, actor: 'alice' });
  const held = async () => {
    const reader = createLookup({ items, clock: () => START, onUnusable: (item) => void unusable.push(item) });
    return (await reader.tenant(ACME))?.models;
  };
  return { items, unusable, writer, held };
}

describe('a model of several places', () => {
  test('is its first place to who knows of one only, and is written as it was', () => {
    const entry = MODEL.parse(several(EAST, WEST, BOTH));
    expect(entry).toMatchObject({ target: EAST.target, places: [EAST, WEST, BOTH] });
    expect(MODEL.document(entry)).toMatchObject({ targets: [EAST, WEST, BOTH], routing: { distribution: 'equal' } });
    expect(MODEL.document(entry)).not.toHaveProperty('target');
  });

  test('one of one target is written and read without a word of places', () => {
    const document = modelDocument('m1', { prices: [] });
    const entry = MODEL.parse(document);
    expect(entry).not.toHaveProperty('places');
    expect(JSON.stringify(MODEL.document(entry))).toBe(JSON.stringify(document));
  });

  test('all of its places are a grant’s that demands nothing', async () => {
    const { writer, held } = setUp(EAST, WEST, BOTH);
    await writer.grant('acme', 'm1', ['invoke']);
    expect(await held()).toEqual([
      expect.objectContaining({
        target: EAST.target,
        places: [EAST, WEST, BOTH],
        routing: { distribution: 'equal' },
      }),
    ]);
  });

  test.each([
    ['of one region has the places that are there', ['us-west-2'], [WEST]],
    ['has no profile that runs anywhere else', ['us-east-1'], [EAST]],
    ['of both regions has them all', ['us-east-1', 'us-west-2'], [EAST, WEST, BOTH]],
  ])('R1 a grant %s', async (_, regions, left) => {
    const { writer, held } = setUp(EAST, WEST, BOTH);
    await writer.grant('acme', 'm1', ['invoke'], { restrictions: { regions } });
    expect(await held()).toEqual([expect.objectContaining({ places: left, target: left[0]?.target })]);
  });

  test('R1 a grant of none of its regions is refused; one that was written before the places left is none', async () => {
    const { items, writer, held, unusable } = setUp(EAST, WEST);
    const elsewhere = { restrictions: { regions: ['us-east-2'] } };
    const fault = { field: 'regions', reason: 'outside-residency' };
    await expect(writer.grant('acme', 'm1', ['invoke'], elsewhere)).rejects.toMatchObject(fault);
    items.edit(grantKey({ tenant: ACME, model: 'm1' }), grantDocument('acme', 'm1', { regions: ['us-east-2'] }));
    expect(await held()).toEqual([]);
    expect(unusable).toMatchObject([fault]);
  });

  test('a guardrail leaves the places of its own region', async () => {
    const { writer, held } = setUp(EAST, WEST);
    const guardrail = { arn: 'arn:aws:bedrock:us-west-2:111122223333:guardrail/demo', version: '1' };
    await writer.grant('acme', 'm1', ['invoke'], { restrictions: { guardrail } });
    expect(await held()).toEqual([expect.objectContaining({ places: [WEST] })]);
  });

  test('what fits none of its places is refused for what it is, not left out', async () => {
    const endpoint = (region: string) => ({
      target: {
        kind: 'sagemaker-endpoint',
        endpointName: 'chat',
        region,
        arn: `arn:aws:sagemaker:${region}:111122223333:endpoint/chat`,
      },
    });
    const { writer } = setUp(endpoint('us-east-1'), endpoint('us-west-2'));
    const guardrail = { arn: 'arn:aws:bedrock:us-west-2:111122223333:guardrail/demo', version: '1' };
    await expect(writer.grant('acme', 'm1', ['invoke'], { restrictions: { guardrail } })).rejects.toMatchObject({
      field: 'guardrail',
    });
  });
});
