import { isTollgateError } from '../../contract/errors.ts';
import type { Change } from '../../registry/edit.ts';
import { type Answer, edited } from '../answer.ts';
import { usedLately } from '../dangers.ts';
import { openKeys } from '../key/open.ts';
import { counted } from '../print.ts';
import type { Target } from '../target.ts';
import type { Noun } from '../verb.ts';

interface Named {
  tenant: string;
}

type Changes = readonly Change<unknown>[];

/** `offboard` and `delete`: how a tenant goes. */
export function registerLeaving(noun: Noun): void {
  noun.verb<Named>('offboard', {
    about: 'end all that it may do: it is refused, its grants, clients and keys end; what it used stays',
    args: '<tenant>',
    edits: true,
    forGood: true,
    hits: async ({ tenant }, { target, registry }) => {
      const [{ changes }, where] = await Promise.all([(await registry()).offboardTenant(tenant), target()]);
      const keys = await keysOf(where, tenant);
      return [
        `it is refused, with ${endText(changes, keys)}${keys > 0 ? ', and no undo brings keys back' : ''}`,
        ...(await usedLately(where, { tenant })),
      ];
    },
    run: async ({ tenant, dryRun }, { target, registry }) => {
      const prepared = await (await registry()).offboardTenant(tenant);
      const where = await target();
      // First: where it fails, the same command again does all of it.
      const keys = await (dryRun ? keysOf(where, tenant) : revokeKeysOf(where, tenant));
      const { plan, changes } = await prepared.make();
      const done = `off-boarded, with ${endText(changes, keys)}${plan === undefined ? '' : `, as plan ${plan}`}`;
      return told(tenant, { plan, changes, done, more: { keys } });
    },
  });

  noun.verb<Named>('delete', {
    about: 'take an off-boarded tenant, and its budgets, out of the registry; its usage and histories stay',
    args: '<tenant>',
    edits: true,
    forGood: true,
    hits: async ({ tenant }, at) => {
      // What stands against it is told before anybody is asked.
      await (await at.registry()).deleteTenant(tenant);
      return ['its usage and histories stay', ...(await usedLately(await at.target(), { tenant }))];
    },
    run: async ({ tenant }, { registry }) => {
      const { plan, changes } = await (await (await registry()).deleteTenant(tenant)).make();
      return told(tenant, { plan, changes, done: 'deleted' });
    },
  });
}

/** @param changes the last of them of the tenant's own entry */
function told(
  id: string,
  { plan, changes, done, more }: { plan?: string | undefined; changes: Changes; done: string; more?: object },
): Answer {
  const [change] = changes.slice(-1);
  if (change === undefined) throw new Error('a tenant goes by one edit at least');
  const answer = edited({
    ...{ id, tenant: id, change, what: `tenant ${id}`, done },
    more: { ...(plan === undefined ? {} : { plan }), entries: changes.length, ...more },
  });
  return plan === undefined ? answer : { ...answer, hint: `tollgate undo ${plan} takes it back` };
}

/** `2 grants, 1 client` */
function endText(changes: Changes, keys: number): string {
  const gone = changes.filter(({ after }) => after === null).map(({ before }) => before ?? {});
  const clients = gone.filter((document) => 'client' in document).length;
  const counts = { grant: gone.length - clients, client: clients, key: keys };
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.map(([what, count]) => counted(count, what)).join(', ') || 'no grant';
}

/** Its keys that are good still. */
async function keysOf(target: Target, tenant: string): Promise<number> {
  return orNone(async () => {
    const { entries } = await (await openKeys(target)).listKeys({ tenant });
    return entries.filter(({ revokedAt }) => revokedAt === undefined).length;
  });
}

async function revokeKeysOf(target: Target, tenant: string): Promise<number> {
  return orNone(async () => (await openKeys(target)).revokeKeysOf(tenant));
}

/** Where keys are off there is none that is good. */
async function orNone(count: () => Promise<number>): Promise<number> {
  try {
    return await count();
  } catch (error) {
    if (isTollgateError(error, 'bad_setting') && error.reason === 'keys-off') return 0;
    throw error;
  }
}
