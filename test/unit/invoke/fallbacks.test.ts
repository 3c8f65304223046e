import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AllowedModel, Place, Purpose } from '../../../contract/model.ts';
import type { Call } from '../../../invoke/call.ts';
import { fallbacksOf } from '../../../invoke/pipeline/fallbacks.ts';

const NOW = 1_000;
const GUARDRAIL = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' };

function modelOf(
  id: string,
  more: Partial<AllowedModel> = {},
  region = 'us-east-1',
  base = `amazon.${id}`,
): AllowedModel {
  const arn = `arn:aws:bedrock:${region}::foundation-model/${base}`;
  const target = { kind: 'bedrock-model' as const, modelId: base, region, arn };
  return { id, target, actions: ['invoke', 'stream', 'count'], lifecycle: { status: 'active' }, ...more };
}

const placeIn = (region: string): Place => ({ target: modelOf('b', {}, region).target });

function found(first: AllowedModel, others: readonly AllowedModel[], more: Partial<Call> = {}): AllowedModel[] {
  const call = { action: 'invoke' as Purpose, ...more };
  return [...fallbacksOf(first, [first, ...others], call, NOW)];
}

const first = (more: Partial<AllowedModel> = {}) => modelOf('a', { fallbacks: ['b', 'c'], ...more });
const ids = (models: readonly AllowedModel[]) => models.map(({ id }) => id);

describe('what may answer in the place of a model', () => {
  test('is tried in the order in which it is listed, whatever the order of ids, and nothing of its own list', () => {
    const others = [modelOf('b'), modelOf('c', { fallbacks: ['a', 'd'] }), modelOf('d')];
    expect(ids(found(modelOf('a', { fallbacks: ['c', 'b'] }), others))).toEqual(['c', 'b']);
    expect(found(first(), others)[0]).toBe(others[0]);
  });

  test.each<[string, Partial<AllowedModel>, Partial<Call>]>([
    ['is retired', { lifecycle: { status: 'retired' } }, {}],
    ['is past its sunset', { lifecycle: { status: 'deprecated', sunsetAt: NOW } }, {}],
    ['has a grant that has ended', { expiresAt: NOW }, {}],
    ['is granted for something else', { actions: ['count'] }, {}],
    ['is not for the path', {}, { serves: ({ id }) => id !== 'b' }],
  ])('is passed over where it %s', (_, more, call) => {
    expect(ids(found(first(), [modelOf('b', more), modelOf('c')], call))).toEqual(['c']);
  });

  test('is nothing to who holds nothing of it, by an alias or a native id of that name neither', () => {
    const others = [modelOf('d', { aliases: [{ alias: 'b', weight: 1 }] }), modelOf('e', {}, 'us-east-1', 'b')];
    expect(found(first(), others)).toEqual([]);
  });

  test.each<[string, Partial<Call>]>([
    ['is pinned', { pinned: true }],
    ['counts tokens, which are another model’s', { action: 'count' }],
    ['applies a guardrail', { action: 'guard' }],
    ['is answered later', { later: true }],
  ])('is nothing to a call that %s', (_, call) => {
    expect(found(first(), [modelOf('b'), modelOf('c')], call)).toEqual([]);
  });

  test('of one that embeds is only the same model under another id', () => {
    const embeds = modelOf('a', { fallbacks: ['b', 'c'] }, 'us-east-1', 'amazon.titan-embed-text-v2:0');
    const others = [
      modelOf('b', {}, 'us-east-1', 'cohere.embed-v4:0'),
      modelOf('c', {}, 'us-west-2', 'amazon.titan-embed-text-v2:0'),
    ];
    expect(ids(found(embeds, others))).toEqual(['c']);
  });

  test('lies within the regions of the first grant, with those of its places alone that do', () => {
    const b = modelOf('b', { places: ['us-east-1', 'us-west-2', 'eu-west-1'].map(placeIn) });
    const c = modelOf('c', { regions: ['us-west-2', 'us-east-1'] }, 'us-west-2');
    const [one, two] = found(first({ regions: ['eu-west-1', 'us-west-2'] }), [b, c]);
    expect(one?.places?.map(({ target }) => target.region)).toEqual(['us-west-2', 'eu-west-1']);
    expect([one?.target.region, one?.regions]).toEqual(['us-west-2', ['eu-west-1', 'us-west-2']]);
    expect([two?.target.region, two?.regions]).toEqual(['us-west-2', ['us-west-2']]);
    expect(found(first({ regions: ['ap-south-1'] }), [b, c])).toEqual([]);
  });

  test('is held to the shorter answer, to tiers of both, and to the guardrail of the first or to nothing', () => {
    const under = (one: Partial<AllowedModel>, other: Partial<AllowedModel>) =>
      found(first(one), [modelOf('b', other)])[0];
    expect(under({ maxTokens: 9 }, { maxTokens: 5 })?.maxTokens).toBe(5);
    expect(under({ maxTokens: 9 }, {})?.maxTokens).toBe(9);
    expect(under({}, { maxTokens: 5 })?.maxTokens).toBe(5);
    expect(under({ tiers: ['default', 'flex'] }, { tiers: ['flex', 'priority'] })?.tiers).toEqual(['flex']);
    expect(under({ tiers: ['default'] }, { tiers: ['flex'] })).toBeUndefined();
    expect(under({ guardrail: GUARDRAIL }, {})).toBeUndefined();
    expect(under({ guardrail: GUARDRAIL }, { guardrail: { ...GUARDRAIL, version: '2' } })).toBeUndefined();
    expect(under({ guardrail: GUARDRAIL }, { guardrail: { ...GUARDRAIL } })?.id).toBe('b');
    // What the tenant's is over both, each region has its own of.
    const west = { ...GUARDRAIL, arn: GUARDRAIL.arn.replace('us-east-1', 'us-west-2') };
    const both = [GUARDRAIL, west];
    const guardedBy = 'tenant' as const;
    expect(under({ guardrail: GUARDRAIL, guardedBy }, { guardrail: both, guardedBy })?.id).toBe('b');
    expect(under({ guardrail: GUARDRAIL, guardedBy }, { guardrail: both })).toBeUndefined();
    expect(under({}, { guardrail: GUARDRAIL })?.guardrail).toEqual(GUARDRAIL);
  });

  test('is the same object each time, so that its policies are built once', () => {
    const [one, other] = [first({ maxTokens: 9 }), modelOf('b')];
    expect(found(one, [other])[0]).toBe(found(one, [other])[0]);
  });
});

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-south-1'];
const someRegions = fc.subarray(REGIONS, { minLength: 1 });
const anyRegions = fc.option(someRegions, { nil: undefined });

test('whatever two grants and places say, nothing that answers lies outside of either grant', () => {
  fc.assert(
    fc.property(anyRegions, anyRegions, someRegions, (mine, theirs, places) => {
      // As it is read: what its own grant leaves of its places.
      const left = places.filter((region) => theirs?.includes(region) ?? true).map(placeIn);
      const [at] = left;
      fc.pre(at !== undefined);
      const other = modelOf('b', { target: at?.target, places: left, ...(theirs && { regions: theirs }) });
      const [one] = found(first(mine && { regions: mine }), [other]);
      const reached = one?.places?.map(({ target }) => target.region) ?? [];
      const inside = left.map(({ target }) => target.region).filter((region) => mine?.includes(region) ?? true);
      expect(reached).toEqual(inside);
      if (mine !== undefined) for (const region of one?.regions ?? []) expect(mine).toContain(region);
    }),
  );
});
