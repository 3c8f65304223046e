import { describe, expect, test } from 'vitest';
import { planImport } from '../../../../../registry/prices/import/plan.ts';
import { direct, fixture, profile, read } from './support.ts';

const BEDROCK = fixture('prices-aws-bedrock.json');
const FOUNDATION = fixture('prices-aws-foundation-models.json');
const FROM = Date.UTC(2026, 10, 1);

const NOVA = direct('nova-lite', 'amazon.nova-lite-v1:0');
const SONNET = profile('sonnet', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0');
const GLOBAL_SONNET = profile('sonnet-global', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0');

function planned(text: string, models = [NOVA], map = new Map<string, string | null>()) {
  return planImport(read(text), models, map);
}

function pricesOf(text: string, model: ReturnType<typeof direct>) {
  return planned(text, [model]).edits[0]?.prices.map(({ from, source: _, ...price }) => {
    expect(from).toBe(FROM);
    return price;
  });
}

/** The list with one product's price said otherwise. */
function changed(text: string, usagetype: string, change: (dimension: Record<string, unknown>) => void): string {
  const offer = JSON.parse(text) as {
    products: Record<string, { attributes: { usagetype: string } }>;
    terms: { OnDemand: Record<string, Record<string, { priceDimensions: Record<string, Record<string, unknown>> }>> };
  };
  const sku = Object.keys(offer.products).find((key) => offer.products[key]?.attributes.usagetype === usagetype) ?? '';
  for (const term of Object.values(offer.terms.OnDemand[sku] ?? {}))
    for (const dimension of Object.values(term.priceDimensions)) change(dimension);
  return JSON.stringify(offer, null, 2);
}

describe('an offer file of AWS’s Price List', () => {
  test('each tier of a model is one version with all its kinds, in the region of the file', () => {
    const place = { region: 'us-east-1' };
    expect(pricesOf(BEDROCK, NOVA)).toEqual([
      { ...place, usdPerMillion: { input: '0.06', output: '0.24', cacheRead: '0.015', cacheWrite: '0' } },
      { ...place, tier: 'batch', usdPerMillion: { input: '0.03', output: '0.12' } },
      { ...place, tier: 'flex', usdPerMillion: { input: '0.03', output: '0.12' } },
      { ...place, tier: 'priority', usdPerMillion: { input: '0.105', output: '0.42' } },
    ]);
  });

  test('a profile of a geography pays the region’s price, a global one its own', () => {
    expect(pricesOf(FOUNDATION, SONNET)).toEqual([
      {
        region: 'us-east-1',
        usdPerMillion: { input: '3.3', output: '16.5', cacheRead: '0.33', cacheWrite: '4.125', cacheWrite1h: '6.6' },
      },
      { region: 'us-east-1', tier: 'batch', usdPerMillion: { input: '1.65', output: '8.25' } },
    ]);
    expect(pricesOf(FOUNDATION, GLOBAL_SONNET)).toEqual([
      { region: 'us-east-1', usdPerMillion: { input: '3', output: '15' } },
    ]);
  });

  test('a model without a global price is not priced by the region’s', () => {
    const v2 = profile('v2', 'global.anthropic.claude-3-5-sonnet-20241022-v2:0');
    expect(planned(FOUNDATION, [v2]).edits).toEqual([]);
  });

  test('the second version of a model is not the first', () => {
    const [v1, v2] = ['20240620-v1:0', '20241022-v2:0'].map((end) => direct('s', `anthropic.claude-3-5-sonnet-${end}`));
    expect(pricesOf(FOUNDATION, v1 ?? NOVA)).toMatchObject([{ usdPerMillion: { input: '3.1' } }]);
    expect(pricesOf(FOUNDATION, v2 ?? NOVA)).toMatchObject([{ usdPerMillion: { input: '3' } }]);
  });

  test.each([
    ['amazon.nova-2-lite-v1:0', { input: '0.33', output: '2.75' }],
    ['meta.llama3-3-70b-instruct-v1:0', { input: '0.72', output: '0.72' }],
    ['amazon.titan-embed-text-v2:0', { input: '0.02' }],
    ['amazon.titan-embed-image-v1', { input: '0.8' }],
    ['qwen.qwen3-32b-v1:0', { input: '0.15', output: '0.6' }],
    ['xai.grok-4.3', { input: '1.25' }],
  ])('%s is found by its name', (id, usdPerMillion) =>
    expect(pricesOf(BEDROCK, direct('m', id))).toEqual([{ region: 'us-east-1', usdPerMillion }]),
  );

  test('an image model of one price is priced, its prompt at nothing, one whose price depends on the size is listed', () => {
    expect(pricesOf(FOUNDATION, direct('m', 'stability.stable-image-core-v1:1'))).toEqual([
      { region: 'us-east-1', usdPerMillion: { input: '0', output: '0' }, usdPerImage: '0.04' },
    ]);
    const canvas = planned(BEDROCK, [direct('m', 'amazon.nova-canvas-v1:0')]);
    expect(canvas.edits).toEqual([]);
    expect(read(BEDROCK).skipped).toContainEqual({ what: 'Nova Canvas', reason: 'several-prices-per-image', count: 1 });
  });

  test('what is no price of a call is counted with its reason', () => {
    expect(read(BEDROCK).skipped).toEqual(
      expect.arrayContaining([
        { what: 'Nova Lite', reason: 'own-models', count: 1 },
        { what: 'Nova Lite', reason: 'several-prices-per-hour', count: 1 },
        { what: 'Nova Pro', reason: 'latency-optimized', count: 1 },
        { what: 'Nova 2.0 Omni', reason: 'audio-or-video', count: 1 },
      ]),
    );
    expect(read(FOUNDATION).skipped).toEqual(
      expect.arrayContaining([
        { what: 'Claude Sonnet 4.5', reason: 'long-context', count: 1 },
        { what: 'Claude Sonnet 4.5', reason: 'reserved-capacity', count: 1 },
      ]),
    );
  });

  test('models that the registry has not are listed by name, and nothing is guessed', () => {
    const { edits, unmatched } = planned(BEDROCK, [direct('nova', 'amazon.nova-premier-v1:0')]);
    expect(edits).toEqual([]);
    expect(unmatched).toContainEqual({ name: 'Nova Lite', reason: 'no-such-model', count: 4 });
  });

  test('a model that is called in another region is not priced by this one’s', () => {
    const { edits, unmatched } = planned(BEDROCK, [direct('nova-lite', 'amazon.nova-lite-v1:0', 'eu-west-1')]);
    expect(edits).toEqual([]);
    expect(unmatched).toContainEqual({ name: 'Nova Lite', reason: 'another-region', count: 4 });
  });

  test('a map names what the list calls otherwise, and what is not wanted', () => {
    const own = direct('my-model', 'amazon.nova-premier-v1:0');
    const global = profile('my-global', 'global.amazon.nova-premier-v1:0');
    const map = new Map<string, string | null>([
      ['Nova Lite', 'my-model'],
      ['Nova Pro', 'gone'],
      ['Qwen3 32B', null],
    ]);
    const { edits, unmatched } = planned(BEDROCK, [own], map);
    expect(edits).toMatchObject([{ model: 'my-model', prices: { length: 4 } }]);
    for (const [model, input] of [
      [own, '0.33'],
      [global, '0.3'],
    ] as const)
      expect(planned(BEDROCK, [model], new Map([['Nova 2.0 Lite', model.id]])).edits[0]?.prices).toMatchObject([
        { usdPerMillion: { input } },
      ]);
    expect(unmatched.map(({ name }) => name)).not.toContain('Qwen3 32B');
  });

  test('the source and the date are the list’s own, and --from takes the date’s place', () => {
    expect(read(BEDROCK).found[0]?.price).toMatchObject({
      from: FROM,
      source: 'AWS Price List AmazonBedrock 2026-11-12',
    });
    const from = Date.UTC(2026, 11, 1);
    for (const { price } of read(BEDROCK, { from }).found) expect(price).toMatchObject({ from });
  });

  test.each([
    ['-0.0000600000', 'pricePerUnit.USD', 'negative'],
    ['NaN', 'pricePerUnit.USD', 'not-a-number'],
    ['Infinity', 'pricePerUnit.USD', 'not-finite'],
    ['6e-5', 'pricePerUnit.USD', 'exponent'],
    ['', 'pricePerUnit.USD', 'empty'],
    ['0.0000000000000001', 'pricePerUnit.USD', 'too-many-digits'],
  ])('a price of %s is named with its line, and the whole version is left out', (usd, field, reason) => {
    const text = changed(BEDROCK, 'USE1-NovaLite-input-tokens', (dimension) => {
      dimension.pricePerUnit = { USD: usd };
    });
    const { edits, bad } = planned(text);
    expect(bad).toEqual([expect.objectContaining({ field: `Nova Lite: ${field}`, reason })]);
    expect(text.split('\n')[(bad[0]?.line ?? 0) - 1]).toContain('.6YS6EN2CT7');
    expect(bad[0]?.at).toContain('/terms/OnDemand/BR0001/');
    expect(edits[0]?.prices.map(({ tier }) => tier)).toEqual(['batch', 'flex', 'priority']);
  });

  test('a price in another currency is named', () => {
    const text = changed(BEDROCK, 'USE1-NovaLite-output-tokens', (dimension) => {
      dimension.pricePerUnit = { CNY: '0.0017' };
    });
    expect(planned(text).bad).toEqual([
      expect.objectContaining({ field: 'Nova Lite: pricePerUnit.CNY', reason: 'not-usd' }),
    ]);
  });

  test('two prices for the same thing are both not believed', () => {
    const text = changed(BEDROCK, 'USE1-NovaLite-input-tokens-custom-model', () => {}).replace(
      'USE1-NovaLite-input-tokens-custom-model',
      'USE1-NovaLite-input-tokens-v2',
    );
    const other = changed(text, 'USE1-NovaLite-input-tokens-v2', (dimension) => {
      dimension.pricePerUnit = { USD: '0.0000700000' };
    }).replace('Custom Model On-demand Inference', 'On-demand Inference');
    expect(planned(other).bad).toEqual([expect.objectContaining({ field: 'Nova Lite: input', reason: 'two-prices' })]);
  });
});
