import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { byOption } from '../../../cli/naming.ts';
import { amountOptions, givenPrice, PRICE_OPTIONS, type PriceOptions } from '../../../cli/price/amounts.ts';
import { priceCsv, priceTable } from '../../../cli/price/list.ts';
import { ratesLost } from '../../../cli/price/lost.ts';

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0, 123);

/** What the options of `price set` give. */
function given(...args: string[]) {
  const command = amountOptions(new Command('set')).exitOverride();
  command.parse(args, { from: 'user' });
  return givenPrice(command.opts<PriceOptions>(), NOW);
}

describe('the options of a price', () => {
  test('each rate has its own', () => {
    const rates = '--input 3 --output 15 --cache-read 0.3 --cache-write 3.75 --cache-write-1h 6 --image 0.04';
    expect(given(...rates.split(' '))).toEqual({
      from: NOW,
      usdPerMillion: { input: '3', output: '15', cacheRead: '0.3', cacheWrite: '3.75', cacheWrite1h: '6' },
      usdPerImage: '0.04',
    });
  });

  test('place, date, name and source are told', () => {
    const args = '--input 3 --in-region eu-west-1 --tier batch --from 2026-12-01T12:00:00Z --version q4 --source us';
    expect(given(...args.split(' '))).toEqual({
      version: 'q4',
      from: Date.UTC(2026, 11, 1, 12),
      region: 'eu-west-1',
      tier: 'batch',
      usdPerMillion: { input: '3' },
      source: 'us',
    });
  });

  test('bought capacity is by the hour', () => {
    expect(given('--tier', 'provisioned', '--hour', '39.6')).toEqual({
      from: NOW,
      tier: 'provisioned',
      usdPerHour: '39.6',
    });
  });

  test.each([
    [['--input', '-1'], 'usdPerMillion.input', 'negative'],
    [['--output', 'NaN'], 'usdPerMillion.output', 'not-a-number'],
    [['--cache-read', '1e-3'], 'usdPerMillion.cacheRead', 'exponent'],
    [['--cache-write', 'Infinity'], 'usdPerMillion.cacheWrite', 'not-finite'],
    [['--cache-write-1h', '3,75'], 'usdPerMillion.cacheWrite1h', 'not-a-decimal'],
    [['--image', ''], 'usdPerImage', 'empty'],
    [['--input', '3', '--hour', '1'], 'usdPerHour', 'only-provisioned'],
    [['--tier', 'provisioned', '--input', '3'], 'usdPerHour', 'missing'],
    [['--input', '3', '--in-region', 'Paris'], 'region', 'not-a-region'],
    [['--input', '3', '--from', '2026-02-30'], '--from', 'not-a-date'],
    [['--input', '3', '--version', 'a b'], 'version', 'not-a-name'],
    [[], 'usdPerMillion', 'no-rate'],
  ])('%j is refused', (args, field, reason) =>
    expect(() => given(...args)).toThrow(expect.objectContaining({ code: 'bad_entry', field, reason })),
  );

  test.each([
    [['--input', '-1'], '--input: negative; it must be dollars in plain notation, 3 or 0.0175.'],
    [['--input', '3', '--hour', '1'], /^--hour: only provisioned; /],
    [['--input', '3', '--in-region', 'Paris'], /^--in-region: not a region; /],
    [['--input', '3', '--from', 'tomorrow'], /^--from: not a date; /],
    [[], 'the price: no rate; it must be given by --input, --output or another rate.'],
  ])('%j is said by its option', (args, message) => {
    const said = (error: unknown) => (byOption(error, PRICE_OPTIONS) as { publicMessage: string }).publicMessage;
    const publicMessage = typeof message === 'string' ? message : expect.stringMatching(message);
    expect.assertions(1);
    try {
      given(...args);
    } catch (error) {
      expect(said(error)).toEqual(publicMessage);
    }
  });
});

describe('the rates that a price takes away', () => {
  const any = {
    version: 'a',
    from: 0,
    usdPerMillion: { input: '3', output: '15', cacheRead: '0.3' },
    usdPerImage: '1',
  };
  const here = { version: 'b', from: 0, region: 'eu-west-1', usdPerMillion: { input: '4' } };
  const batch = { version: 'c', from: 0, tier: 'batch' as const, usdPerMillion: { output: '7' } };

  test.each([
    ['--input 1', { version: 'a', options: ['--output', '--cache-read', '--image'] }],
    ['--input 1 --output 2 --cache-read 0 --image 1', undefined],
    ['--output 1 --in-region eu-west-1', { version: 'b', options: ['--input'] }],
    ['--input 1 --output 2 --cache-read 0 --in-region us-east-1', { version: 'a', options: ['--image'] }],
    ['--input 1 --tier batch', { version: 'c', options: ['--output'] }],
    ['--input 1 --tier flex', undefined],
  ])('%s', (args, lost) => {
    expect(ratesLost(given(...args.split(' ')), [here, any, batch])).toEqual(lost);
  });
});

describe('a list of prices', () => {
  const models = [
    {
      id: 'm',
      prices: [
        { version: 'a', from: Date.UTC(2026, 0, 1), usdPerMillion: { input: '3', cacheWrite1h: '6' }, source: '=1+1' },
        { version: 'b', from: NOW, region: 'eu-west-1', tier: 'provisioned' as const, usdPerHour: '39.6' },
      ],
    },
    { id: 'none', prices: [] },
  ];

  test('for people has a column for each rate', () => {
    expect(priceTable(models).split('\n')).toEqual([
      'MODEL  VERSION  FROM                      REGION     TIER         INPUT  OUTPUT  CACHE READ  CACHE WRITE  CACHE WRITE 1H  IMAGE  HOUR  SEARCH  CALL',
      'm      a        2026-01-01                any        on-demand    3      -       -           -            6               -      -     -       -',
      'm      b        2026-11-21T09:00:00.123Z  eu-west-1  provisioned  -      -       -           -            -               -      39.6  -       -',
    ]);
  });

  test('for files has every member, and no cell that a spreadsheet takes for a formula', () => {
    expect(priceCsv(models).split('\r\n')).toEqual([
      'model,version,from,region,tier,input,output,cache_read,cache_write,cache_write_1h,image,hour,source,search,call',
      "m,a,2026-01-01T00:00:00.000Z,,,3,,,,6,,,'=1+1,,",
      'm,b,2026-11-21T09:00:00.123Z,eu-west-1,provisioned,,,,,,,39.6,,,',
      '',
    ]);
  });
});
