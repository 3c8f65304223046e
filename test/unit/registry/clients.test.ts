import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientKey } from '../../../registry/keys.ts';
import type { Unusable } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { readSnapshot } from '../../../registry/snapshot.ts';
import { createWriter } from '../../../registry/writer.ts';
import { memoryItems } from './memory-items.ts';

const ISSUER = 'https://login.example.com';
const START = Date.UTC(2026, 5, 1);

async function setUp() {
  const items = memoryItems();
  let now = START;
  const writer = createWriter({ items, clock: () => now++, actor: 'alice' });
  for (const id of ['acme', 'globex']) await writer.putTenant({ id, costCenter: 'CC-1' });
  const unusable: Unusable[] = [];
  const lookup = createLookup({ items, clock: () => now, onUnusable: (one) => unusable.push(one), memoryMs: 5_000 });
  const tenantOf = (client: string, issuer = ISSUER) => lookup.clientTenant({ issuer, client });
  return { items, writer, unusable, tenantOf, later: (ms: number) => (now += ms) };
}

describe('a client', () => {
  test('is of the tenant that it was given to, at its issuer alone', async () => {
    const { writer, tenantOf } = await setUp();
    expect(await writer.putClient({ issuer: ISSUER, client: 'app', tenant: 'acme' })).toMatchObject({
      changed: true,
      entry: { tenant: 'acme', version: 1, updatedBy: 'alice' },
    });
    expect(await tenantOf('app')).toBe('acme');
    expect(await tenantOf('App')).toBeNull();
    expect(await tenantOf('app', `${ISSUER}/`)).toBeNull();
    expect(await writer.putClient({ issuer: ISSUER, client: 'app', tenant: 'acme' })).toMatchObject({ changed: false });
  });

  test('that is given to another tenant, or taken away, is so once what was read has been forgotten', async () => {
    const { writer, tenantOf, later } = await setUp();
    const name = { issuer: ISSUER, client: 'app' };
    await writer.putClient({ ...name, tenant: 'acme' });
    expect(await tenantOf('app')).toBe('acme');
    await writer.putClient({ ...name, tenant: 'globex' });
    later(5_000);
    expect(await tenantOf('app')).toBe('globex');
    await writer.removeClient(name);
    later(5_000);
    expect(await tenantOf('app')).toBeNull();
    await expect(writer.removeClient(name)).rejects.toMatchObject({ code: 'not_found' });
    const history = await writer.clientHistory(name);
    expect(history.map(({ change, before, after }) => [change, before?.tenant, after?.tenant])).toEqual([
      ['create', undefined, 'acme'],
      ['replace', 'acme', 'globex'],
      ['remove', 'globex', undefined],
    ]);
  });

  test('is listed by its tenant, and is in the snapshot that a review is made of', async () => {
    const { items, writer } = await setUp();
    for (const [client, tenant] of [
      ['b', 'globex'],
      ['c', 'acme'],
      ['a', 'acme'],
    ] as const)
      await writer.putClient({ issuer: ISSUER, client, tenant });
    const names = (entries: readonly { client: string; tenant: string }[]) => entries.map((one) => one.client);
    expect(names((await writer.listClients()).entries)).toEqual(['a', 'c', 'b']);
    expect(names((await writer.listClients({ tenant: 'acme' })).entries)).toEqual(['a', 'c']);
    const { clients, changes } = await readSnapshot(items, () => START);
    expect(clients).toHaveLength(3);
    expect(changes.filter(({ item }) => item.startsWith('CLIENT#'))).toHaveLength(3);
  });

  test.each([
    ['an issuer that is none', { issuer: 'login.example.com' }, 'issuer'],
    ['an issuer of another scheme', { issuer: 'ftp://login.example.com' }, 'issuer'],
    ['no client', { client: '' }, 'client'],
    ['a client with a space before it', { client: ' app' }, 'client'],
    ['a client with a line break', { client: 'a\nb' }, 'client'],
    ['a client that is too long', { client: 'a'.repeat(513) }, 'client'],
    ['a tenant that is none', { tenant: 'a#b' }, 'tenant'],
  ])('is refused by its member: %s', async (_, wrong, field) => {
    const { items, writer } = await setUp();
    items.calls.length = 0;
    const given = { issuer: ISSUER, client: 'app', tenant: 'acme', ...wrong };
    await expect(writer.putClient(given)).rejects.toMatchObject({ code: 'bad_entry', field });
    expect(items.calls).toEqual([]);
  });

  test('is given to no tenant that there is not', async () => {
    const { writer } = await setUp();
    const given = { issuer: ISSUER, client: 'app', tenant: 'nobody' };
    await expect(writer.putClient(given)).rejects.toMatchObject({ code: 'not_found', field: 'tenant' });
  });

  test('D3 D6 whose item is malformed, or names another client, is nobody’s, and that is told', async () => {
    const { items, writer, unusable, tenantOf } = await setUp();
    const { entry } = await writer.putClient({ issuer: ISSUER, client: 'app', tenant: 'acme' });
    const [item] = await items.batch([clientKey(entry)]);
    const put = (client: string, document: object) =>
      items.write([
        {
          kind: 'put',
          key: clientKey({ issuer: ISSUER, client }),
          document: { ...item?.document, ...document } as never,
          expected: { is: 'absent' },
        },
      ]);
    await put('other', {});
    await put('broken', { client: 'broken', tenant: '*' });
    expect([await tenantOf('other'), await tenantOf('broken')]).toEqual([null, null]);
    expect(unusable.map(({ field, reason }) => [field, reason])).toEqual([
      ['key', 'names-another-item'],
      ['tenant', 'not-a-tenant-id'],
    ]);
  });
});

test('D4 no two clients have one partition, and none has another kind’s, whatever signs are in their names', () => {
  const part = fc.string({
    unit: fc.constantFrom('#', '"', ',', '[', ']', '\\', '/', 'a', 'TENANT', ' '),
    maxLength: 6,
  });
  fc.assert(
    fc.property(part, part, part, part, (issuer, client, otherIssuer, otherClient) => {
      const [one, other] = [clientKey({ issuer, client }), clientKey({ issuer: otherIssuer, client: otherClient })];
      expect(one.pk === other.pk).toBe(issuer === otherIssuer && client === otherClient);
      expect(one.pk).toMatch(/^CLIENT#[0-9a-f]{64}$/);
    }),
  );
});
