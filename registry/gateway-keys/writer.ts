import type { CallerContext } from '../../contract/context.ts';
import { type Problem, TollgateError } from '../../contract/errors.ts';
import type { Principal } from '../../contract/identity.ts';
import {
  KEY_DAYS,
  KEY_DAYS_MAX,
  KEY_OVERLAP_HOURS,
  KEY_OVERLAP_HOURS_MAX,
  KEYS_PER_OWNER_MAX,
  KEYS_PER_TENANT_MAX,
} from '../../contract/limits/keys.ts';
import { keyPrincipal, type Narrowed } from '../../contract/narrowed.ts';
import { Secret } from '../../contract/secret.ts';
import { KEY } from '../all-kinds.ts';
import { type Change, createEdits, type EditOptions, type HistoryRecord, type Listing } from '../edit.ts';
import { entitled } from '../entitled.ts';
import { badEntries, badEntry, isoMilliseconds, isoSeconds, SCHEMA_VERSION } from '../fields.ts';
import type { Items, Plain } from '../items.ts';
import { KEY_SK, keyKey } from '../keys.ts';
import { createLookup } from '../lookup.ts';
import { asTenantId } from '../tenant.ts';
import { isKeyId, keyText, newKeyId, newKeySecret, parseKey, type RandomInt } from './format.ts';
import { isAdministrative, type KeyEntry, narrowedBy } from './key.ts';
import {
  type HashKey,
  hashed,
  type KeptSecret,
  parseSecrets,
  secretKey,
  secretsDocument,
  USED_SK,
  usedAtOf,
  usedKey,
} from './secrets.ts';

/** A key as it is asked for; its members are judged when it is written. */
export interface GivenKey {
  tenant: string;
  name: string;
  owner?: string | undefined;
  roles?: readonly string[] | undefined;
  models?: readonly string[] | undefined;
  /** Of a budget its limit, unit and period; and its enforcement, hard unless told. */
  budget?: { [member: string]: Plain } | undefined;
  networks?: readonly string[] | undefined;
  /** Seconds since 1970; after KEY_DAYS unless told, or sooner where the stage allows no more. */
  expiresAt?: number | undefined;
}

/** A key that was made, or made new: its text is nowhere else, and cannot be had again. */
export interface MadeKey {
  entry: KeyEntry;
  key: Secret;
}

export interface ListedKey extends KeyEntry {
  /** Milliseconds since 1970, by the hour. */
  usedAt?: number;
}

/** How a key is named: by its id, by `key:<id>`, by its whole text, or by its name where the tenant is told. */
export interface KeyName {
  key: string;
  tenant?: string | undefined;
}

/** Every method throws TollgateError `bad_entry` naming the member, and `not_found` where there is no such key. */
export interface KeyWriter {
  createKey(given: GivenKey): Promise<MadeKey>;
  /** Everybody's, or those of a tenant, or of one owner in it; revoked and expired ones too. */
  listKeys(of?: { tenant?: string | undefined; owner?: string | undefined }): Promise<Listing<ListedKey>>;
  showKey(name: KeyName): Promise<ListedKey>;
  /**
   * A new secret of the same key, whose id, bounds and budget stay. The former one is good for a while longer.
   *
   * @throws TollgateError `bad_entry` of a revoked key: it stays so
   */
  rotateKey(name: KeyName, how?: { overlapHours?: number; expiresAt?: number }): Promise<MadeKey>;
  /** It is refused from the authorizer's cache time on, and forever: its secret is forgotten. */
  revokeKey(name: KeyName): Promise<Change<KeyEntry>>;
  /** As `revokeKey`, and no list names it any more; what it used stays in the ledger. */
  deleteKey(name: KeyName): Promise<KeyEntry>;
  /** Revokes every key of a tenant. @returns how many there were to revoke */
  revokeKeysOf(tenant: string): Promise<number>;
  /** Every edit of one, oldest first. */
  keyHistory(name: KeyName): Promise<HistoryRecord[]>;
}

export interface KeyWriterOptions extends EditOptions {
  /** The table of secrets. */
  secrets: Items;
  /** What secrets are hashed under. @throws TollgateError `unavailable` */
  hashKey: () => Promise<HashKey>;
  randomInt: RandomInt;
  /** Days for which a key is good at most. */
  maxDays?: number;
}

const DAY_SECONDS = 86_400;
const HOUR_MS = 3_600_000;

