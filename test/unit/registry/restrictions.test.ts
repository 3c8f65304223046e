import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import type { Target, TargetOf } from '../../../contract/model.ts';
import { decideDirect } from '../../../registry/direct.ts';
import { grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import type { Unusable } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { createWriter } from '../../../registry/writer.ts';
import { targets } from '../../property/targets.ts';
import { grantDocument, modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const ACME = parseTenantId('acme');
const ARN = 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo';
const guardrail = { arn: ARN, version: '1' };
const elsewhere = { arn: ARN.replace('us-east-1', 'eu-west-1'), version: '1' };
const profile = (...regions: string[]) => ({
  kind: 'bedrock-profile',
  modelId: 'us.amazon.nova',
  region: 'us-east-1',
  arn: 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova',
  modelArns: regions.map((region) => `arn:aws:bedrock:${region}::foundation-model/amazon.nova`),
});

const endpoint: TargetOf<'sagemaker-endpoint'> = {
  kind: 'sagemaker-endpoint',
  endpointName: 'chat',
  region: 'us-east-1',
  arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/chat',
};

function setUp() {
  const items = memoryItems();
  items.edit(tenantKey(ACME), tenantDocument('acme'));
  items.edit(modelKey('m1'), modelDocument('m1'));
  items.edit(modelKey('p1'), modelDocument('p1', { target: profile('us-east-1', 'us-west-2') }));
  items.edit(
    modelKey('s1'),
    modelDocument('s1', {
      target: endpoint,
    }),
  );
  const writer = createWriter({ items, clock: () => START, actor: 'alice' });
  const unusable: Unusable[] = [];
  const reader = () => createLookup({ items, clock: () => START, onUnusable: (item) => void unusable.push(item) });
  return { items, writer, unusable, reader };
}

describe('a restricted grant as it is written', () => {
  test('holds its restrictions in one order, and gives them to the caller’s entry', async () => {
    const { writer, reader } = setUp();
    const restrictions = {
      guardrail,
      maxTokens: 256,
      regions: ['us-west-2', 'us-east-1', 'us-east-1'],
      roles: ['writer', 'admin'],
      expiresAt: '2026-12-31',
    };
    const { entry } = await writer.grant('acme', 'p1', ['invoke'], { restrictions });
    const held = {
      guardrail,
      maxTokens: 256,
      regions: ['us-east-1', 'us-west-2'],
      roles: ['admin', 'writer'],
      expiresAt: Date.UTC(2026, 11, 31) / 1000,
    };
    expect(entry).toMatchObject(held);
    expect((await reader().tenant(ACME))?.models).toMatchObject([{ id: 'p1', ...held }]);
  });

  test('keeps what a later edit does not mention, and loses what it takes away', async () => {
    const { writer } = setUp();
    await writer.grant('acme', 'm1', undefined, { restrictions: { guardrail, maxTokens: 9, roles: ['writer'] } });
    const narrower = await writer.grant('acme', 'm1', ['invoke'], { restrictions: { maxTokens: 5 } });
    expect(narrower.entry).toMatchObject({ actions: ['invoke'], guardrail, maxTokens: 5, roles: ['writer'] });
    expect(await writer.grant('acme', 'm1', ['invoke'])).toMatchObject({ changed: false });
    const { entry } = await writer.grant('acme', 'm1', undefined, { restrictions: { guardrail: false, roles: false } });
    expect(Object.keys(entry)).toEqual(expect.not.arrayContaining(['guardrail', 'roles']));
    expect(entry.maxTokens).toBe(5);
  });

  test('that was made malformed by hand is refused by its member, and repaired by taking that away', async () => {
    const { items, writer } = setUp();
    items.edit(grantKey({ tenant: ACME, model: 'm1' }), grantDocument('acme', 'm1', { guardrail: 'demo' }));
    await expect(writer.grant('acme', 'm1')).rejects.toMatchObject({ code: 'bad_entry', field: 'guardrail' });
    expect(await writer.grant('acme', 'm1', undefined, { restrictions: { guardrail: false } })).toMatchObject({
      changed: true,
    });
  });

  test('lists use cases, each edited by itself, and of guardrails those of where the model is', async () => {
    const { writer, reader } = setUp();
    const held = async () => (await reader().tenant(ACME))?.models[0];
    await writer.grant('acme', 'm1', undefined, {
      restrictions: { guardrail: [guardrail, elsewhere] },
      useCases: { drafts: [elsewhere, guardrail], support: { ...guardrail, version: '2' } },
    });
    expect(await held()).toMatchObject({
      guardrail,
      useCases: { drafts: guardrail, support: { ...guardrail, version: '2' } },
    });
    await writer.grant('acme', 'm1', undefined, { useCases: { support: null } });
    expect((await held())?.useCases).toEqual({ drafts: guardrail });
    expect(await writer.grant('acme', 'm1')).toMatchObject({ changed: false });
    const { entry } = await writer.grant('acme', 'm1', undefined, { useCases: { drafts: null } });
    expect(entry.useCases).toBeUndefined();
    expect(entry.guardrail).toEqual([elsewhere, guardrail]);
  });

  test('is not made unusable by a guardrail of the tenant’s where nothing is said that it could judge', async () => {
    const { items, writer, reader, unusable } = setUp();
    const embeds = 'amazon.titan-embed-text-v2:0';
    const target = {
      ...(modelDocument('e1').target as object),
      modelId: embeds,
      arn: `arn:aws:bedrock:us-east-1::foundation-model/${embeds}`,
    };
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:knowledge-base/KB12345678';
    items.edit(modelKey('e1'), modelDocument('e1', { target }));
    items.edit(
      modelKey('k1'),
      modelDocument('k1', { target: { kind: 'bedrock-knowledge-base', region: 'us-east-1', arn } }),
    );
    items.edit(modelKey('t1'), modelDocument('t1', { target: endpoint, container: 'tei' }));
    await writer.putTenant({ id: 'acme', guardrail });
    for (const model of ['e1', 'k1', 'm1', 't1']) await writer.grant('acme', model);
    const { models = [] } = (await reader().tenant(ACME)) ?? {};
    expect(models.map(({ id, guardrail: under, guardedBy }) => [id, under, guardedBy])).toEqual([
      ['e1', undefined, undefined],
      ['k1', undefined, undefined],
      ['m1', guardrail, 'tenant'],
      ['t1', undefined, undefined],
    ]);
    expect(unusable).toEqual([]);
    // Of these credentials nothing is lost that was demanded.
    await writer.grant('acme', 't1', undefined, { direct: true });
    expect((await reader().tenant(ACME))?.models.at(-1)).toMatchObject({ id: 't1', direct: true });
  });

  test.each([
    ['a container', undefined],
    ['an agent', 'agent-alias/AGENT12345/ALIAS12345'],
  ])('of %s, which speaks and takes none, needs the operator’s word where the tenant has one', async (_, resource) => {
    const { items, writer, reader, unusable } = setUp();
    if (resource !== undefined) {
      const arn = `arn:aws:bedrock:us-east-1:111122223333:${resource}`;
      items.edit(modelKey('s1'), modelDocument('s1', { target: { kind: 'bedrock-agent', region: 'us-east-1', arn } }));
    }
    await writer.putTenant({ id: 'acme', guardrail });
    const refused = { code: 'bad_entry', field: 'guardrail', reason: 'no-guardrail-here' };
    await expect(writer.grant('acme', 's1')).rejects.toMatchObject(refused);
    await writer.grant('acme', 's1', undefined, { unguarded: true });
    expect((await reader().tenant(ACME))?.models).toMatchObject([{ id: 's1' }]);
    expect(unusable).toEqual([]);
  });

  test.each([
    ['regions that leave out one of a profile’s', 'p1', { regions: ['us-east-1'] }, 'regions', 'outside-residency'],
    ['regions that leave out the model’s own', 'm1', { regions: ['us-west-2'] }, 'regions', 'outside-residency'],
    [
      'a guardrail of another region',
      'm1',
      { guardrail: { ...guardrail, arn: ARN.replace('us-east-1', 'us-west-2') } },
      'guardrail.arn',
      'guardrail-region',
    ],
    ['a guardrail on an endpoint', 's1', { guardrail }, 'guardrail', 'no-guardrail-here'],
    [
      'guardrails of one region',
      'm1',
      { guardrail: [guardrail, { ...guardrail, arn: `${ARN}2` }] },
      'guardrail',
      'twice',
    ],
    [
      'guardrails of two modes',
      'm1',
      { guardrail: [guardrail, { ...elsewhere, mode: 'async' }] },
      'guardrail',
      'modes-differ',
    ],
    ['no guardrail in a list', 'm1', { guardrail: [] }, 'guardrail', 'empty'],
    ['a use case by a name that is none', 'm1', { useCases: { 'A b': guardrail } }, 'useCases.A b', 'not-a-use-case'],
    ['a use case of another region', 'm1', { useCases: { drafts: elsewhere } }, 'useCases.drafts', 'guardrail-region'],
    ['a use case on an endpoint', 's1', { useCases: { drafts: guardrail } }, 'useCases.drafts', 'no-guardrail-here'],
    ['no use case in a list', 'm1', { useCases: {} }, 'useCases', 'empty'],
    ['a cap on an endpoint', 's1', { maxTokens: 5 }, 'maxTokens', 'no-limit-here'],
    ['an expiry that has passed', 'm1', { expiresAt: '2026-06-01' }, 'expiresAt', 'has-passed'],
    ['a restriction of the wrong type', 'm1', { maxTokens: '5' }, 'maxTokens', 'not-a-number'],
  ])('%s is refused before anything is written', async (_, model, restrictions, field, reason) => {
    const { items, writer } = setUp();
    await expect(writer.grant('acme', model, undefined, { restrictions })).rejects.toMatchObject({
      code: 'bad_entry',
      field,
      reason,
    });
    expect(items.calls.filter((call) => call.startsWith('write'))).toEqual([]);
  });

  test.each([
    ['a cap', { maxTokens: 5 }, 'not-with-max-tokens'],
    ['a guardrail', { guardrail }, 'not-with-guardrail'],
  ])(
    '%s, of which our own code holds up a part, does not go with credentials that are handed out',
    async (_, restrictions, reason) => {
      const { items, writer } = setUp();
      const refused = { code: 'bad_entry', field: 'direct', reason };
      await expect(writer.grant('acme', 'm1', undefined, { direct: true, restrictions })).rejects.toMatchObject(
        refused,
      );
      await writer.grant('acme', 'm1', undefined, { restrictions });
      const before = items.calls.length;
      // What an earlier grant demands stands, so it refuses here too.
      await expect(writer.grant('acme', 'm1', undefined, { direct: true })).rejects.toMatchObject(refused);
      expect(items.calls.slice(before).filter((call) => call.startsWith('write'))).toEqual([]);
    },
  );

  test('an asynchronous endpoint is not handed out, nor called any more under a grant from before it was one', async () => {
    const { items, writer, reader, unusable } = setUp();
    const hosted = (more: object) => modelDocument('s1', { target: { ...endpoint, ...more } });
    items.edit(modelKey('s1'), hosted({ asyncInput: 's3://inputs/' }));
    const refused = { code: 'bad_entry', field: 'direct', reason: 'not-with-async-input' };
    await expect(writer.grant('acme', 's1', undefined, { direct: true })).rejects.toMatchObject(refused);
    await writer.grant('acme', 's1');
    expect((await reader().tenant(ACME))?.models).toMatchObject([{ id: 's1' }]);
    items.edit(modelKey('s1'), hosted({}));
    await writer.grant('acme', 's1', undefined, { direct: true });
    items.edit(modelKey('s1'), hosted({ asyncInput: 's3://inputs/' }));
    expect((await reader().tenant(ACME))?.models).toEqual([]);
    expect(unusable).toMatchObject([{ field: 'direct', reason: 'not-with-async-input' }]);
  });

  test.each(['bedrock-agent', 'bedrock-flow', 'bedrock-inline-agent'] as const)(
    '%s is not handed out: what it holds of several tenants, our code tells apart',
    async (kind) => {
      const { items, writer } = setUp();
      const [target] = fc.sample<Target>(targets[kind] as fc.Arbitrary<Target>, { numRuns: 1, seed: 1 });
      const arn = `${target?.arn.split('/execution/')[0]}`;
      items.edit(modelKey('r1'), modelDocument('r1', { target: { ...target, arn } as TargetOf<'bedrock-model'> }));
      const refused = { code: 'bad_entry', field: 'direct', reason: 'not-with-this-kind' };
      await expect(writer.grant('acme', 'r1', undefined, { direct: true })).rejects.toMatchObject(refused);
    },
  );

  test('what IAM holds up by itself, and what is judged when a session is issued, goes with them', async () => {
    const { writer, reader } = setUp();
    const restrictions = { regions: ['us-east-1'], tiers: ['flex'], roles: ['writer'], expiresAt: '2026-12-31' };
    await writer.grant('acme', 'm1', undefined, { direct: true, restrictions });
    expect((await reader().tenant(ACME))?.models).toMatchObject([{ id: 'm1', direct: true }]);
  });

  test('P7 model and grant together that do not fit are refused', async () => {
    const { items, writer } = setUp();
    const regions = [...'abcdefghijk'].map((letter) => `us-${letter}east-1`);
    const target = JSON.parse(
      JSON.stringify(profile(...regions))
        .replaceAll('us-east-1', 'us-aeast-1')
        .replaceAll('amazon.nova', `amazon.${'x'.repeat(50)}`),
    );
    items.edit(modelKey('wide'), modelDocument('wide', { target }));
    await writer.grant('acme', 'wide');
    const narrow = { restrictions: { guardrail: { arn: ARN.replace('us-east-1', 'us-aeast-1'), version: '1' } } };
    await expect(writer.grant('acme', 'wide', undefined, narrow)).rejects.toMatchObject({ code: 'policy_too_large' });
  });
});

describe('what a model requires of a grant', () => {
  const requires = { approval: true, evaluation: true, region: ['us-east-1', 'us-west-2'] };
  const approved = { approver: 'board', evaluation: 'HELM 0.81' };

  test('is refused as long as it is not there, all of it at once', async () => {
    const { items, writer } = setUp();
    items.edit(modelKey('m1'), modelDocument('m1', { requires }));
    const refusal = await writer.grant('acme', 'm1').catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'bad_entry',
      problems: [
        { path: 'model', reason: 'not-approved' },
        { path: 'model', reason: 'not-evaluated' },
        { path: 'regions', reason: 'outside-required' },
      ],
    });
    const provenance = { approver: 'board' };
    items.edit(modelKey('m1'), modelDocument('m1', { requires, provenance }));
    const regions = { restrictions: { regions: ['us-east-1'] } };
    await expect(writer.grant('acme', 'm1', undefined, regions)).rejects.toMatchObject({ reason: 'not-evaluated' });
    items.edit(modelKey('m1'), modelDocument('m1', { requires, provenance: approved }));
    const elsewhere = { restrictions: { regions: ['us-east-1', 'eu-west-1'] } };
    await expect(writer.grant('acme', 'm1', undefined, elsewhere)).rejects.toMatchObject({ field: 'regions' });
    expect(await writer.grant('acme', 'm1', undefined, regions)).toMatchObject({ changed: true });
  });

  test.each([
    ['an approval', { approval: true }],
    ['an evaluation', { evaluation: true }],
    ['a region', { region: ['us-east-1'] }],
  ])('of %s that came later leaves a grant without it nothing, and it is counted and named', async (_, demands) => {
    const { items, writer, reader, unusable } = setUp();
    await writer.grant('acme', 'm1');
    items.edit(modelKey('m1'), modelDocument('m1', { requires: demands }));
    expect(await reader().tenant(ACME)).toMatchObject({ models: [], unusable: 1 });
    expect(unusable).toMatchObject([{ pk: 'TENANT#acme', sk: 'GRANT#m1' }]);
    items.edit(modelKey('m1'), modelDocument('m1', { requires: demands, provenance: approved }));
    await writer.grant('acme', 'm1', undefined, { restrictions: { regions: ['us-east-1'] } });
    expect((await reader().tenant(ACME))?.models).toHaveLength(1);
  });
});

