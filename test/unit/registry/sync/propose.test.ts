import { describe, expect, test } from 'vitest';
import type { Lifecycle, Place, Target } from '../../../../contract/model.ts';
import { type ModelEntry, parseModel } from '../../../../registry/model.ts';
import { placeDocument } from '../../../../registry/places.ts';
import { propose } from '../../../../registry/sync/propose.ts';
import { aCatalog, aModel, anEndpoint, aProfile, ending } from './catalogue.ts';

const NOVA = 'amazon.nova-lite-v1:0';
const EAST = aModel(NOVA, 'us-east-1');
const [NOVEMBER, MAY, JUNE] = ['2026-11-01', '2027-05-01', '2027-06-01'].map((day) => Date.parse(day) / 1000) as [
  number,
  number,
  number,
];

function entryOf(where: object, lifecycle: Partial<Lifecycle> = {}, more: object = {}): ModelEntry {
  const { deprecatedAt, sunsetAt, ...rest } = lifecycle;
  const day = (at: number | undefined) => (at === undefined ? undefined : new Date(at * 1000).toISOString());
  const dated = JSON.parse(JSON.stringify({ deprecatedAt: day(deprecatedAt), sunsetAt: day(sunsetAt) }));
  return parseModel({
    ...{ v: 1, id: 'nova', prices: [], version: 3, updatedAt: '2026-11-10', updatedBy: 'ops' },
    ...where,
    lifecycle: { status: 'active', ...rest, ...dated },
    ...more,
  });
}

const model = (region = 'us-east-1', id = NOVA): Target => ({
  ...{ kind: 'bedrock-model', modelId: id, region },
  arn: aModel(id, region).arn,
});

function profile(regions: readonly string[]): Target {
  const { id, region, arn, modelArns } = aProfile(`us.${NOVA}`, 'us-east-1', regions);
  return { kind: 'bedrock-profile', modelId: id, region, arn, modelArns: [...modelArns] };
}

describe('a model that AWS ends', () => {
  const ended = aCatalog({ models: [{ ...EAST, lifecycle: ending({ legacyAt: NOVEMBER, endAt: MAY }) }] });
  const lifecycle = (given: Partial<Lifecycle>) =>
    propose(ended, [entryOf({ target: model() }, given)]).edits.map(({ document }) => document);

  test('is deprecated, with AWS’s dates; a successor is not guessed', () => {
    expect(lifecycle({})).toEqual([
      {
        id: 'nova',
        lifecycle: { status: 'deprecated', deprecatedAt: '2026-11-01T00:00:00Z', sunsetAt: '2027-05-01T00:00:00Z' },
      },
    ]);
  });

  test('keeps an earlier end and a successor that its operator gave it', () => {
    const sunsetAt = MAY - 86_400;
    expect(lifecycle({ status: 'deprecated', deprecatedAt: NOVEMBER, sunsetAt, successor: 'other' })).toEqual([]);
    expect(lifecycle({ sunsetAt, successor: 'other' })).toMatchObject([
      { lifecycle: { status: 'deprecated', sunsetAt: '2027-04-30T00:00:00Z', successor: 'other' } },
    ]);
  });

  test('ends no later than AWS does, and its deprecation not after that', () => {
    expect(lifecycle({ status: 'deprecated', deprecatedAt: JUNE, sunsetAt: JUNE + 1 })).toMatchObject([
      { lifecycle: { deprecatedAt: '2027-05-01T00:00:00Z', sunsetAt: '2027-05-01T00:00:00Z' } },
    ]);
  });

  test('is left as it is where it is retired or a draft', () => {
    expect(lifecycle({ status: 'retired' })).toEqual([]);
    expect(lifecycle({ status: 'draft' })).toEqual([]);
  });

  test('of several places ends with the last of them', () => {
    const entry = entryOf({ targets: [{ target: model() }, { target: profile(['us-east-1']) }] });
    expect(propose(ended, [entry]).edits[0]?.document.lifecycle).toMatchObject({ status: 'deprecated' });
    const bought: Target = {
      ...{ kind: 'bedrock-model', region: 'us-east-1' },
      modelId: 'arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefabcdef',
      arn: 'arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefabcdef',
    };
    expect(propose(ended, [entryOf({ targets: [{ target: model() }, { target: bought }] })]).edits).toEqual([]);
  });

  test('without a price of the days on which it may cost more is told of', () => {
    const dear = aCatalog({ models: [{ ...EAST, lifecycle: ending({ extendedAt: MAY }) }] });
    const priced = (from: string) =>
      entryOf(
        { target: model() },
        {},
        { prices: [{ version: 'a', from, usdPerMillion: { input: '1', output: '1' } }] },
      );
    expect(propose(dear, [priced('2026-01-01')]).findings).toMatchObject([
      { model: 'nova', reason: 'dearer', detail: '2027-05-01T00:00:00Z' },
    ]);
    expect(propose(dear, [priced('2027-05-01')]).findings).toEqual([]);
  });
});

