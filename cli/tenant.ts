import type { Command } from 'commander';
import type { Change } from '../registry/edit.ts';
import { grantDocument, grantedName } from '../registry/grant.ts';
import { type TenantEntry, tenantDocument } from '../registry/tenant.ts';
import { type Answer, edited, listed, shown } from './answer.ts';
import { isThere, usedLately } from './dangers.ts';
import { past } from './past.ts';
import { lines, table } from './print.ts';
import { warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { registerPlan } from './tenant/plan.ts';
import { nounOf } from './verb.ts';

interface Named {
  tenant: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'tenant',
    about: 'who may call: list, show, put, plan, suspend, resume',
  });

  noun.verb('list', {
    about: 'all tenants',
    reads: true,
    run: async (_, { registry }) => {
      const listing = await (await registry()).listTenants();
      warnOf(listing);
      return listed({
        head: ['id', 'state', 'cost center', 'name'],
        rows: listing.entries.map(row),
        documents: listing.entries.map(tenantDocument),
      });
    },
  });

  noun.verb<Named>('show', {
    about: 'one tenant and its grants',
    args: '<tenant>',
    reads: true,
    of: ({ tenant }) => ({ tenant }),
    run: async ({ tenant: id }, { registry }) => {
      const writer = await registry();
      const [entry, grants] = await Promise.all([writer.showTenant(id), writer.listGrants({ tenant: id })]);
      warnOf(grants);
      const document = tenantDocument(entry);
      const rows = grants.entries.map((grant) => [grantedName(grant), grant.actions.join(',')]);
      return shown(
        id,
        { ...document, grants: grants.entries.map(grantDocument) },
        (width) => `${lines(document)}\n\n\n${table(['model', 'actions'], rows, width)}`,
      );
    },
  });

  noun.verb<Named & { costCenter?: string; name?: string }>('put', {
    about: 'make a tenant, or change its cost center or name',
    args: '<tenant>',
    options: (verb) =>
      verb
        .option('--cost-center <text>', 'how its calls are tagged on the AWS bill; needed for a new tenant')
        .option('--name <text>', 'a name for people'),
    edits: true,
    run: async ({ tenant: id, costCenter, name }, { registry }) => {
      const change = await (await registry()).putTenant({
        id,
        ...(costCenter === undefined ? {} : { costCenter }),
        ...(name === undefined ? {} : { displayName: name }),
      });
      return told(change, 'written');
    },
  });

  registerPlan(noun);

  noun.verb<Named>('suspend', {
    about: 'refuse all its calls, within the authorizer’s cache time',
    args: '<tenant>',
    edits: true,
    hits: async ({ tenant }, { target, registry }) =>
      (await isThere((await registry()).showTenant(tenant))) ? await usedLately(await target(), { tenant }) : [],
    run: async ({ tenant }, { registry }) => told(await (await registry()).suspendTenant(tenant), 'suspended'),
  });

  noun.verb<Named>('resume', {
    about: 'undo suspend',
    args: '<tenant>',
    edits: true,
    run: async ({ tenant }, { registry }) => told(await (await registry()).resumeTenant(tenant), 'resumed'),
  });

  past<Named>(noun, '<tenant>', ({ tenant }) => ({ tenant }));
}

function row({ id, suspended, costCenter, displayName = '' }: TenantEntry): string[] {
  return [id, suspended ? 'suspended' : 'active', costCenter, displayName];
}

function told(change: Change<TenantEntry>, done: string): Answer {
  const { id } = change.entry;
  return edited({ id, tenant: id, change, what: `tenant ${id}`, done });
}
