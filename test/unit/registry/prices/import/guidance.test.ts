import { describe, expect, test } from 'vitest';
import { planImport } from '../../../../../registry/prices/import/plan.ts';
import golden from '../../../../cases/golden-report.json' with { type: 'json' };
import { direct, fixture, NOW, read } from './support.ts';

const FILE = fixture('prices-guidance-models.json');

function priced(id: string, region = 'us-east-1') {
  const { edits } = planImport(read(FILE), [direct('m', id, region)], new Map());
  return edits[0]?.prices.map(({ usdPerMillion, usdPerImage }) => usdPerMillion ?? usdPerImage);
}

describe('the models.json of AWS’s guidance', () => {
  test.each([
    ['amazon.titan-tg1-large', { input: '0.3', output: '0.4' }],
    ['anthropic.claude-v2', { input: '11.02', output: '32.68' }],
    ['ai21.j2-grande-instruct', { input: '12.5', output: '12.5' }],
    ['anthropic.claude-v2:1', { input: '8', output: '24' }],
    ['amazon.titan-embed-text-v2:0', { input: '0.02', output: '0' }],
  ])('%s: numbers per 1,000 tokens are decimal text per 1,000,000', (id, expected) =>
    expect(priced(id)).toEqual([expected]),
  );

  test('M5: the prices of the published table are its', () => {
    for (const { id, input, output } of golden.prices) {
      const found = read(FILE).found.find(({ model }) => model.is === 'id' && model.id.endsWith(`.${id}`));
      const perThousand = Object.values(found?.price.usdPerMillion ?? {}).map((rate) => Number(rate) / 1000);
      expect(perThousand, id).toEqual([Number(input), Number(output)]);
    }
  });

  test('a model costs what its own region says', () => {
    expect(priced('anthropic.claude-v2:1', 'eu-west-1')).toEqual([{ input: '9', output: '25' }]);
  });

  test('an image whose price depends on its size is listed, not priced', () => {
    expect(priced('amazon.titan-image-generator-v1')).toBeUndefined();
    expect(read(FILE).skipped).toEqual([
      { what: 'amazon.titan-image-generator-v1', reason: 'several-prices-per-image', count: 1 },
    ]);
  });

  test('without regions and sections it is read too, for every region and from now on', () => {
    const [found] = read('{"anthropic.claude-v2": {"input_cost": 0.008, "output_cost": 1e-3}}').found;
    expect(found?.price).toMatchObject({ from: NOW, usdPerMillion: { input: '8', output: '1' } });
    expect(found?.price.region).toBeUndefined();
  });

  test.each([
    ['-0.003', 'negative'],
    ['NaN', 'not-a-number'],
    ['Infinity', 'not-finite'],
    ['"free"', 'not-a-number'],
    ['null', 'not-a-number'],
    ['1e-13', 'too-many-digits'],
    ['1e12', 'too-large'],
  ])('an input_cost of %s is named with its line', (cost, reason) => {
    const text = `{"us-east-1": {"text": {\n"good": {"input_cost": 1},\n"bad": {"output_cost": 1,\n"input_cost": ${cost}}}}}`;
    const { bad, found } = read(text);
    expect(bad).toEqual([{ line: 4, at: '/us-east-1/text/bad/input_cost', field: 'input_cost', reason }]);
    expect(found.map(({ model }) => model)).toEqual([{ is: 'id', id: 'good' }]);
  });

  test('a member that is not known is named: it may be a price', () => {
    expect(read('{"m": {"input_cost": 1, "cache_cost": 2}}').bad).toMatchObject([
      { field: 'cache_cost', reason: 'unknown-member' },
    ]);
  });
});