describe('a profile that runs its model elsewhere', () => {
  const now = aCatalog({
    models: [EAST],
    profiles: [aProfile(`us.${NOVA}`, 'us-east-1', ['us-east-1', 'us-west-2'])],
  });

  test('has its regions changed, and that it widens is said', () => {
    const [edit] = propose(now, [entryOf({ target: profile(['us-east-1', 'us-east-2']) })]).edits;
    expect(edit).toMatchObject({ widens: ['us-west-2'] });
    expect(edit?.document).toEqual({ id: 'nova', target: profile(['us-east-1', 'us-west-2']) });
  });

  test('is the same in whatever order AWS lists them', () => {
    expect(propose(now, [entryOf({ target: profile(['us-west-2', 'us-east-1']) })]).edits).toEqual([]);
  });

  test('keeps all else of its place, and every other place', () => {
    const places: Place[] = [
      { target: profile(['us-east-1']), weight: 3, drained: true, group: 'normal' },
      { target: model('us-west-2') },
    ];
    const entry = entryOf({ targets: places.map(placeDocument) });
    const west = aCatalog({ ...now, models: [EAST, aModel(NOVA, 'us-west-2')] });
    expect(propose(west, [entry]).edits[0]?.document).toEqual({
      id: 'nova',
      targets: [{ ...places[0], target: profile(['us-east-1', 'us-west-2']) }, { target: model('us-west-2') }],
    });
  });

  test('of another account is not looked for here', () => {
    const theirs = profile(['us-east-1']);
    const target = { ...theirs, arn: theirs.arn.replace('111122223333', '444455556666') };
    expect(propose(now, [entryOf({ target })])).toEqual({ drafts: [], edits: [], findings: [] });
  });

  test('keeps the ARN without a region of one that runs anywhere', () => {
    const id = `global.${NOVA}`;
    const { arn, modelArns } = aProfile(id, 'us-east-1', ['us-east-1', '']);
    const target: Target = {
      kind: 'bedrock-profile',
      modelId: id,
      region: 'us-east-1',
      arn,
      modelArns: [...modelArns],
    };
    const listed = aCatalog({ models: [EAST], profiles: [aProfile(id, 'us-east-1', ['us-east-1'])] });
    expect(propose(listed, [entryOf({ target })]).edits).toEqual([]);
  });

  test('of another model than it was is for people to decide', () => {
    const { arn } = aProfile(`us.${NOVA}`, 'us-east-1', []);
    const other = { ...aProfile('us.other', 'us-east-1', ['us-east-1']), arn };
    const { edits, findings } = propose(aCatalog({ models: [EAST], profiles: [other] }), [
      entryOf({ target: profile(['us-east-1']) }),
    ]);
    expect([edits, findings]).toMatchObject([[], [{ reason: 'another-model', region: 'us-east-1' }]]);
  });
});

describe('what is not there any more', () => {
  const endpoint: Target = {
    ...{ kind: 'sagemaker-endpoint', endpointName: 'mixtral', region: 'us-east-1' },
    arn: anEndpoint('mixtral', 'us-east-1').arn,
  };
  const reasons = (has: Parameters<typeof aCatalog>[0], target: Target, regions?: string[]) =>
    propose(aCatalog(has, regions), [entryOf({ target })]).findings.map(({ reason, detail }) => [reason, detail]);

  test.each([
    ['an id', model(), 'not-listed'],
    ['a profile', profile(['us-east-1']), 'not-listed'],
    ['an endpoint', endpoint, 'endpoint-gone'],
  ])('%s is told, and not where the list was not read', (_, target, reason) => {
    expect(reasons({}, target)).toEqual([[reason, '']]);
    expect(reasons({}, target, ['us-west-2'])).toEqual([]);
  });

  test('an endpoint that failed is told with why', () => {
    const has = (status: string, failure?: string) => ({
      endpoints: [anEndpoint('mixtral', 'us-east-1', { status, ...(failure === undefined ? {} : { failure }) })],
    });
    expect(reasons(has('Failed', 'no capacity'), endpoint)).toEqual([['endpoint-failed', 'no capacity']]);
    expect(reasons(has('Deleting'), endpoint)).toEqual([['endpoint-not-in-service', 'Deleting']]);
    expect(reasons(has('Updating'), endpoint)).toEqual([]);
  });

  test('a retired model is at rest', () => {
    const entry = entryOf({ target: model() }, { status: 'retired' });
    expect(propose(aCatalog({}), [entry]).findings).toEqual([]);
  });
});

