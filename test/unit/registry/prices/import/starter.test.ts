import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RATE_KINDS } from '../../../../../registry/price.ts';
import { pricesAt } from '../../../../../registry/prices/edits.ts';
import { readPriceFile } from '../../../../../registry/prices/import/file.ts';
import { planImport } from '../../../../../registry/prices/import/plan.ts';
import { STARTER_PRICES } from '../../../../../registry/prices/starter.ts';
import { seedDemo } from '../../../../../registry/seed.ts';
import { createWriter } from '../../../../../registry/writer.ts';
import { memoryItems } from '../../memory-items.ts';
import { direct, NOW, profile } from './support.ts';

const reading = readPriceFile(readFileSync(STARTER_PRICES, 'utf8'), { now: NOW, source: 'none' });
const idOf = (one: (typeof reading.found)[number]) => (one.model.is === 'id' ? one.model.id : '');

async function demo() {
  const writer = createWriter({ items: memoryItems(), clock: () => NOW, actor: 'seed' });
  await seedDemo(writer, { account: '111122223333', nowMs: NOW });
  return (await writer.listModels()).entries;
}

describe('the prices that come with Tollgate', () => {
  test('every entry can be used', () => {
    expect(reading.bad).toEqual([]);
    expect(reading.found.length).toBeGreaterThan(100);
  });

  test('none is there twice', () => {
    const keys = reading.found.map((one) =>
      JSON.stringify([idOf(one), one.price.from, one.price.region, one.price.tier]),
    );
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  test('each says where and of when it is', () => {
    for (const { price, line } of reading.found) {
      expect(price.source, `line ${line}`).toMatch(/20\d\d/);
      expect(price).toMatchObject({ region: 'us-east-1', from: Date.UTC(2026, 10, 1) });
    }
  });

  test('each is matched by a model of that id, whether called directly or by a profile', () => {
    for (const one of reading.found) {
      const id = idOf(one);
      const models = id.startsWith('global.') ? [profile('m', id)] : [direct('m', id), profile('p', `us.${id}`)];
      const { edits, unmatched } = planImport({ ...reading, found: [one] }, models, new Map());
      expect({ id, edits: edits.length, unmatched }).toEqual({ id, edits: models.length, unmatched: [] });
    }
  });

  test('what a batch costs is half, and a global profile never more than its geography', () => {
    const find = (id: string, tier?: string) =>
      reading.found.find((one) => idOf(one) === id && one.price.tier === tier);
    for (const one of reading.found) {
      const rate = Number(one.price.usdPerMillion?.input);
      if (one.price.tier === 'batch')
        expect(rate * 2, idOf(one)).toBeCloseTo(Number(find(idOf(one))?.price.usdPerMillion?.input), 9);
      if (idOf(one).startsWith('global.'))
        expect(rate, idOf(one)).toBeLessThanOrEqual(Number(find(idOf(one).slice(7))?.price.usdPerMillion?.input));
    }
  });

  test('the demo’s own prices agree with it, kind by kind', async () => {
    const entries = await demo();
    const { edits } = planImport(reading, entries, new Map());
    expect(edits.map(({ model }) => model)).toEqual([
      'claude-sonnet-4-5',
      'claude-v2',
      'llama-3-3-70b',
      'nova-lite',
      'titan-embed-v2',
    ]);
    for (const { model, prices } of edits) {
      const [now] = pricesAt(entries.find(({ id }) => id === model)?.prices ?? [], NOW);
      const starter = prices.find(({ tier }) => tier === undefined)?.usdPerMillion ?? {};
      for (const kind of RATE_KINDS)
        if (starter[kind] !== undefined) expect(now?.usdPerMillion?.[kind], `${model} ${kind}`).toBe(starter[kind]);
    }
  });
});