describe('a restricted grant as it is found', () => {
  test('R1 grants nothing once its model may run elsewhere, and is counted and named', async () => {
    const { items, writer, unusable, reader } = setUp();
    await writer.grant('acme', 'm1');
    await writer.grant('acme', 'p1', undefined, { restrictions: { regions: ['us-east-1', 'us-west-2'] } });
    expect((await reader().tenant(ACME))?.models.map(({ id }) => id)).toEqual(['m1', 'p1']);
    items.edit(modelKey('p1'), modelDocument('p1', { target: profile('us-east-1', 'us-west-2', 'eu-west-1') }));
    expect(await reader().tenant(ACME)).toMatchObject({ models: [{ id: 'm1' }], unusable: 1 });
    expect(unusable).toEqual([{ pk: 'TENANT#acme', sk: 'GRANT#p1', field: 'regions', reason: 'outside-residency' }]);
  });

  test.each([{ guardrail }, { maxTokens: 5 }])(
    'that says direct and demands %o, as an older one may, is a grant for the gateway alone',
    async (restrictions) => {
      const { items, reader, unusable } = setUp();
      const document = grantDocument('acme', 'm1', { direct: true, ...restrictions });
      items.edit(grantKey({ tenant: ACME, model: 'm1' }), document);
      const { models = [] } = (await reader().tenant(ACME)) ?? {};
      expect(models).toMatchObject([{ id: 'm1', ...restrictions }]);
      expect(models[0]).not.toHaveProperty('direct');
      expect(unusable).toEqual([]);
      const held = models.map((model) => ({ ...model, direct: true as const }));
      expect(decideDirect(held, 'm1', START / 1000)).toMatchObject({ outcome: 'refused', reason: 'direct-off' });
    },
  );

  test('an item of before there were restrictions is read as ever', async () => {
    const { items, reader } = setUp();
    items.edit(grantKey({ tenant: ACME, model: 'm1' }), grantDocument('acme', 'm1'));
    const [model] = (await reader().tenant(ACME))?.models ?? [];
    expect(Object.keys(model ?? {})).toEqual(['id', 'target', 'actions', 'lifecycle']);
  });
});
