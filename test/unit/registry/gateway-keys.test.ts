import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createGatewayKeys } from '../../../authorizer/gateway-keys.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { KEYS_PER_OWNER_MAX } from '../../../contract/limits/keys.ts';
import { parseKey } from '../../../registry/gateway-keys/format.ts';
import { createKeyWriter, type GivenKey, isOwn, ownKey } from '../../../registry/gateway-keys/writer.ts';
import { createWriter } from '../../../registry/writer.ts';
import { UNDER } from '../authorizer/gateway-keys.ts';
import { modelDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

async function setUp({ maxDays = 365 } = {}) {
  const items = memoryItems();
  const secrets = memoryItems();
  let now = START;
  const clock = () => now;
  const writer = createWriter({ items, clock, actor: 'alice' });
  await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
  await writer.putTenant({ id: 'globex', costCenter: 'CC-2' });
  for (const id of ['nova', 'for-chem', 'others']) await writer.putModel(modelDocument(id));
  await writer.grant('acme', 'nova');
  await writer.grant('acme', 'for-chem', undefined, { restrictions: { roles: ['chem'] } });
  await writer.grant('globex', 'others');
  const keys = createKeyWriter({
    ...{ items, secrets, clock, maxDays, actor: 'alice' },
    hashKey: async () => UNDER,
    randomInt: (below) => randomInt(below),
  });
  const identify = createGatewayKeys({
    registry: items,
    secrets,
    ...{ hashKey: () => UNDER, maxDays, clock, write: () => {} },
  });
  const make = async (more: Partial<GivenKey> = {}) => {
    const { key, entry } = await keys.createKey({ tenant: 'acme', name: 'ci', ...more });
    return { text: key.reveal(), id: entry.id, entry, key };
  };
  return { items, secrets, keys, writer, identify, make, later: (ms: number) => (now += ms) };
}

const refusedAs = (reason: string, path?: string) =>
  expect.objectContaining({ code: 'bad_entry', reason, ...(path === undefined ? {} : { field: path }) });

describe('a key that is made', () => {
  test('is good for 90 days, for what its tenant holds', async () => {
    const { make, identify, later } = await setUp();
    const { text, id } = await make();
    expect(await identify(text)).toEqual({
      ...{ tenant: 'acme', principal: `key:${id}`, roles: [], narrowed: {} },
      exp: (START + 90 * DAY) / 1000,
    });
    later(90 * DAY - 1);
    await identify(text);
    later(1);
    await expect(identify(text)).rejects.toMatchObject({ code: 'unauthenticated', reason: 'key-expired' });
  });

  test('is in no table, and neither is its secret: only a hash that needs another key', async () => {
    const { make, items, secrets } = await setUp();
    const { text, key } = await make();
    const { secret = '' } = parseKey(text) ?? {};
    const stored = JSON.stringify([
      ...(await items.scan({ beginsWith: '' })),
      ...(await secrets.scan({ beginsWith: '' })),
    ]);
    expect(stored).not.toContain(secret);
    expect(stored).toContain(parseKey(text)?.id);
    expect(`${key} ${JSON.stringify({ key })}`).not.toContain(secret);
  });

  test('carries what it is narrowed to, in one form', async () => {
    const { make, identify } = await setUp();
    const { text, id } = await make({
      ...{ owner: 'bob', roles: ['chem', 'chem'], models: ['nova', 'for-chem', 'nova'] },
      networks: ['2001:DB8::/32', '10.0.0.0/8', '203.0.113.7'],
      budget: { limit: '2.50', unit: 'usd', period: 'week' },
    });
    expect(await identify(text)).toMatchObject({
      roles: ['chem'],
      narrowed: {
        owner: 'bob',
        models: ['for-chem', 'nova'],
        networks: ['10.0.0.0/8', '2001:db8::/32', '203.0.113.7/32'],
        budget: {
          ...{ id: `key-${id}`, per: 'principal', only: `key:${id}`, period: 'week' },
          ...{ unit: 'usd', limit: '2.5', enforcement: 'hard' },
        },
      },
    });
  });

  test.each<[string, Partial<GivenKey>, string, string?]>([
    ['for a model that its tenant does not hold', { models: ['nova', 'others'] }, 'not-granted', 'models[1]'],
    ['for a model that is none', { models: ['nope'] }, 'not-granted', 'models[0]'],
    ['for a model that asks for a role which it has not', { models: ['for-chem'] }, 'not-granted', 'models[0]'],
    ['for no model at all', { models: [] }, 'empty', 'models'],
    ['that administers', { roles: ['chem', 'admin'] }, 'administers', 'roles[1]'],
    ['of an auditor’s role', { roles: ['auditor'] }, 'administers', 'roles[0]'],
    ['that has expired', { expiresAt: START / 1000 }, 'has-passed', 'expiresAt'],
    ['for longer than may be', { expiresAt: START / 1000 + 366 * 86_400 }, 'later-than-365-days', 'expiresAt'],
    ['for a network with a host in it', { networks: ['10.0.0.1/8'] }, 'not-a-network', 'networks[0]'],
    [
      'for a budget of credentials',
      { budget: { limit: '1', unit: 'credentials', period: 'day' } },
      'unknown-unit',
      'budget.unit',
    ],
    [
      'for a budget of less than nothing',
      { budget: { limit: '-1', unit: 'usd', period: 'day' } },
      'negative',
      'budget.limit',
    ],
    ['owned by a key', { owner: 'key:q3k9v0x2m7ap' }, 'not-a-principal', 'owner'],
    ['by a name in upper case', { name: 'CI' }, 'not-a-name', 'name'],
  ])('is refused %s, and nothing is made', async (_, more, reason, path) => {
    const { make, items, secrets } = await setUp();
    await expect(make(more)).rejects.toEqual(refusedAs(reason, path));
    expect(await secrets.scan({ beginsWith: '' })).toEqual([]);
    expect(await items.scan({ equals: 'KEY' })).toEqual([]);
  });

  test('is refused for a tenant that there is not, and by a name that is taken while the other lives', async () => {
    const { make, keys } = await setUp();
    await expect(make({ tenant: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
    const { id } = await make();
    await expect(make()).rejects.toEqual(refusedAs('taken', 'name'));
    await make({ tenant: 'globex' });
    await keys.revokeKey({ key: id });
    await make();
  });

  test('is refused to an owner who has many, and where a stage allows fewer days than 90 it is good for those', async () => {
    const { make, identify } = await setUp({ maxDays: 7 });
    for (let n = 0; n < KEYS_PER_OWNER_MAX; n++) await make({ name: `n${n}`, owner: 'bob' });
    await expect(make({ owner: 'bob' })).rejects.toEqual(refusedAs('has-too-many-keys', 'owner'));
    expect((await identify((await make()).text)).exp).toBe(START / 1000 + 7 * 86_400);
  });
});

describe('what a signed-in caller makes for itself', () => {
  const caller = {
    tenant: 'acme',
    principal: 'bob',
    roles: ['chem', 'admin', 'tenant-admin'],
  } as unknown as CallerContext;

  test('is its own, with its roles but for those that administer', async () => {
    const { keys } = await setUp();
    const given = ownKey(caller, { name: 'mine', models: ['for-chem'] });
    expect(given).toMatchObject({ tenant: 'acme', owner: 'bob', roles: ['chem'] });
    const { entry } = await keys.createKey(given);
    expect(isOwn(caller, entry)).toBe(true);
    for (const other of [{ principal: 'eve' }, { tenant: 'globex' }, { narrowed: {} }])
      expect(isOwn({ ...caller, ...other } as CallerContext, entry)).toBe(false);
  });

  test('has no role that it has not itself, and no key makes a key', () => {
    expect(() => ownKey(caller, { name: 'mine', roles: ['chem', 'bio', 'admin'] })).toThrow(
      expect.objectContaining({
        problems: [
          { path: 'roles[1]', reason: 'not-yours' },
          { path: 'roles[2]', reason: 'not-yours' },
        ],
      }),
    );
    expect(() => ownKey({ ...caller, narrowed: {} }, { name: 'mine' })).toThrow(
      expect.objectContaining({ code: 'forbidden', reason: 'key-makes-key' }),
    );
  });
});

describe('the life of a key', () => {
  test('is found by its id, by its principal, by all of it, and by its name in its tenant', async () => {
    const { make, keys } = await setUp();
    const { text, id } = await make();
    for (const name of [{ key: id }, { key: `key:${id}` }, { key: text }, { key: 'ci', tenant: 'acme' }])
      expect((await keys.showKey(name)).id).toBe(id);
    for (const name of [{ key: 'ci' }, { key: id, tenant: 'globex' }, { key: 'ci', tenant: 'globex' }, { key: 'x' }])
      await expect(keys.showKey(name)).rejects.toMatchObject({ code: 'not_found' });
    const error = await keys.showKey({ key: `${text}x` }).catch((thrown: Error) => thrown);
    expect(String(error)).not.toContain(text.slice(0, 20));
  });

  test('goes on under a new secret, the former one for a while', async () => {
    const { make, keys, identify, later } = await setUp();
    const { text, id } = await make({ models: ['nova'] });
    later(80 * DAY);
    const rotated = (await keys.rotateKey({ key: id }, { overlapHours: 2 })).key.reveal();
    expect(rotated).not.toBe(text);
    for (const one of [text, rotated])
      expect(await identify(one)).toMatchObject({ principal: `key:${id}`, narrowed: { models: ['nova'] } });
    expect((await identify(rotated)).exp).toBe((START + 170 * DAY) / 1000);
    later(2 * 3_600_000);
    await expect(identify(text)).rejects.toMatchObject({ reason: 'key-expired' });
    await identify(rotated);
    const newest = (await keys.rotateKey({ key: id }, { overlapHours: 0 })).key.reveal();
    for (const one of [text, rotated]) await expect(identify(one)).rejects.toMatchObject({ reason: 'key-secret' });
    await identify(newest);
  });

  test('is never longer for a former secret than it was', async () => {
    const { make, keys, identify, later } = await setUp();
    const { text, id } = await make({ expiresAt: START / 1000 + 3_600 });
    later(3_000_000);
    await keys.rotateKey({ key: id }, { overlapHours: 168 });
    later(600_000);
    await expect(identify(text)).rejects.toMatchObject({ reason: 'key-expired' });
    for (const overlapHours of [-1, 169, Number.NaN])
      await expect(keys.rotateKey({ key: id }, { overlapHours })).rejects.toEqual(refusedAs('not-0-to-168-hours'));
  });

  test('ends with a revocation, for ever: what it is hashed to is forgotten', async () => {
    const { make, keys, identify, secrets } = await setUp();
    const { text, id } = await make();
    await keys.rotateKey({ key: id });
    expect(await keys.revokeKey({ key: text })).toMatchObject({ changed: true });
    await expect(identify(text)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await secrets.scan({ beginsWith: '' })).toEqual([]);
    expect(await keys.revokeKey({ key: id })).toMatchObject({ changed: false });
    await expect(keys.rotateKey({ key: id })).rejects.toEqual(refusedAs('is-revoked'));
    expect(await secrets.scan({ beginsWith: '' })).toEqual([]);
  });

  test('is told by its history, of a deleted one too, and by no list after that', async () => {
    const { make, keys } = await setUp();
    const { id } = await make();
    await keys.rotateKey({ key: id }, { expiresAt: START / 1000 + 86_400 });
    await keys.revokeKey({ key: id });
    await keys.deleteKey({ key: id });
    expect((await keys.keyHistory({ key: id })).map(({ change, by }) => [change, by])).toEqual(
      ['create', 'rotate', 'revoke', 'delete'].map((change) => [change, 'alice']),
    );
    expect((await keys.listKeys()).entries).toEqual([]);
  });

  test('ends with its tenant’s, all of them', async () => {
    const { make, keys, identify } = await setUp();
    const made = [await make({ name: 'a' }), await make({ name: 'b' })];
    const other = await make({ tenant: 'globex' });
    expect(await keys.revokeKeysOf('acme')).toBe(2);
    expect(await keys.revokeKeysOf('acme')).toBe(0);
    for (const { text } of made) await expect(identify(text)).rejects.toMatchObject({ code: 'unauthenticated' });
    await identify(other.text);
  });

  test('is listed by tenant and owner', async () => {
    const { make, keys } = await setUp();
    await make({ name: 'a', owner: 'bob' });
    await make({ name: 'b' });
    await make({ tenant: 'globex' });
    const names = async (of: object) => (await keys.listKeys(of)).entries.map(({ name }) => name);
    expect(await names({})).toEqual(['a', 'b', 'ci']);
    expect(await names({ tenant: 'acme' })).toEqual(['a', 'b']);
    expect(await names({ tenant: 'acme', owner: 'bob' })).toEqual(['a']);
  });
});
