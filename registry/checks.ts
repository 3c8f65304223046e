import { TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { BUNDLES_MAX } from '../contract/limits/registry.ts';
import type { AccessRequest } from './access-request.ts';
import type { AlertsEntry } from './alert.ts';
import type { AliasesEntry } from './alias.ts';
import { checkUnlike } from './alike.ts';
import { ALERTS } from './all-kinds.ts';
import { boundsOf } from './bounds.ts';
import { type BudgetsEntry, EVERY_TENANT } from './budget.ts';
import type { BundleEntry } from './bundle.ts';
import { isAskable } from './catalogue.ts';
import type { ClientEntry } from './client.ts';
import { hasExpired } from './entitled.ts';
import { checkPassed } from './evaluation/standing.ts';
import { checkThere } from './fallbacks.ts';
import { badEntries, badEntry, checkAll, problemsOf } from './fields.ts';
import type { KeyEntry } from './gateway-keys/key.ts';
import { type Grant, type GrantOf, termsOf } from './grant.ts';
import { bounded } from './held.ts';
import type { Item, Key } from './items.ts';
import { ALIASES_KEY, bundleKey, DEFAULTS_KEY, modelKey, tenantKey } from './keys.ts';
import { ALIASES, BUNDLE, DEFAULTS, GRANT, type Kind, MODEL, type Read, read, TENANT } from './kinds.ts';
import type { ModelEntry } from './model.ts';
import { unmet } from './requirements.ts';
import { checkDirect, placedUnder } from './restrictions.ts';
import type { TenantEntry } from './tenant.ts';
import { wideningsOf } from './widening.ts';

/**
 * What must hold between an entry and the rest of the registry when it is written: by whatever way it is, a command, a file or an undo.
 * What must hold within an entry is its own parser's.
 */

export interface Check {
  /** An item as it will be when the edits are made. */
  look(key: Key): Promise<Item | undefined>;
  /** Of all of a kind that there will be, each in its key. */
  ids(kind: Kind<unknown>): Promise<readonly string[]>;
  /** The item that it replaces. */
  before: Item | undefined;
  /** Seconds since 1970. */
  nowSeconds: number;
}

type Checks = { [name in Kind<unknown>['name']]?: (entry: never, check: Check) => Promise<void> };

const CHECKS: Checks = {
  model: async ({ id, lifecycle, fallbacks }: ModelEntry, { look, ids, before }) => {
    await all(
      async () => {
        if (lifecycle.successor !== undefined && (await look(modelKey(lifecycle.successor))) === undefined)
          throw badEntry('lifecycle.successor', 'no-such-model');
      },
      // Callers would no longer know which of the two they name.
      async () => {
        const item = await look(ALIASES_KEY);
        const found = item && read(item, ALIASES);
        // Aliases that cannot be read are none to any caller.
        if (found && 'entry' in found && found.entry.aliases.some((alias) => alias.id === id))
          throw badEntry('id', 'is-an-alias');
        if (before === undefined && found && 'entry' in found)
          checkUnlike(
            id,
            found.entry.aliases.map((alias) => alias.id),
          );
      },
      async () => before === undefined && checkUnlike(id, await ids(MODEL)),
      () => checkThere(fallbacks, (one) => look(modelKey(one))),
    );
  },

  tenant: async ({ id, expiresAt }: TenantEntry, { ids, before, nowSeconds }) => {
    const was = before && read(before, TENANT);
    const said = was && 'entry' in was ? was.entry.expiresAt !== expiresAt : true;
    await all(
      async () => before === undefined && checkUnlike(id, await ids(TENANT)),
      // A tenant whose time is over can be edited.
      async () => {
        if (said && expiresAt !== undefined && expiresAt <= nowSeconds) throw badEntry('expiresAt', 'has-passed');
      },
    );
  },

  bundle: async ({ id, models }: BundleEntry, { look, ids, before }) => {
    await all(
      async () => {
        if (before !== undefined) return;
        const bundles = await ids(BUNDLE);
        checkUnlike(id, bundles);
        if (bundles.length > BUNDLES_MAX) throw badEntry('id', 'too-many-bundles');
      },
      ...models.map((model, index) => async () => {
        const item = await look(modelKey(model));
        const path = `models[${index}]`;
        if (item === undefined)
          throw badEntries([{ path, reason: 'no-such-model', message: `there is no model ${model}.` }]);
        // Whoever holds the bundle would be granted it.
        const found = readOnce(item, MODEL);
        if ('entry' in found && !listed(before).includes(model)) checkPassed(found.entry, path);
      }),
    );
  },

  grant: async (grant: Grant, { look, before, nowSeconds }) => {
    await all(
      async () => {
        const [tenant, defaults, entries] = await Promise.all([
          tenantThere(grant.tenant, look),
          look(DEFAULTS_KEY),
          entriesOf(grant, look),
        ]);
        if (tenant.offboarded) throw badEntry('tenant', 'is-offboarded');
        // Bounds that cannot be read stop every call until they can be; they are told where they are edited.
        const bounds = boundsOf(tenant, defaults && DEFAULTS.parse(defaults.document));
        // An edit that gives nobody more than they had is none that a later failure of the model is to hinder.
        const widens = wideningsOf('grant', before?.document ?? null, GRANT.document(grant)).length > 0;
        checkAll(
          ...entries.map((entry) => () => {
            // Of one that never passed any, its requirements tell below.
            if (widens && !unmet(entry, {}).some(({ reason }) => reason === 'not-evaluated')) checkPassed(entry);
          }),
          ...termsOf(grant).flatMap((term) => [
            () => {
              if (hasExpired(term, nowSeconds)) throw badEntry('expiresAt', 'has-passed');
            },
            () => checkDirect(term),
            ...entries.map(
              (entry) => () => void placedUnder(bounded(term, bounds), { ...entry, spokeRole: tenant.spokeRole }),
            ),
          ]),
        );
      },
      ...termsOf(grant).map(
        ({ fallbacks }) =>
          () =>
            checkThere(fallbacks, (one) => look(modelKey(one))),
      ),
    );
  },

  budgets: async ({ owner, budgets }: BudgetsEntry, { look }) => {
    await all(
      async () => owner === EVERY_TENANT || tenantIsThere(owner, look),
      // A name that is misspelt would be a budget of nothing.
      ...budgets.map(
        ({ per, only }) =>
          async () =>
            per === 'model' && only !== undefined && modelThere(only, look),
      ),
    );
  },

  aliases: async ({ aliases }: AliasesEntry, { look, ids, before }) => {
    const old = before && read(before, ALIASES);
    const names = aliases.map(({ id }) => id);
    const there = new Set(old && 'entry' in old ? old.entry.aliases.map(({ id }) => id) : []);
    const isModel = async (id: string): Promise<boolean> => (await look(modelKey(id))) !== undefined;
    await all(
      ...aliases.flatMap(({ id, models }, index) => [
        async () => {
          if (await isModel(id)) throw badEntry(`aliases[${index}].id`, 'is-a-model');
          if (there.has(id)) return;
          checkUnlike(id, await ids(MODEL), `aliases[${index}].id`);
          checkUnlike(id, names, `aliases[${index}].id`);
        },
        ...Object.keys(models).map((model) => async () => {
          if (!(await isModel(model))) throw badEntry(`aliases[${index}].models.${model}`, 'no-such-model');
        }),
      ]),
    );
  },

  // A tenant that is misspelt would never be told of; one that is deleted is in nobody's way.
  alerts: async ({ alerts }: AlertsEntry, { look, before }) => {
    const old = before && read(before, ALERTS);
    const there = new Set(old && 'entry' in old ? old.entry.alerts.map(({ tenant }) => tenant) : []);
    await all(
      ...alerts.map(({ tenant }, index) => async () => {
        if (tenant !== undefined && !there.has(tenant) && (await look(tenantKey(tenant))) === undefined)
          throw badEntry(`alerts[${index}].tenant`, 'no-such-tenant');
      }),
    );
  },

  client: async ({ tenant }: ClientEntry, { look }) => {
    if ((await tenantThere(tenant, look)).offboarded) throw badEntry('tenant', 'is-offboarded');
  },

  // Whatever became of its tenant and its model since, it can be declined.
  request: async ({ tenant, model, status }: AccessRequest, { look, nowSeconds }) => {
    if (status !== 'open') return;
    await all(
      async () => {
        if ((await tenantThere(tenant, look)).offboarded) throw badEntry('tenant', 'is-offboarded');
      },
      // One that is not there is told in the words of one that may not be asked for: nobody may learn which there are.
      async () => {
        const item = await look(modelKey(model));
        const found = item && read(item, MODEL);
        if (found === undefined || !('entry' in found) || !isAskable(found.entry, nowSeconds))
          throw badEntry('model', 'not-askable');
      },
    );
  },

  // Only of one that is made: whatever became of its tenant, a key can be revoked.
  key: async ({ tenant }: KeyEntry, { look, before }) => {
    if (before === undefined && (await tenantThere(tenant, look)).offboarded) throw badEntry('tenant', 'is-offboarded');
  },
};

/**
 * @param entry of that kind
 * @throws TollgateError `bad_entry` of all that is wrong; `not_found` of a tenant or model that it is of; `policy_too_large`
 */
export async function checkEntry(kind: Kind<unknown>, entry: unknown, check: Check): Promise<void> {
  await CHECKS[kind.name]?.(entry as never, check);
}

/** Makes every check. @throws what one of them throws; what several throw as one `bad_entry` */
async function all(...checks: readonly (() => Promise<unknown>)[]): Promise<void> {
  const settled = await Promise.allSettled(checks.map((check) => check()));
  const errors = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const other = errors.find((error) => problemsOf(error).length === 0);
  if (other !== undefined || errors.length === 1) throw other ?? errors[0];
  if (errors.length > 1) throw badEntries(errors.flatMap(problemsOf));
}

function listed(bundle: Item | undefined): readonly unknown[] {
  const models = bundle?.document.models;
  return Array.isArray(models) ? models : [];
}

async function tenantIsThere(id: TenantId, look: Check['look']): Promise<void> {
  if ((await look(tenantKey(id))) === undefined) throw noSuch('tenant', id);
}

/** Many grants of one plan are of the same model and tenant. */
const READ = new WeakMap<Item, Read<unknown>>();

function readOnce<Entry>(item: Item, kind: Kind<Entry>): Read<Entry> {
  const found = (READ.get(item) as Read<Entry> | undefined) ?? read(item, kind);
  READ.set(item, found);
  return found;
}

/** The models that a grant is of. */
async function entriesOf({ model, bundle }: GrantOf, look: Check['look']): Promise<ModelEntry[]> {
  if (model !== undefined) return [await entryThere(MODEL, modelKey(model), model, look)];
  const { models } = await entryThere(BUNDLE, bundleKey(bundle), bundle, look);
  const found = await Promise.all(models.map((one) => look(modelKey(one))));
  return found.flatMap((item) => {
    const one = item && readOnce(item, MODEL);
    return one && 'entry' in one ? [one.entry] : [];
  });
}

const tenantThere = (id: TenantId, look: Check['look']): Promise<TenantEntry> =>
  entryThere(TENANT, tenantKey(id), id, look);

const modelThere = (id: string, look: Check['look']): Promise<ModelEntry> => entryThere(MODEL, modelKey(id), id, look);

/** @throws TollgateError `bad_entry` also when it cannot be read: nothing can be said of what is to be under it */
async function entryThere<Entry>(kind: Kind<Entry>, key: Key, id: string, look: Check['look']): Promise<Entry> {
  const item = await look(key);
  if (item === undefined) throw noSuch(kind.name, id);
  const found = readOnce(item, kind);
  if ('entry' in found) return found.entry;
  const { field, reason } = found.unusable;
  throw new TollgateError('bad_entry', {
    field: kind.name,
    reason: 'unusable',
    message: `The ${kind.name} ${id} cannot be used: ${field}: ${reason.replaceAll('-', ' ')}.`,
  });
}

function noSuch(kind: string, id: string): TollgateError {
  return new TollgateError('not_found', { field: kind, reason: 'no-such-item', message: `There is no ${kind} ${id}.` });
}