describe('what is new', () => {
  const drafts = (has: Parameters<typeof aCatalog>[0], entries: ModelEntry[] = []) =>
    propose(aCatalog(has), entries).drafts.map(({ document }) => document);

  test('is a draft with what AWS says of it, without a price, in each region', () => {
    const said = { name: 'Nova Lite', provider: 'Amazon', input: ['TEXT', 'IMAGE', 'SMELL'], streaming: true };
    expect(drafts({ models: [aModel(NOVA, 'us-east-1', said), aModel(NOVA, 'us-west-2')] })).toEqual([
      {
        id: 'nova-lite',
        displayName: 'Nova Lite',
        capabilities: { input: ['text', 'image'], output: ['text'], streaming: true },
        provenance: { source: 'Amazon' },
        targets: [{ target: model('us-east-1') }, { target: model('us-west-2') }],
        lifecycle: { status: 'draft' },
        prices: [],
      },
    ]);
  });

  test('is called by the profile of the fewest regions where its own id is not called', () => {
    const profiles = [
      aProfile(`global.${NOVA}`, 'us-east-1', ['us-east-1', 'us-west-2', 'eu-west-1']),
      aProfile(`us.${NOVA}`, 'us-east-1', ['us-east-1', 'us-west-2']),
    ];
    expect(drafts({ models: [{ ...EAST, onDemand: false }], profiles })).toMatchObject([
      { target: { modelId: `us.${NOVA}` } },
    ]);
    expect(drafts({ models: [{ ...EAST, onDemand: false }] })).toEqual([]);
  });

  test('is nothing that an entry points at, in whatever way and state', () => {
    for (const entry of [
      entryOf({ target: profile(['us-east-1']) }),
      entryOf({ target: model('eu-west-1') }, { status: 'retired' }),
    ])
      expect(drafts({ models: [EAST] }, [entry])).toEqual([]);
  });

  test('is nothing on its way out, nothing that makes films, and no endpoint that answers later or is not up', () => {
    expect(drafts({ models: [{ ...EAST, lifecycle: ending({}) }] })).toEqual([]);
    expect(drafts({ models: [{ ...EAST, output: ['VIDEO'] }] })).toEqual([]);
    const endpoints = [
      anEndpoint('later', 'us-east-1', { isAsync: true }),
      anEndpoint('made', 'us-east-1', { status: 'Creating' }),
      anEndpoint('Up', 'us-east-1'),
    ];
    expect(drafts({ endpoints })).toMatchObject([{ id: 'up', target: { endpointName: 'Up' } }]);
  });

  test('takes no name that is taken, and says more where two would be called the same', () => {
    const two = ['anthropic.claude-x-20250101-v1:0', 'anthropic.claude-x-20250601-v1:0', 'cohere.embed-v4:0'];
    const models = two.map((id) => aModel(id, 'us-east-1'));
    expect(drafts({ models }).map(({ id }) => id)).toEqual([
      'claude-x-20250101-v1-0',
      'claude-x-20250601-v1-0',
      'embed-v4-0',
    ]);
    const taken = entryOf({ target: model() }, {}, { id: 'claude-x' });
    expect(drafts({ models: models.slice(0, 1) }, [taken]).map(({ id }) => id)).toEqual(['claude-x-20250101-v1-0']);
  });

  test('is nothing whose session would not fit', () => {
    const id = `global.${NOVA}`;
    const regions = Array.from({ length: 40 }, (_, index) => `us-east-${index}`);
    expect(drafts({ models: [{ ...EAST, onDemand: false }], profiles: [aProfile(id, 'us-east-1', regions)] })).toEqual(
      [],
    );
  });
});
