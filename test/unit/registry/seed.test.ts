import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import { arnsOf, nativeIdOf } from '../../../policies/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { seedDemo } from '../../../registry/seed.ts';
import { createWriter } from '../../../registry/writer.ts';
import { memoryItems } from './memory-items.ts';

const NOW = Date.UTC(2026, 10, 21, 9);
const ACCOUNT = '111122223333';

function setUp() {
  const items = memoryItems();
  const writer = createWriter({ items, clock: () => NOW, actor: 'seed' });
  const unusable: unknown[] = [];
  const reader = createLookup({ items, clock: () => NOW, onUnusable: (item) => void unusable.push(item) });
  return { items, writer, reader, unusable };
}

describe('the demo data', () => {
  test('is what the documents promise, and every entry of it can be used', async () => {
    const { writer, reader, unusable } = setUp();
    expect(await seedDemo(writer, { account: ACCOUNT, nowMs: NOW })).toBe(true);
    const acme = await reader.tenant(parseTenantId('acme'));
    const globex = await reader.tenant(parseTenantId('globex'));
    expect(acme?.models.map(({ id }) => id)).toEqual([
      'claude-sonnet-4-5',
      'claude-v2',
      'mixtral-8x7b',
      'nova-lite',
      'titan-embed-v2',
    ]);
    expect(globex?.models.map(({ id }) => id)).toEqual(['llama-3-3-70b', 'nova-lite', 'titan-embed-v2']);
    expect([acme?.costCenter, globex?.costCenter]).toEqual(['CC-100', 'CC-200']);
    expect(await reader.tenant(parseTenantId('ops'))).toMatchObject({ models: [], suspended: false });
    expect(await reader.tenant(parseTenantId('stranger'))).toBeNull();
    expect(unusable).toEqual([]);
    const old = acme?.models.find(({ id }) => id === 'claude-v2');
    expect(old?.lifecycle).toEqual({
      status: 'deprecated',
      deprecatedAt: NOW / 1000,
      sunsetAt: NOW / 1000 + 30 * 86_400,
      successor: 'claude-sonnet-4-5',
    });
    const sonnet = acme?.models.find(({ id }) => id === 'claude-sonnet-4-5');
    expect(sonnet && nativeIdOf(sonnet.target)).toBe('us.anthropic.claude-sonnet-4-5-20250929-v1:0');
    const model = 'foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0';
    expect(sonnet && arnsOf(sonnet.target)).toEqual([
      `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0`,
      ...['us-east-1', 'us-east-2', 'us-west-2'].map((region) => `arn:aws:bedrock:${region}::${model}`),
    ]);
    const { entries } = await writer.listModels();
    expect(entries).toHaveLength(6);
    for (const { id, prices } of entries) expect(prices[0]?.from, id).toBe(Date.UTC(2024, 0, 1));
  });

  test('is written once: a later start changes nothing, not even what was revoked', async () => {
    const { items, writer } = setUp();
    await seedDemo(writer, { account: ACCOUNT, nowMs: NOW });
    await writer.revoke('acme', 'nova-lite');
    await writer.retireModel('titan-embed-v2');
    const calls = items.calls.length;
    expect(await seedDemo(writer, { account: ACCOUNT, nowMs: NOW + 86_400_000 })).toBe(false);
    expect(items.calls.slice(calls)).toEqual(['get TENANT#ops TENANT']);
    await expect(writer.showGrant('acme', 'nova-lite')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is written whole or not at all, and leaves alone what is there', async () => {
    const { items, writer } = setUp();
    await writer.putTenant({ id: 'acme', costCenter: 'MINE' });
    const write = items.write;
    items.write = async () => {
      throw new Error('the power went');
    };
    await expect(seedDemo(writer, { account: ACCOUNT, nowMs: NOW })).rejects.toThrow('the power went');
    items.write = write;
    const calls = items.calls.length;
    expect(await seedDemo(writer, { account: ACCOUNT, nowMs: NOW })).toBe(true);
    // Six models, eight grants and two tenants, each with its history, and the log, in one transaction.
    expect(items.calls.slice(calls)).toEqual([
      'get TENANT#ops TENANT',
      'batch 34',
      'range LOG',
      'get STAGE ALIASES',
      // Whether a model, or a tenant, looks like another; and what holds of all tenants.
      'list MODEL',
      'list TENANT',
      'get STAGE DEFAULTS',
      'write 33',
    ]);
    expect(await writer.showTenant('acme')).toMatchObject({ costCenter: 'MINE', version: 1 });
    expect((await writer.listModels()).entries).toHaveLength(6);
    expect((await writer.listGrants()).entries).toHaveLength(8);
    expect(await writer.history({ model: 'claude-v2' })).toMatchObject([
      { change: 'create', by: 'seed', before: null },
    ]);
  });
});
