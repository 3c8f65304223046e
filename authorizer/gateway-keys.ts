import { asTollgateError, TollgateError } from '../contract/errors.ts';
import { KEY_USE_NOTED_MS } from '../contract/limits/keys.ts';
import { REGISTRY_TIMEOUT_MS } from '../contract/limits/registry.ts';
import { type Clock, logLine, type WriteLine } from '../contract/log.ts';
import { keyPrincipal } from '../contract/narrowed.ts';
import { KEY } from '../registry/all-kinds.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import { parseKey } from '../registry/gateway-keys/format.ts';
import { narrowedBy } from '../registry/gateway-keys/key.ts';
import {
  type HashKey,
  isSecret,
  parseSecrets,
  secretKey,
  usedAtOf,
  usedDocument,
  usedKey,
} from '../registry/gateway-keys/secrets.ts';
import type { Document, Item, Items, Key } from '../registry/items.ts';
import { keyKey } from '../registry/keys.ts';
import { read } from '../registry/kinds.ts';
import { reportUnusable } from '../registry/unusable.ts';
import { within } from '../registry/within.ts';
import type { IdentifyKey } from './callers.ts';

export interface GatewayKeysOptions {
  registry: Pick<Items, 'batch'>;
  /** The table of secrets. */
  secrets: Pick<Items, 'batch'>;
  /** What a secret was hashed under; undefined when no such version is known any more. @throws TollgateError `unavailable` */
  hashKey: (version: string) => HashKey | undefined | Promise<HashKey | undefined>;
  /** Notes a use, unless there is a note as late as `before`; absent: who asks notes none. */
  note?: ((key: Key, document: Document, before: string) => Promise<void>) | undefined;
  /** Days for which a secret is good at most, whatever it was made for. */
  maxDays: number;
  clock: Clock;
  write: WriteLine;
}

const DAY_MS = 86_400_000;

/**
 * Who calls by a key. What cannot be one costs nothing; what can be one costs two reads at once, and nothing of either is
 * remembered here, so that a key ends with the authorizer's cache.
 *
 * @returns throws TollgateError `unauthenticated` with reason key-malformed | key-unknown | key-secret | key-expired | key-revoked,
 *   which all read the same; `unavailable` when that could not be decided
 */
export function createGatewayKeys(options: GatewayKeysOptions): IdentifyKey {
  const { clock, maxDays } = options;
  const report = reportUnusable(options);
  const noted = createNotes(options);

  return async (text) => {
    const parsed = parseKey(text);
    if (parsed === undefined) throw refused('key-malformed');
    const { id } = parsed;
    const [[item], kept] = await within(REGISTRY_TIMEOUT_MS, 'registry-timeout', (signal) =>
      Promise.all([
        options.registry.batch([keyKey(id)], signal),
        options.secrets.batch([secretKey(id), usedKey(id)], signal),
      ]),
    );
    const [of, used] = [secretKey(id), usedKey(id)].map(({ pk }) => kept.find(({ key }) => key.pk === pk));
    if (item === undefined || of === undefined) throw refused('key-unknown');
    const found = read(item, KEY);
    if ('unusable' in found) {
      report(found.unusable);
      throw refused('key-unknown');
    }
    const { entry } = found;
    const until = await endOf(of, parsed);
    const now = clock();
    const exp = Math.min(until, entry.expiresAt * 1000);
    // Only who has the secret learns, from how long it takes, that there is more to be looked at.
    if (entry.revokedAt !== undefined) throw refused('key-revoked');
    if (exp <= now) throw refused('key-expired');
    noted(id, used, now);
    const { tenant, roles } = entry;
    return { tenant, principal: keyPrincipal(id), roles, exp: exp / 1000, narrowed: narrowedBy(entry) };
  };

  /** @returns milliseconds since 1970: when the secret that was sent ends @throws TollgateError reason key-secret */
  async function endOf({ key, document }: Item, parsed: { id: string; secret: string }): Promise<number> {
    let secrets: ReturnType<typeof parseSecrets>['secrets'];
    try {
      ({ secrets } = parseSecrets(document));
    } catch (thrown) {
      const { field = 'entry', reason = 'unreadable' } = asTollgateError(thrown);
      report({ ...key, field, reason });
      throw refused('key-unknown');
    }
    for (const one of secrets) {
      const under = await options.hashKey(one.under);
      if (under !== undefined && isSecret(one, under.key, parsed))
        return Math.min(one.until, one.madeAt + maxDays * DAY_MS);
    }
    throw refused('key-secret');
  }
}

/** Notes beside the call when a key was used, at most once an hour a key; nobody waits for it, and it fails for nobody. */
function createNotes({ note, clock, write }: GatewayKeysOptions) {
  const lately = new Map<string, number>();
  return (id: string, used: Item | undefined, now: number): void => {
    const before = Math.max(usedAtOf(used) ?? 0, lately.get(id) ?? 0);
    if (note === undefined || now - before < KEY_USE_NOTED_MS) return;
    lately.delete(id);
    lately.set(id, now);
    const [oldest] = lately.size > NOTES_MAX ? lately.keys() : [];
    if (oldest !== undefined) lately.delete(oldest);
    note(usedKey(id), usedDocument(now), isoMilliseconds(now - KEY_USE_NOTED_MS)).catch((thrown: unknown) => {
      const type = thrown instanceof Error ? thrown.name : '';
      // Another process was first.
      if (type === 'ConditionalCheckFailedException') return;
      write(logLine(clock(), { event: 'key-use-not-noted', level: 'warn', type }));
    });
  };
}

/** Keys of which a process remembers that their use was noted, so that a note that fails is not tried by every call. */
const NOTES_MAX = 1_000;

function refused(reason: string): TollgateError {
  return new TollgateError('unauthenticated', { reason });
}
