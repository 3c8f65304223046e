import { TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { badEntries, badEntry, parseSeconds } from '../registry/fields.ts';
import { type KeyEntry, keyDocument } from '../registry/gateway-keys/key.ts';
import { isOwn, type KeyWriter, type ListedKey, ownKey } from '../registry/gateway-keys/writer.ts';
import type { Document } from '../registry/items.ts';
import type { Verb } from '../registry/rights.ts';
import { membersOf } from './body.ts';
import { pageOf } from './page.ts';
import type { Act, Reply, Route } from './route.ts';

/** Keys of the gateway. Whoever may sign in makes them for itself; for a service, those who may write keys. */

function keysOf({ keys }: Act): KeyWriter {
  if (keys !== undefined) return keys;
  throw new TollgateError('not_found', { field: 'keys', reason: 'no-keys', message: 'This stage has no keys.' });
}

function documentOf(entry: KeyEntry | ListedKey): Document {
  const usedAt =
    'usedAt' in entry && entry.usedAt !== undefined ? { usedAt: new Date(entry.usedAt).toISOString() } : {};
  return { ...keyDocument(entry), ...usedAt };
}

const KEY_STATES = ['active', 'expired', 'revoked'] as const;

/** @param now milliseconds since 1970 */
function stateOf({ revokedAt, expiresAt }: ListedKey, now: number): (typeof KEY_STATES)[number] {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt * 1000 <= now ? 'expired' : 'active';
}

/** @throws TollgateError `not_found` for a key that is not the caller’s to see, or to change, in the words of one that is not there */
async function keyNamed(act: Act, verb: Verb): Promise<ListedKey> {
  const { rights, caller, params } = act;
  const key = await keysOf(act).showKey({ key: params.key ?? '' });
  if (rights.may('keys', verb, key.tenant) || isOwn(caller, key)) return key;
  throw new TollgateError('not_found', {
    field: 'key',
    reason: 'no-such-item',
    message: `There is no key ${params.key}.`,
  });
}

function made({ entry, key }: { entry: KeyEntry; key: { reveal(): string } }): Reply {
  return { status: 201, body: { ...documentOf(entry), key: key.reveal() }, headers: { 'cache-control': 'no-store' } };
}

const common = { resource: 'keys', narrows: true, own: true } as const;

export const KEY_ROUTES: readonly Route[] = [
  {
    ...common,
    ...{
      method: 'get',
      path: '/keys',
      verb: 'read',
      parameters: ['limit', 'cursor', 'prefix', 'tenant', 'q', 'status'],
      about: 'A page of keys, by id; never their texts. `q` is part of an id, a name or an owner.',
    },
    async run(act) {
      const { rights, caller, clock } = act;
      const { q = '', status, ...query } = act.query;
      if (status !== undefined && !KEY_STATES.some((one) => one === status)) throw badEntry('status', 'unknown-status');
      const wanted = q.trim().toLowerCase();
      const scope = rights.scopeOf('keys', 'read');
      const of = scope === 'all' ? { tenant: query.tenant } : { tenant: caller.tenant };
      const { entries } = await keysOf(act).listKeys(scope === undefined ? { ...of, owner: caller.principal } : of);
      const found = entries.filter(
        (key) =>
          (status === undefined || stateOf(key, clock()) === status) &&
          [key.id, key.name, key.owner ?? ''].some((one) => one.toLowerCase().includes(wanted)),
      );
      return { body: pageOf(found.map(documentOf), ({ id }) => String(id), query) };
    },
  },
  {
    ...common,
    ...{
      method: 'post',
      path: '/keys',
      verb: 'write',
      about: 'Makes a key; its text is in the answer, and nowhere else.',
    },
    async run(act) {
      const { body, caller, rights } = act;
      const { tenant = caller.tenant, name, owner, roles, models, budget, networks, expiresAt, ...more } = body;
      const problems = Object.keys(more).map((path) => ({ path, reason: 'unknown-member' }));
      if (typeof name !== 'string')
        problems.push({ path: 'name', reason: name === undefined ? 'missing' : 'not-text' });
      if (typeof tenant !== 'string') problems.push({ path: 'tenant', reason: 'not-text' });
      for (const [path, list] of Object.entries({ roles, models, networks }))
        if (list !== undefined && !Array.isArray(list)) problems.push({ path, reason: 'not-a-list' });
      if (problems.length > 0) throw badEntries(problems);
      const given = { tenant, name, owner, roles, models, budget, networks } as Parameters<KeyWriter['createKey']>[0];
      const end = expiresAt === undefined ? {} : { expiresAt: parseSeconds(String(expiresAt), 'expiresAt') };
      if (rights.may('keys', 'write', tenant as TenantId))
        return made(await keysOf(act).createKey({ ...given, ...end }));
      if (tenant !== caller.tenant || (owner !== undefined && owner !== caller.principal))
        throw new TollgateError('forbidden', { reason: 'not-delegated' });
      return made(await keysOf(act).createKey(ownKey(caller, { ...given, ...end })));
    },
  },
  {
    ...common,
    ...{ method: 'get', path: '/keys/:key', verb: 'read', about: 'One key, without its text.' },
    run: async (act) => ({ body: documentOf(await keyNamed(act, 'read')) }),
  },
  {
    ...common,
    ...{
      method: 'post',
      path: '/keys/:key/rotate',
      verb: 'write',
      about:
        'A new text, good until `expiresAt` (absent: as a new key); the former one is good for `overlapHours` more.',
    },
    async run(act) {
      const { id } = await keyNamed(act, 'write');
      const { overlapHours, expiresAt } = membersOf(act.body, { overlapHours: 'number', expiresAt: 'text' });
      const overlap = overlapHours === undefined ? {} : { overlapHours };
      const end = expiresAt === undefined ? {} : { expiresAt: parseSeconds(expiresAt, 'expiresAt') };
      return made(await keysOf(act).rotateKey({ key: id }, { ...overlap, ...end }));
    },
  },
  {
    ...common,
    ...{
      method: 'delete',
      path: '/keys/:key',
      verb: 'write',
      about: 'Revokes it, within the authorizer’s cache time.',
    },
    async run(act) {
      const { id } = await keyNamed(act, 'write');
      const { entry } = await keysOf(act).revokeKey({ key: id });
      return { body: documentOf(entry) };
    },
  },
];
