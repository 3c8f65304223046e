import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import type { Document } from '../../../registry/items.ts';
import { grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import { MODEL, TENANT, type Unusable } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { wideningsOf } from '../../../registry/widening.ts';
import { createWriter } from '../../../registry/writer.ts';
import { grantDocument, modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

/** Models in another account: which entries may name a role there, and what a tenant then holds. */

const ACME = parseTenantId('acme');
const START = Date.UTC(2026, 5, 1);
const [HUB, SPOKE] = ['111122223333', '444455556666'];
const roleOf = (name: string, account = SPOKE) => `arn:aws:iam::${account}:role/tollgate-prod-spoke-${name}`;
const ROLE = roleOf('acme');
const SHARED = roleOf('shared', '777788889999');

const foundation = (region: string) => `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
const single = (region: string) => ({
  kind: 'bedrock-model',
  modelId: 'amazon.nova-lite-v1:0',
  region,
  arn: foundation(region),
});
const profile = (account: string) => ({
  kind: 'bedrock-profile',
  modelId: 'us.amazon.nova-lite-v1:0',
  region: 'us-east-1',
  arn: `arn:aws:bedrock:us-east-1:${account}:inference-profile/us.amazon.nova-lite-v1:0`,
  modelArns: [foundation('us-east-1')],
});
const bought = (account: string) => {
  const arn = `arn:aws:bedrock:us-east-1:${account}:provisioned-model/abcdefghijkl`;
  return { kind: 'bedrock-model', modelId: arn, region: 'us-east-1', arn };
};

function model(target: object, ...targets: object[]): Document {
  const { target: _, ...rest } = modelDocument('m1', {});
  return (!('target' in target) ? { ...rest, target } : { ...rest, targets: [target, ...targets] }) as Document;
}

function setUp(of: Document, tenant: Document = { spokeRole: ROLE }) {
  const items = memoryItems();
  items.edit(tenantKey(ACME), tenantDocument('acme', tenant));
  items.edit(modelKey('m1'), of);
  const unusable: Unusable[] = [];
  const writer = createWriter({ items, clock: () => START, actor: 'alice' });
  const held = async () => {
    const reader = createLookup({ items, clock: () => START, onUnusable: (item) => void unusable.push(item) });
    const entries = await reader.tenant(ACME);
    return entries?.models.map(({ target, places, spokeRole }) => ({ target, places, spokeRole }));
  };
  const grant = () => items.edit(grantKey({ tenant: ACME, model: 'm1' }), grantDocument('acme', 'm1'));
  return { items, unusable, writer, held, grant };
}

describe('a tenant whose calls run in another account', () => {
  test('is written and read with its role, which is a spoke’s and nothing else', () => {
    const document = tenantDocument('acme', { spokeRole: ROLE });
    expect(TENANT.document(TENANT.parse(document))).toEqual(document);
    for (const spokeRole of ['arn:aws:iam::444455556666:role/Admin', '444455556666', '', null])
      expect(() => TENANT.parse(tenantDocument('acme', { spokeRole }))).toThrow(
        expect.objectContaining({ code: 'bad_entry', field: 'spokeRole' }),
      );
  });

  test('holds what is everybody’s as that account has it', async () => {
    const { held, grant } = setUp(model(profile(HUB)));
    grant();
    expect(await held()).toEqual([{ target: profile(SPOKE), places: undefined, spokeRole: ROLE }]);
  });

  test('holds nothing that is the stage’s own, and hears so when it is granted', async () => {
    const { held, grant, unusable, writer } = setUp(model(bought(HUB)));
    await expect(writer.grant('acme', 'm1')).rejects.toMatchObject({
      code: 'bad_entry',
      field: 'target.arn',
      reason: 'account-differs',
    });
    grant();
    expect(await held()).toEqual([]);
    expect(unusable).toMatchObject([{ sk: 'GRANT#m1', field: 'target.arn', reason: 'account-differs' }]);
  });

  test('holds of several places those that are there; one with a role of its own stays under that', async () => {
    const { held, grant } = setUp(
      model({ target: bought(HUB) }, { target: single('us-east-1') }, { target: single('us-west-2'), role: SHARED }),
    );
    grant();
    const places = [
      { target: single('us-east-1'), role: ROLE },
      { target: single('us-west-2'), role: SHARED },
    ];
    expect(await held()).toEqual([{ target: single('us-east-1'), places, spokeRole: ROLE }]);
  });

  test('a guardrail of the stage’s account does not fit it', async () => {
    const { writer } = setUp(model(single('us-east-1')));
    const guardrail = (account: string) => ({
      arn: `arn:aws:bedrock:us-east-1:${account}:guardrail/abc`,
      version: '1',
    });
    await expect(
      writer.grant('acme', 'm1', ['invoke'], { restrictions: { guardrail: guardrail(HUB) } }),
    ).rejects.toMatchObject({ field: 'guardrail.arn', reason: 'guardrail-account' });
    await writer.grant('acme', 'm1', ['invoke'], { restrictions: { guardrail: guardrail(SPOKE) } });
  });

  test('to name another role is told before it is done', () => {
    const [before, after] = [tenantDocument('acme'), tenantDocument('acme', { spokeRole: ROLE })];
    expect(wideningsOf('tenant', before, after)).toMatchObject([{ kind: 're-pointed', path: 'spokeRole' }]);
    expect(wideningsOf('tenant', after, before)).toMatchObject([{ kind: 're-pointed', path: 'spokeRole' }]);
    expect(wideningsOf('tenant', after, after)).toEqual([]);
  });
});

describe('a place in another account', () => {
  test('is written and read with its role', () => {
    const document = model({ target: single('us-east-1') }, { target: single('us-east-1'), role: SHARED });
    const entry = MODEL.parse(document);
    expect(entry.places?.map(({ role }) => role)).toEqual([undefined, SHARED]);
    expect(MODEL.document(entry)).toMatchObject({ targets: (document as { targets: Document[] }).targets });
  });

  test('every tenant that is granted the model is called there', async () => {
    const { held, grant } = setUp(model({ target: profile(HUB), role: SHARED }), {});
    grant();
    const places = [{ target: profile('777788889999'), role: SHARED }];
    expect(await held()).toEqual([{ target: places[0]?.target, places, spokeRole: undefined }]);
  });

  test.each([
    [
      'a role that is none of a spoke',
      { target: single('us-east-1'), role: 'arn:aws:iam::444455556666:role/Admin' },
      'targets[0].role',
    ],
    ['capacity of another account than its role', { target: bought(HUB), role: SHARED }, 'targets[0].target.arn'],
    [
      'what is of another partition than its role',
      { target: single('us-east-1'), role: SHARED.replace(':aws:', ':aws-us-gov:') },
      'targets[0].target.arn',
    ],
  ])('is refused with %s', (_, place, field) => {
    expect(() => MODEL.parse(model(place, { target: single('us-west-2') }))).toThrow(
      expect.objectContaining({ code: 'bad_entry', field }),
    );
  });

  test('is listed once in each account, be it as the stage’s or as that account’s own', () => {
    const twice = model({ target: profile(HUB), role: SHARED }, { target: profile('777788889999'), role: SHARED });
    expect(() => MODEL.parse(twice)).toThrow(expect.objectContaining({ reason: 'listed-twice' }));
    MODEL.parse(
      model({ target: profile(HUB), role: SHARED }, { target: profile(HUB), role: ROLE }, { target: profile(HUB) }),
    );
  });
});