export function createKeyWriter(options: KeyWriterOptions): KeyWriter {
  const { items, secrets, hashKey, clock, randomInt, dryRun = false, maxDays = KEY_DAYS_MAX } = options;
  const edits = createEdits(options);

  function endOf(given: number | undefined): number {
    const now = Math.floor(clock() / 1000);
    const end = given ?? now + Math.min(KEY_DAYS, maxDays) * DAY_SECONDS;
    if (end <= now) throw badEntry('expiresAt', 'has-passed');
    if (end > now + maxDays * DAY_SECONDS) throw badEntry('expiresAt', `later-than-${maxDays}-days`);
    return end;
  }

  async function newSecret(id: string, endSeconds: number): Promise<{ text: string; kept: KeptSecret }> {
    const parsed = { id, secret: newKeySecret(randomInt) };
    const kept = { ...hashed(await hashKey(), parsed), madeAt: clock(), until: endSeconds * 1000 };
    return { text: keyText(parsed), kept };
  }

  /** Whatever is there: what a key had before is forgotten. */
  async function keep(id: string, make: (before: readonly KeptSecret[]) => KeptSecret[]): Promise<void> {
    const before = await secrets.get(secretKey(id));
    const { secrets: had, version } = before === undefined ? NONE : parseSecrets(before.document);
    const document = secretsDocument(make(had), version + 1);
    const expected = before === undefined ? ({ is: 'absent' } as const) : ({ is: 'version', version } as const);
    if (!dryRun) await secrets.write([{ kind: 'put', key: secretKey(id), document, expected }]);
  }

  async function forget(id: string, of: 'secret' | 'all'): Promise<void> {
    const wanted = of === 'all' ? [secretKey(id), usedKey(id)] : [secretKey(id)];
    const found = await secrets.batch(wanted);
    const writes = found.map(({ key }) => ({ kind: 'delete', key, expected: { is: 'present' } }) as const);
    if (writes.length > 0 && !dryRun) await secrets.write(writes);
  }

  /** By the index: a name that was taken within the second may be taken twice, and then both are told apart by their ids. */
  async function listed(
    of: { tenant?: string | undefined; owner?: string | undefined } = {},
    keys = items.list(KEY_SK),
  ): Promise<Listing<ListedKey>> {
    const tenant = of.tenant === undefined ? undefined : asTenantId(of.tenant);
    const [listing, used] = await Promise.all([edits.list(KEY, keys), secrets.scan({ equals: USED_SK })]);
    const usedAt = new Map(used.map((item) => [item.key.pk, usedAtOf(item)]));
    const entries = listing.entries
      .filter((one) => tenant === undefined || one.tenant === tenant)
      .filter((one) => of.owner === undefined || one.owner === of.owner)
      .map((one): ListedKey => withUse(one, usedAt.get(usedKey(one.id).pk)))
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    return { entries, unusable: listing.unusable };
  }

  async function find({ key, tenant }: KeyName): Promise<KeyEntry> {
    const id = parseKey(key)?.id ?? key.replace(/^key:/, '');
    const of = tenant === undefined ? undefined : asTenantId(tenant);
    if (isKeyId(id)) {
      const item = await items.get(keyKey(id));
      if (item !== undefined) {
        const entry = await edits.show(KEY, keyKey(id));
        if (of === undefined || entry.tenant === of) return entry;
      }
    }
    if (of !== undefined) {
      const named = (await listed({ tenant: of })).entries.filter(({ name }) => name === key);
      const found = named.find(({ revokedAt }) => revokedAt === undefined) ?? named[0];
      if (found !== undefined) return edits.show(KEY, keyKey(found.id));
    }
    // Never with what was given: it may be a whole key.
    const where = of === undefined ? '; name it by its id, or give its tenant' : ` of ${of}`;
    throw new TollgateError('not_found', {
      field: 'key',
      reason: 'no-such-item',
      message: `There is no such key${where}.`,
    });
  }

  /** By the rule of calls: its own list is no way to hold what it would not hold without one. */
  async function checkHeld(wanted: KeyEntry, models: readonly string[] = []): Promise<void> {
    const { id, tenant, roles } = wanted;
    if (models.length === 0) return;
    const lookup = createLookup({ items, clock, onUnusable: () => {} });
    const entries = await lookup.tenant(tenant);
    const holder = { roles, principal: keyPrincipal(id), narrowed: narrowedBy(wanted) };
    const held = new Set(entitled(entries?.models ?? [], holder, clock() / 1000).map((model) => model.id));
    refuse(models.flatMap((model, at) => (held.has(model) ? [] : [{ path: `models[${at}]`, reason: 'not-granted' }])));
  }

  async function checkRoom({ tenant, name, owner }: KeyEntry): Promise<void> {
    const now = clock();
    const alive = (await listed({ tenant })).entries.filter(
      ({ revokedAt, expiresAt }) => revokedAt === undefined && expiresAt * 1000 > now,
    );
    if (alive.some((one) => one.name === name)) throw badEntry('name', 'taken');
    const [field, count, most] =
      owner === undefined
        ? ['tenant', alive.length, KEYS_PER_TENANT_MAX]
        : ['owner', alive.filter((one) => one.owner === owner).length, KEYS_PER_OWNER_MAX];
    if (Number(count) >= Number(most)) throw badEntry(String(field), 'has-too-many-keys');
  }

  async function revoke(entry: KeyEntry): Promise<Change<KeyEntry>> {
    const change = await edits.alter(KEY, keyKey(entry.id), 'revoke', (now) =>
      now.revokedAt === undefined ? { ...now, revokedAt: clock() } : now,
    );
    // After it: what is revoked is refused already, and one that was begun twice ends well.
    await forget(entry.id, 'secret');
    return change;
  }

  return {
    async createKey(given) {
      const tenant = asTenantId(given.tenant);
      const id = newKeyId(randomInt);
      const make = (stamp: { version: number; at: number; by: string }) => ({
        ...{ v: SCHEMA_VERSION, id, tenant, name: given.name },
        ...(given.owner === undefined ? {} : { owner: given.owner }),
        ...(given.roles === undefined || given.roles.length === 0 ? {} : { roles: [...given.roles] }),
        ...(given.models === undefined ? {} : { models: [...given.models] }),
        ...(given.budget === undefined ? {} : { budget: given.budget }),
        ...(given.networks === undefined ? {} : { networks: [...given.networks] }),
        expiresAt: isoSeconds(endOf(given.expiresAt)),
        version: stamp.version,
        updatedAt: isoMilliseconds(stamp.at),
        updatedBy: stamp.by,
      });
      const wanted = KEY.parse(make({ version: 1, at: clock(), by: 'nobody yet' }));
      await Promise.all([checkHeld(wanted, given.models), checkRoom(wanted)]);
      const { text, kept } = await newSecret(id, wanted.expiresAt);
      // Where the second of them fails there is a key without a secret, which every list shows, and a rotation gives it one.
      const { entry } = await edits.put(KEY, keyKey(id), make);
      await keep(id, () => [kept]);
      return { entry, key: new Secret(text) };
    },
    listKeys: listed,
    async showKey(name) {
      const entry = await find(name);
      return withUse(entry, usedAtOf(await secrets.get(usedKey(entry.id))));
    },
    async rotateKey(name, { overlapHours = KEY_OVERLAP_HOURS, expiresAt } = {}) {
      if (!(overlapHours >= 0 && overlapHours <= KEY_OVERLAP_HOURS_MAX))
        throw badEntry('overlap', 'not-0-to-168-hours');
      const { id } = await find(name);
      const end = endOf(expiresAt);
      const { text, kept } = await newSecret(id, end);
      const { entry } = await edits.alter(KEY, keyKey(id), 'rotate', (now) => {
        if (now.revokedAt !== undefined) throw badEntry('key', 'is-revoked');
        return { ...now, expiresAt: end };
      });
      const until = clock() + overlapHours * HOUR_MS;
      await keep(id, ([before]) => [
        kept,
        ...(before === undefined || until <= clock() ? [] : [{ ...before, until: Math.min(before.until, until) }]),
      ]);
      return { entry, key: new Secret(text) };
    },
    revokeKey: async (name) => revoke(await find(name)),
    async deleteKey(name) {
      const entry = await find(name);
      await edits.remove(KEY, keyKey(entry.id), 'delete');
      await forget(entry.id, 'all');
      return entry;
    },
    async revokeKeysOf(tenant) {
      // None may be missed.
      const { entries } = await listed({ tenant }, items.scan({ equals: KEY_SK }));
      const alive = entries.filter(({ revokedAt }) => revokedAt === undefined);
      for (const entry of alive) await revoke(entry);
      return alive.length;
    },
    keyHistory: async (name) => {
      const id = parseKey(name.key)?.id ?? name.key.replace(/^key:/, '');
      // Of one that was deleted, too.
      return edits.history(keyKey(isKeyId(id) ? id : (await find(name)).id));
    },
  };
}

