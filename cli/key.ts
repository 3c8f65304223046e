import type { Command } from 'commander';
import { BUDGET_UNITS, PERIODS } from '../contract/budget.ts';
import { TollgateError } from '../contract/errors.ts';
import { KEY_DAYS, KEY_OVERLAP_HOURS, KEY_OVERLAP_HOURS_MAX } from '../contract/limits/keys.ts';
import { badEntry, isoMilliseconds, isoSeconds, parseSeconds } from '../registry/fields.ts';
import { type KeyEntry, keyDocument } from '../registry/gateway-keys/key.ts';
import type { GivenKey, ListedKey, MadeKey } from '../registry/gateway-keys/writer.ts';
import { type Answer, edited, listed, shown } from './answer.ts';
import { type Filters, filtered, withPrefix } from './filters.ts';
import { openKeys } from './key/open.ts';
import { namedByOption, type Said } from './naming.ts';
import { historyOf } from './past.ts';
import { warn } from './print.ts';
import { warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Named {
  key: string;
  tenant?: string;
}

interface CreateOptions {
  tenant: string;
  name: string;
  owner?: string;
  roles?: string;
  models?: string;
  networks?: string;
  limit?: string;
  unit?: string;
  period?: string;
  expires?: string;
}

const WHEN = `2027-01-31, 2027-01-31T18:00:00Z or 30d; after ${KEY_DAYS} days unless given`;

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'key',
    about: 'keys for clients that cannot sign in: create, list, show, rotate, revoke, delete',
    more:
      '\nA key is sent as a token is, Authorization: Bearer tg_..., and may do no more than its tenant,' +
      '\nor its owner in it. For example:' +
      '\n  tollgate key create nightly --tenant acme --models nova-lite --limit 20 --unit usd' +
      '\n  tollgate key rotate nightly --tenant acme --overlap 48',
  });
  const KEY = { '<key>': 'its id, or its name with --tenant; of a leaked one all of it' };
  const ofTenant = (verb: Command): Command => verb.option('--tenant <tenant>', 'whose it is, to find it by its name');

  noun.verb<CreateOptions>('create', {
    about: 'make a key, which is printed this once',
    args: { '<tenant>': 'whose models, budgets and cost centre its calls have', '<name>': 'which of its keys it is' },
    options: (verb) =>
      verb
        .option('--owner <principal>', 'whose it is in the tenant: what counts principals counts it as theirs')
        .option('--roles <list>', 'those of the owner’s roles that it has; none that administer')
        .option('--models <list>', 'the only models that it may call')
        .option('--networks <list>', 'the only networks it may be used from: 203.0.113.0/24,2001:db8::/32')
        .option('--limit <amount>', 'what it may use up by itself, beside every other budget')
        .option('--unit <unit>', `of --limit: ${UNITS.join(', ')}; usd unless given`)
        .option('--period <period>', `of --limit: ${PERIODS.join(', ')}; month unless given`)
        .option('--expires <when>', WHEN),
    edits: true,
    run: async (options, { target: of }) =>
      once(
        await named(async () =>
          (await openKeys(await of(), { making: true, dryRun: options.dryRun })).createKey(givenKey(options)),
        ),
        'made',
      ),
  });

  noun.verb<Filters & { tenant?: string; owner?: string }>('list', {
    about: 'everybody’s keys, or those of one tenant, or of one owner in it; never a secret',
    args: '[tenant]',
    options: (verb) => withPrefix(verb.option('--owner <principal>', 'only this principal’s')),
    run: async ({ tenant, owner, ...filters }, { target: of }) => {
      const listing = await (await openKeys(await of())).listKeys({ tenant, owner });
      warnOf(listing);
      const entries = filtered(listing.entries, filters, ({ name }) => name);
      return listed({
        head: ['id', 'tenant', 'name', 'owner', 'state', 'expires', 'last used', 'only'],
        rows: entries.map((key) => [
          ...[key.id, key.tenant, key.name, key.owner ?? '', stateOf(key), isoSeconds(key.expiresAt)],
          ...[key.usedAt === undefined ? 'never' : hourOf(key.usedAt), boundsText(key)],
        ]),
        documents: entries.map(documentOf),
        none: 'there is no key',
      });
    },
  });

  noun.verb<Named>('show', {
    about: 'one key: whose, until when, what for, and when it was last used',
    args: KEY,
    options: ofTenant,
    run: async ({ key, tenant }, { target: of }) => {
      const found = await (await openKeys(await of())).showKey({ key, tenant });
      return shown(found.id, documentOf(found));
    },
  });

  noun.verb<Named & { overlap?: string; expires?: string }>('rotate', {
    about: 'make its secret new, printed this once; the former one is good a little longer',
    args: KEY,
    options: (verb) =>
      ofTenant(verb)
        .option('--overlap <hours>', `for how long, 0 to ${KEY_OVERLAP_HOURS_MAX}; ${KEY_OVERLAP_HOURS} unless given`)
        .option('--expires <when>', WHEN),
    edits: true,
    run: async ({ key, tenant, overlap, expires, dryRun }, { target: of }) =>
      once(
        await named(async () =>
          (await openKeys(await of(), { making: true, dryRun })).rotateKey(
            { key, tenant },
            {
              ...(overlap === undefined ? {} : { overlapHours: hoursOf(overlap) }),
              ...(expires === undefined ? {} : { expiresAt: endOf(expires) }),
            },
          ),
        ),
        'made new',
      ),
  });

  noun.verb<Named>('revoke', {
    about: 'refuse it, within the authorizer’s cache time and for ever',
    args: KEY,
    options: ofTenant,
    edits: true,
    run: async ({ key, tenant, dryRun }, { target: of }) => {
      const change = await (await openKeys(await of(), { dryRun })).revokeKey({ key, tenant });
      const { entry } = change;
      const answer = edited({ id: entry.id, tenant: entry.tenant, change, what: nameOf(entry), done: 'revoked' });
      return change.changed ? answer : { ...answer, text: () => `${nameOf(entry)}: is revoked` };
    },
  });

  noun.verb<Named>('delete', {
    about: 'revoke it, and list it no more; what it used stays in the ledger',
    args: KEY,
    options: ofTenant,
    edits: true,
    run: async ({ key, tenant, yes, dryRun }, { target: of }) => {
      const writer = await openKeys(await of(), { dryRun });
      const entry = await writer.showKey({ key, tenant });
      if (yes !== true && !dryRun)
        throw new TollgateError('invalid_request', {
          field: '--yes',
          reason: 'not-confirmed',
          message: `${nameOf(entry)} would be deleted; say --yes`,
        });
      await writer.deleteKey({ key: entry.id });
      const change = { changed: true, before: null, after: null };
      return edited({ id: entry.id, tenant: entry.tenant, change, what: nameOf(entry), done: 'deleted' });
    },
  });

  noun.verb<Named>('history', {
    about: 'who made, rotated, revoked or deleted it, and when',
    args: KEY,
    options: ofTenant,
    run: async ({ key, tenant }, { target: of }) =>
      historyOf(await (await openKeys(await of())).keyHistory({ key, tenant })),
  });
}

