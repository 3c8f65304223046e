import { randomInt } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { createKeyWriter } from '../../../registry/gateway-keys/writer.ts';
import { createWriter, type Writer } from '../../../registry/writer.ts';
import { UNDER } from '../authorizer/gateway-keys.ts';
import { modelDocument } from '../registry/documents.ts';
import { type MemoryItems, memoryItems } from '../registry/memory-items.ts';

const START = Date.UTC(2026, 5, 1);

let items: MemoryItems;
let app: ReturnType<typeof createAdmin>;
let writer: Writer;

beforeEach(async () => {
  items = memoryItems();
  writer = createWriter({ items, clock: () => START, actor: 'somebody else' });
  app = createAdmin({ items, clock: () => START });
  await writer.putModel({ ...modelDocument('m1'), version: undefined });
  await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
  await writer.grant('acme', 'm1', ['invoke']);
});

const olga: CallerContext = {
  ...{ tenant: parseTenantId('ops'), principal: parsePrincipal('olga'), roles: [MARKS.admin] },
  ...{ costCenter: 'CC-1', exp: START / 1000 + 900, models: [], budgets: [] },
};

async function ask(method: string, path: string, body: object, headers: Record<string, string>) {
  const init = { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
  const answer = await app.fetch(new Request(`http://x/admin${path}`, init), { caller: olga, requestId: 'r' });
  return { status: answer.status, text: await answer.text() };
}

describe('what is asked of an entry that there is not to be', () => {
  test('is not made where it could not be asked whether there is one', async () => {
    const { get } = items;
    items.get = async () => {
      items.get = get;
      throw new TollgateError('unavailable', { reason: 'registry' });
    };
    const models = { m1: 1 };
    expect((await ask('PUT', '/aliases/fast', { models }, { 'if-none-match': '*' })).status).toBe(503);
    expect(await writer.listAliases()).toEqual([]);
  });

  test.each([
    ['where there was none of them', []],
    ['beside others', ['slow']],
  ])('is not made over what somebody else makes just then: %s', async (_, others) => {
    for (const id of others) await writer.setAlias({ id, models: { m1: 1 } });
    const { batch } = items;
    items.batch = async (keys) => {
      items.batch = batch;
      await writer.setAlias({ id: 'fast', models: { m1: 2 } });
      return batch(keys);
    };
    expect((await ask('PUT', '/aliases/fast', { models: { m1: 1 } }, { 'if-none-match': '*' })).status).toBe(412);
    items.batch = batch;
    const made = await ask('PUT', '/aliases/new', { models: { m1: 1 } }, { 'if-none-match': '*' });
    expect(made.status).toBeLessThan(300);
  });
});

describe('what is asked of the version that was seen', () => {
  test.each([
    ['POST', '/models/m1/retire', {}],
    ['PUT', '/prices/m1', { prices: [] }],
    ['POST', '/models/m1/rollback', { version: 1 }],
    ['PATCH', '/models/m1', { displayName: 'Mine' }],
    ['POST', '/tenants/acme/suspend', {}],
    ['DELETE', '/grants/acme/m1', {}],
  ])('is not done where somebody else edits it just then: %s %s', async (method, path, body) => {
    const meanwhile = async () => {
      await writer.grant('acme', 'm1', ['stream']);
      await writer.putTenant({ id: 'acme', costCenter: 'CC-2' });
      await writer.putModel({ ...modelDocument('m1'), version: undefined, displayName: 'Theirs' });
    };
    const { batch } = items;
    // What an edit is decided by is read at once; the version was looked at before.
    items.batch = async (keys) => {
      items.batch = batch;
      await meanwhile();
      return batch(keys);
    };
    expect((await ask(method, path, body, { 'if-match': '"1"' })).status).toBe(412);
    expect(await writer.showModel('m1')).toMatchObject({ displayName: 'Theirs', lifecycle: { status: 'active' } });
    expect(await writer.showTenant('acme')).toMatchObject({ costCenter: 'CC-2', suspended: false });
    expect(await writer.showGrant('acme', 'm1')).toMatchObject({ actions: ['stream'] });
  });
});

describe('what a verb is sent beside or otherwise than what it takes', () => {
  test.each([
    ['/models/m1/deprecate', { successor: {} }, 'successor', 'not-text'],
    ['/models/m1/deprecate', { sunsetsAt: '2026-12-01' }, 'sunsetsAt', 'unknown-member'],
    ['/models/m1/retire', { successor: 5 }, 'successor', 'not-text'],
    ['/models/m1/retire', { successor: null }, 'successor', 'not-text'],
    ['/models/m1/activate', { sunsetAt: '2026-12-01' }, 'sunsetAt', 'unknown-member'],
    ['/models/m1/drain', { region: ['us-east-1'] }, 'region', 'not-text'],
    ['/models/m1/drain', { region: 'us-east-1', drained: 'no' }, 'drained', 'not-true-or-false'],
    ['/models/m1/rollback', { version: '1' }, 'version', 'not-a-number'],
    ['/models/m1/rollback', {}, 'version', 'missing'],
    ['/tenants/acme/suspend', { until: '2026-12-01' }, 'until', 'unknown-member'],
    ['/tenants/acme/offboard', { keys: false }, 'keys', 'unknown-member'],
  ])('is refused by its name: %s %j', async (path, body, member, reason) => {
    const { status, text } = await ask('POST', path, body, {});
    expect([status, JSON.parse(text).errors]).toMatchObject([400, [{ path: member, reason }]]);
    expect(await writer.showModel('m1')).toMatchObject({ version: 1 });
    expect(await writer.showTenant('acme')).toMatchObject({ version: 1 });
  });
});

test('a key is made once under an Idempotency-Key, and its text is kept nowhere for that', async () => {
  const secrets = memoryItems();
  const keys = (actor: string) =>
    createKeyWriter({
      ...{ items, secrets, clock: () => START, maxDays: 90, actor },
      hashKey: async () => UNDER,
      randomInt,
    });
  app = createAdmin({ items, clock: () => START, keys });
  const once = () => ask('POST', '/keys', { tenant: 'acme', name: 'ci' }, { 'idempotency-key': 'once' });
  const made = await once();
  expect(made.status).toBe(201);
  const { key } = JSON.parse(made.text);
  expect(JSON.stringify([await items.scan(), await secrets.scan()])).not.toContain(key);
  const again = await once();
  expect([again.status, again.text.includes(key)]).toEqual([409, false]);
  expect((await keys('x').listKeys({ tenant: 'acme' })).entries).toHaveLength(1);
  for (const odd of ['models', 'roles', 'networks'])
    expect((await ask('POST', '/keys', { tenant: 'acme', name: 'ci', [odd]: 5 }, {})).status).toBe(400);
});

test('keys are looked for among all of them: by id, name or owner, and by their state', async () => {
  const secrets = memoryItems();
  const writer = createKeyWriter({
    ...{ items, secrets, clock: () => START - 10 * 86_400_000, maxDays: 90, actor: 'x' },
    ...{ hashKey: async () => UNDER, randomInt },
  });
  const make = async (name: string, more: object = {}) =>
    (await writer.createKey({ tenant: 'acme', name, ...more })).entry.id;
  const nightly = await make('nightly-report', { owner: 'ann' });
  await make('old', { expiresAt: START / 1000 - 1 });
  await writer.revokeKey({ key: await make('leaked') });
  app = createAdmin({ items, clock: () => START, keys: () => writer });
  const names = async (query: string) => {
    const answer = await app.fetch(new Request(`http://x/admin/keys?${query}`), { caller: olga, requestId: 'r' });
    const { items: found } = (await answer.json()) as { items?: { name: string }[] };
    return found?.map(({ name }) => name).sort() ?? answer.status;
  };
  expect(await names('q=REPORT')).toEqual(['nightly-report']);
  expect(await names('q=ann&limit=1')).toEqual(['nightly-report']);
  expect(await names(`q=${nightly.slice(2)}`)).toEqual(['nightly-report']);
  expect(await names('q=l&status=revoked')).toEqual(['leaked']);
  expect(await names('status=active')).toEqual(['nightly-report']);
  expect(await names('status=expired')).toEqual(['old']);
  expect(await names('status=gone')).toBe(400);
});