/** What somebody who signed in may say of a key of its own; everything else is as its maker is. */
export type OwnKey = Omit<GivenKey, 'tenant' | 'owner'>;

/**
 * A key that a signed-in caller makes for itself: its tenant's, owned by it, with roles of its own and none that administer.
 *
 * @throws TollgateError `forbidden` where a key asks: who has one could go on making others when it is revoked; `bad_entry` for a
 *   role that the caller has not
 */
export function ownKey({ tenant, principal, roles, narrowed }: CallerContext, given: OwnKey): GivenKey {
  if (narrowed !== undefined)
    throw new TollgateError('forbidden', { reason: 'key-makes-key', message: 'A key can make no key.' });
  const own = roles.filter((role) => !isAdministrative(role));
  refuse(
    (given.roles ?? []).flatMap((role, at) =>
      own.includes(role) ? [] : [{ path: `roles[${at}]`, reason: 'not-yours' }],
    ),
  );
  return { ...given, tenant, owner: principal, roles: given.roles ?? own };
}

/** Whether a signed-in caller may show, rotate, revoke a key as its owner. */
export function isOwn({ tenant, principal, narrowed }: CallerContext, key: KeyEntry): boolean {
  return narrowed === undefined && key.tenant === tenant && key.owner === (principal as Principal);
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw badEntries(problems);
}

const NONE = { secrets: [], version: 0 };

function withUse(entry: KeyEntry & Narrowed, usedAt: number | undefined): ListedKey {
  return usedAt === undefined ? entry : { ...entry, usedAt };
}

function nameOf({ tenant, name, id }: KeyEntry): string {
  return JSON.stringify([tenant, name, id]);
}
