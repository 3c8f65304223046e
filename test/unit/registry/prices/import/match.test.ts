import { describe, expect, test } from 'vitest';
import { PRICES_MAX } from '../../../../../contract/limits/registry.ts';
import { planImport } from '../../../../../registry/prices/import/plan.ts';
import { direct, profile, read } from './support.ts';

const csv = (...rows: string[]) => read(['model,from,region,input', ...rows].join('\n'));
const plan = (reading: ReturnType<typeof csv>, models: ReturnType<typeof direct>[]) =>
  planImport(reading, models, new Map());

const NOVA = direct('nova-lite', 'amazon.nova-lite-v1:0');

describe('which model a price is of', () => {
  test.each(['nova-lite', 'amazon.nova-lite-v1:0', 'amazon.nova-lite-v1'])('%s is that of the entry', (name) => {
    expect(plan(csv(`${name},2026-11-01,,1`), [NOVA]).edits).toMatchObject([{ model: 'nova-lite' }]);
  });

  test('one model that is in the registry twice is priced twice', () => {
    const models = [NOVA, direct('nova-again', 'amazon.nova-lite-v1:0')];
    const { edits } = plan(csv('amazon.nova-lite-v1:0,2026-11-01,,1'), models);
    expect(edits.map(({ model }) => model)).toEqual(['nova-again', 'nova-lite']);
  });

  test('the second version of an id is not the first', () => {
    const v2 = direct('claude', 'anthropic.claude-v2:1');
    expect(plan(csv('anthropic.claude-v2,2026-11-01,,1'), [v2]).edits).toEqual([]);
  });

  test('a foundation model’s price is its profile’s, but not its global profile’s', () => {
    const models = [profile('us', 'us.amazon.nova-lite-v1:0'), profile('global', 'global.amazon.nova-lite-v1:0')];
    const { edits } = plan(
      csv('amazon.nova-lite-v1:0,2026-11-01,,1', 'global.amazon.nova-lite-v1:0,2026-11-01,,2'),
      models,
    );
    expect(edits).toMatchObject([
      { model: 'global', prices: [{ usdPerMillion: { input: '2' } }] },
      { model: 'us', prices: [{ usdPerMillion: { input: '1' } }] },
    ]);
  });

  test('the nearer name goes before the farther one', () => {
    const rows = [
      'amazon.nova-lite-v1:0,2026-11-01,,1',
      'us.amazon.nova-lite-v1:0,2026-11-01,,2',
      'mine,2026-11-01,,3',
    ];
    const model = profile('mine', 'us.amazon.nova-lite-v1:0');
    for (const order of [rows, [...rows].reverse()])
      expect(plan(csv(...order), [model]).edits).toMatchObject([{ prices: [{ usdPerMillion: { input: '3' } }] }]);
    expect(plan(csv(...rows.slice(0, 2)), [model]).edits).toMatchObject([
      { prices: [{ usdPerMillion: { input: '2' } }] },
    ]);
  });

  test('two prices of one name and moment are both named bad, unless they are the same', () => {
    const same = plan(csv('nova-lite,2026-11-01,,1', 'nova-lite,2026-11-01,,1.0'), [NOVA]);
    expect(same).toMatchObject({ bad: [], edits: [{ prices: { length: 1 } }] });
    const { bad, edits } = plan(csv('nova-lite,2026-11-01,,1', 'nova-lite,2026-12-01,,1', 'nova-lite,2026-11-01,,2'), [
      NOVA,
    ]);
    expect(bad).toMatchObject([
      { line: 2, reason: 'listed-twice' },
      { line: 4, reason: 'listed-twice' },
    ]);
    expect(edits).toMatchObject([{ prices: [{ from: Date.UTC(2026, 11, 1) }] }]);
  });

  test('by the registry’s own id a price may be of any region, by AWS’s only of the model’s', () => {
    expect(plan(csv('nova-lite,2026-11-01,eu-west-1,1'), [NOVA]).edits).toHaveLength(1);
    const { edits, unmatched } = plan(csv('amazon.nova-lite-v1:0,2026-11-01,eu-west-1,1'), [NOVA]);
    expect(edits).toEqual([]);
    expect(unmatched).toEqual([{ name: 'amazon.nova-lite-v1:0', reason: 'another-region', count: 1 }]);
  });

  test('an endpoint is priced by its own name alone', () => {
    const endpoint = { kind: 'sagemaker-endpoint', endpointName: 'e', region: 'us-east-1' } as const;
    const arn = 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/e';
    const model = { ...NOVA, id: 'mine', target: { ...endpoint, arn } };
    expect(plan(csv('mine,2026-11-01,,1'), [model]).edits).toHaveLength(1);
    expect(plan(csv('e,2026-11-01,,1'), [model]).edits).toHaveLength(1);
    expect(plan(csv('amazon.nova-lite-v1:0,2026-11-01,,1'), [model]).edits).toEqual([]);
  });
});

describe('what an import would do', () => {
  test('it is told against what the registry has', () => {
    const model = direct('nova-lite', 'amazon.nova-lite-v1:0', 'us-east-1', [
      { version: 'a', from: '2026-01-01', usdPerMillion: { input: '1' } },
      { version: 'b', from: '2026-11-01', usdPerMillion: { input: '2' } },
    ]);
    const reading = csv('nova-lite,2026-02-01,,1', 'nova-lite,2026-11-01,,3', 'nova-lite,2026-12-01,,4');
    const [edit] = plan(reading, [model]).edits;
    expect(edit?.results.map(({ outcome, price }) => [outcome, price.version])).toEqual([
      ['unchanged', 'a'],
      ['corrected', 'b'],
      ['added', '2026-12-01'],
    ]);
  });

  test('a model that would have too many prices is named before anything is done', () => {
    const rows = Array.from({ length: PRICES_MAX + 1 }, (_, day) => {
      const from = new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10);
      return `nova-lite,${from},,${day + 1}`;
    });
    const { bad, edits } = plan(csv(...rows, 'other,2026-11-01,,1'), [NOVA, direct('other', 'amazon.nova-pro-v1:0')]);
    expect(bad).toMatchObject([{ field: 'model nova-lite: prices', reason: 'too-many' }]);
    expect(edits).toMatchObject([{ model: 'other' }]);
  });
});
