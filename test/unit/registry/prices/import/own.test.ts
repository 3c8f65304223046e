import { describe, expect, test } from 'vitest';
import { readNameMap } from '../../../../../registry/prices/import/file.ts';
import cases from '../../../../cases/price-files.json' with { type: 'json' };
import { NOW, read } from './support.ts';

describe('our own file of prices', () => {
  test.each(cases)('$name', ({ text, bad, good = [] }) => {
    const reading = read(text);
    expect(reading.format).toBe('tollgate');
    expect(reading.bad).toEqual(bad);
    expect(reading.found.map(({ model }) => (model.is === 'id' ? model.id.trim() : model))).toEqual(good);
  });

  test('both forms say the same', () => {
    const json = read(
      JSON.stringify({
        from: '2026-12-01',
        source: 'our contract',
        prices: [
          {
            model: 'a',
            version: 'q4',
            region: 'eu-west-1',
            tier: 'flex',
            usdPerMillion: { input: '1', output: '2', cacheRead: '0.1', cacheWrite: '1.25', cacheWrite1h: '2.5' },
          },
          { model: 'b', usdPerImage: '0.04' },
        ],
      }),
    );
    const csv = read(
      [
        'model,version,from,region,tier,input,output,cache_read,cache_write,cache_write_1h,image,hour,source',
        'a,q4,2026-12-01,eu-west-1,flex,1,2,0.1,1.25,2.5,,,our contract',
        'b,,2026-12-01,,,,,,,,0.04,,our contract',
      ].join('\n'),
    );
    const pricesOf = ({ found }: typeof json) => found.map(({ model, price }) => ({ model, price }));
    expect(pricesOf(csv)).toEqual(pricesOf(json));
    expect(csv.found.map(({ price }) => price.version)).toEqual(['q4', undefined]);
  });

  test('a price without a date is from now on, and from the file’s name', () => {
    expect(read('model,input\na,1\n').found[0]?.price).toMatchObject({ from: NOW, source: 'a-file' });
  });

  test('--from takes the place of every date', () => {
    const from = Date.UTC(2027, 0, 1);
    expect(read('model,from,input\na,2026-01-01,1\n', { from }).found[0]?.price.from).toBe(from);
  });

  test('a mark of byte order before it changes nothing', () => {
    expect(read('\uFEFFmodel,input\na,1\n').found).toHaveLength(1);
    expect(read('\uFEFF{"prices":[{"model":"a","usdPerImage":"1"}]}').found).toHaveLength(1);
  });
});

describe('the format is found by the content', () => {
  test.each(['{}', '[]', '{"models": []}', '{"us-east-1": {"text": {}}}'])('%s is none', (text) =>
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad_entry', reason: 'unknown-format' })),
  );

  test('what is broken JSON is told with its line', () => {
    expect(() => read('{"prices": [\n{"model": "a",}]}')).toThrow(expect.objectContaining({ field: 'line 2' }));
  });
});

describe('a map of names', () => {
  test('says which model a name is, or that it is not wanted', () => {
    expect([...readNameMap('{"Nova Lite": "nova-lite", "Nova Reel": null}')]).toEqual([
      ['Nova Lite', 'nova-lite'],
      ['Nova Reel', null],
    ]);
  });

  test.each([
    ['[]', 'file'],
    ['{"Nova Lite": 3}', 'Nova Lite'],
    ['{"Nova Lite": "No Id"}', 'Nova Lite'],
  ])('%s is refused', (text, field) =>
    expect(() => readNameMap(text)).toThrow(expect.objectContaining({ code: 'bad_entry', field })),
  );
});