/** The key alone on stdout, for `KEY=$(tollgate key create ...)`, and with -q too; what is to be known of it on stderr. */
function once({ entry, key }: MadeKey, how: string): Answer {
  const text = key.reveal();
  const document = { key: text, ...documentOf(entry) };
  const only = boundsText(entry);
  warn(`${nameOf(entry)}: ${how}, until ${isoSeconds(entry.expiresAt)}${only && `; ${only}`}. It is shown this once.`);
  return { ...shown(entry.id, document), text: () => text, ids: () => [text] };
}

function nameOf({ name, tenant, id }: KeyEntry): string {
  return `key ${name} of ${tenant} (${id})`;
}

const named = <T>(edit: () => Promise<T>): Promise<T> => namedByOption(edit, OPTION_OF);

function givenKey(options: CreateOptions): GivenKey {
  const { tenant, name, owner, roles, models, networks, limit, unit, period, expires } = options;
  if (limit === undefined && (unit ?? period) !== undefined) throw badEntry('budget.limit', 'missing');
  return {
    ...{ tenant, name, owner },
    roles: listOf(roles),
    models: listOf(models),
    networks: listOf(networks),
    ...(limit === undefined ? {} : { budget: { limit, unit: unit ?? 'usd', period: period ?? 'month' } }),
    ...(expires === undefined ? {} : { expiresAt: endOf(expires) }),
  };
}

function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((item) => item.trim());
}

/** @returns seconds since 1970 */
function endOf(text: string): number {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  return days === undefined ? parseSeconds(text, 'expiresAt') : Math.floor(Date.now() / 1000) + Number(days) * 86_400;
}

function hoursOf(text: string): number {
  return /^\d{1,5}h?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
}

/** Of those that a key can use up: it is handed no credentials. */
const UNITS = BUDGET_UNITS.filter((unit) => unit !== 'credentials');

const OPTION_OF: Readonly<Record<string, Said>> = {
  name: { name: 'the key’s name', hint: '1 to 64 of a-z, 0-9, ".", "_" and "-", and of no other key of the tenant' },
  tenant: { name: '--tenant' },
  owner: { name: '--owner', hint: 'a principal of the tenant' },
  expiresAt: { name: '--expires', hint: 'a date to come, as 2027-01-31, or a number of days, as 30d' },
  overlap: { name: '--overlap', hint: `hours, 0 to ${KEY_OVERLAP_HOURS_MAX}` },
  'budget.limit': { name: '--limit', hint: 'dollars with up to 12 decimals, or a whole number of tokens or requests' },
  'budget.unit': { name: '--unit', hint: `one of ${UNITS.join(', ')}` },
  'budget.period': { name: '--period', hint: `one of ${PERIODS.join(', ')}` },
};

/** A key without anything that could be used in its place. */
function documentOf(key: ListedKey): object {
  const { v: _, ...document } = keyDocument(key);
  const used = key.usedAt === undefined ? {} : { lastUsedAt: hourOf(key.usedAt) };
  return { ...document, state: stateOf(key), ...used };
}

function stateOf({ revokedAt, expiresAt }: ListedKey): string {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt * 1000 <= Date.now() ? 'expired' : 'active';
}

/** By the hour, which is all that is noted. */
function hourOf(at: number): string {
  return `${isoMilliseconds(at).slice(0, 13)}:00Z`;
}

function boundsText({ roles, models, budget, networks }: ListedKey): string {
  return [
    models && `models ${models.join(' ')}`,
    roles.length > 0 && `roles ${roles.join(' ')}`,
    budget && `${budget.limit} ${budget.unit} a ${budget.period}`,
    networks && `from ${networks.join(' ')}`,
  ]
    .filter(Boolean)
    .join(', ');
}
