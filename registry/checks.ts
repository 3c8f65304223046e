import { TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import type { AliasesEntry } from './alias.ts';
import { type BudgetsEntry, EVERY_TENANT } from './budget.ts';
import type { ClientEntry } from './client.ts';
import { hasExpired } from './entitled.ts';
import { checkThere } from './fallbacks.ts';
import { badEntries, badEntry, checkAll, problemsOf } from './fields.ts';
import type { Grant } from './grant.ts';
import type { Item, Key } from './items.ts';
import { ALIASES_KEY, modelKey, tenantKey } from './keys.ts';
import { ALIASES, type Kind, MODEL, type Read, read } from './kinds.ts';
import type { ModelEntry } from './model.ts';
import { checkDirect, placedUnder } from './restrictions.ts';

/**
 * What must hold between an entry and the rest of the registry when it is written: by whatever way it is, a command, a file or an undo.
 * What must hold within an entry is its own parser's.
 */

export interface Check {
  /** An item as it will be when the edits are made. */
  look(key: Key): Promise<Item | undefined>;
  /** The item that it replaces. */
  before: Item | undefined;
  /** Seconds since 1970. */
  nowSeconds: number;
}

type Checks = { [name in Kind<unknown>['name']]?: (entry: never, check: Check) => Promise<void> };

const CHECKS: Checks = {
  model: async ({ id, lifecycle, fallbacks }: ModelEntry, { look }) => {
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
      },
      () => checkThere(fallbacks, (one) => look(modelKey(one))),
    );
  },

  grant: async (grant: Grant, { look, nowSeconds }) => {
    const { tenant, model, fallbacks } = grant;
    await all(
      () => tenantIsThere(tenant, look),
      async () => {
        const entry = await modelThere(model, look);
        checkAll(
          () => {
            if (hasExpired(grant, nowSeconds)) throw badEntry('expiresAt', 'has-passed');
          },
          () => checkDirect(grant),
          () => void placedUnder(grant, entry),
        );
      },
      () => checkThere(fallbacks, (one) => look(modelKey(one))),
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

  aliases: async ({ aliases }: AliasesEntry, { look }) => {
    const isModel = async (id: string): Promise<boolean> => (await look(modelKey(id))) !== undefined;
    await all(
      ...aliases.flatMap(({ id, models }, index) => [
        async () => {
          if (await isModel(id)) throw badEntry(`aliases[${index}].id`, 'is-a-model');
        },
        ...Object.keys(models).map((model) => async () => {
          if (!(await isModel(model))) throw badEntry(`aliases[${index}].models.${model}`, 'no-such-model');
        }),
      ]),
    );
  },

  client: ({ tenant }: ClientEntry, { look }) => tenantIsThere(tenant, look),
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

async function tenantIsThere(id: TenantId, look: Check['look']): Promise<void> {
  if ((await look(tenantKey(id))) === undefined) throw noSuch('tenant', id);
}

/** Many grants of one plan are of the same model. */
const READ = new WeakMap<Item, Read<ModelEntry>>();

/** @throws TollgateError `bad_entry` also when it cannot be read: nothing can be said of what is to be under it */
async function modelThere(id: string, look: Check['look']): Promise<ModelEntry> {
  const item = await look(modelKey(id));
  if (item === undefined) throw noSuch('model', id);
  const found = READ.get(item) ?? read(item, MODEL);
  READ.set(item, found);
  if ('entry' in found) return found.entry;
  const { field, reason } = found.unusable;
  throw new TollgateError('bad_entry', {
    field: 'model',
    reason: 'unusable',
    message: `The model ${id} cannot be used: ${field}: ${reason.replaceAll('-', ' ')}.`,
  });
}

function noSuch(kind: 'tenant' | 'model', id: string): TollgateError {
  return new TollgateError('not_found', { field: kind, reason: 'no-such-item', message: `There is no ${kind} ${id}.` });
}
