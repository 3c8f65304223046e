import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTollgateError } from '../../contract/errors.ts';
import { type Endpoints, readEndpoints } from '../../registry/endpoints.ts';
import { parseModel } from '../../registry/model.ts';
import { placeDocument } from '../../registry/places.ts';
import { modelDocument } from '../unit/registry/documents.ts';

const OPTIONS = {
  nativeId: 'amazon.nova-lite-v1:0',
  account: '111122223333',
  profiles: new Map([['us', ['us-east-1', 'us-west-2']]]),
};

const anything = fc.jsonValue({ maxDepth: 1 });
/** As the helper has it, or not quite. */
const endpoint = fc.record(
  {
    region: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('us-east-1', 'us-west-2', 'eu-west-1', 'cn-north-1') },
      anything,
    ),
    primary: fc.oneof({ weight: 8, arbitrary: fc.boolean() }, anything),
    next_available_time: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0 }) }, anything),
    region_profile_prefix: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('us', 'eu', '', null) }, anything),
  },
  { requiredKeys: ['region'] },
);
const files = fc.oneof(
  { weight: 8, arbitrary: fc.array(fc.oneof({ weight: 12, arbitrary: endpoint }, anything), { maxLength: 4 }) },
  anything,
);

function modelOf({ places }: Endpoints) {
  const { target: _, ...rest } = modelDocument('m');
  return parseModel({ ...rest, targets: places.map(placeDocument) });
}

test('a file with nothing wrong makes a model, of a place for each endpoint; every other is told why not', () => {
  let made = 0;
  const property = fc.property(files, (file) => {
    const read = readEndpoints(JSON.stringify(file, null, 1), OPTIONS);
    if (read.bad.length > 0) {
      for (const { line, reason } of read.bad) expect([line > 0, reason]).toEqual([true, expect.stringMatching(/./)]);
      return;
    }
    const regions = (file as { region: string }[]).map(({ region }) => region);
    expect(modelOf(read).places?.map(({ target }) => target.region)).toEqual(regions);
    made++;
  });
  fc.assert(property, { numRuns: 2_000 });
  expect(made).toBeGreaterThan(100);
});

test('a text that is no JSON is refused by its line, and nothing else is thrown', () => {
  const property = fc.property(
    fc.oneof(
      fc.string(),
      files.map((file) => JSON.stringify(file).slice(0, -1)),
    ),
    (text) => {
      try {
        readEndpoints(text, OPTIONS);
      } catch (error) {
        if (!isTollgateError(error, 'bad_entry')) throw error;
        expect(error.field).toMatch(/^line \d+$/);
      }
    },
  );
  fc.assert(property, { numRuns: 1_000 });
});
