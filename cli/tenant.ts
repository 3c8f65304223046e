import type { Command } from 'commander';
import type { Change } from '../registry/edit.ts';
import { parseSeconds } from '../registry/fields.ts';
import { grantDocument, grantedName, termsOf } from '../registry/grant.ts';
import { standingOf } from '../registry/standing.ts';
import { type TenantEntry, tenantDocument } from '../registry/tenant.ts';
import { type Answer, edited, listed, shown } from './answer.ts';
import { again } from './clear.ts';
import { isThere, usedLately, widening } from './dangers.ts';
import { type Filters, filtered, withPrefix } from './filters.ts';
import { past } from './past.ts';
import { lines, table } from './print.ts';
import { warnOf } from './registry.ts';
import { restrictionsText } from './restrictions.ts';
import type { Target } from './target.ts';
import { registerLeaving } from './tenant/leave.ts';
import { registerPlan } from './tenant/plan.ts';
import { hasLabels, type PutOptions, putTenant, withMembers } from './tenant/put.ts';
import { nounOf } from './verb.ts';

interface Named {
  tenant: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'tenant',
    about: 'who may call: list, show, put, plan, suspend, resume, offboard, delete',
    more:
      '\nFor example:' +
      '\n  tollgate tenant put acme --cost-center CC-7 --owner jane@acme.example --label env=prod' +
      '\n  tollgate tenant put acme --residency eu-central-1,eu-west-1 --clear expires',
  });

  noun.verb<Filters & { label?: string[] }>('list', {
    about: 'all tenants, or those with a label',
    options: (verb) =>
      withPrefix(verb).option(
        '--label <key=value>',
        'those alone that have it, or key with any value; again for more',
        again,
      ),
    reads: true,
    run: async ({ label = [], at, ...filters }, { registry }) => {
      const listing = await (await registry()).listTenants();
      warnOf(listing);
      const entries = filtered(listing.entries, filters).filter((entry) => hasLabels(entry, label));
      const now = at === undefined ? Math.floor(Date.now() / 1000) : parseSeconds(at, '--at');
      return listed({
        head: ['id', 'state', 'cost center', 'labels', 'name'],
        rows: entries.map((entry) => row(entry, now)),
        documents: entries.map((entry) => ({ ...tenantDocument(entry), state: standingOf(entry, now) })),
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
      const rows = grants.entries.flatMap((grant) =>
        termsOf(grant).map((term) => [grantedName(grant), term.actions.join(','), restrictionsText(term)]),
      );
      return shown(
        id,
        { ...document, grants: grants.entries.map(grantDocument) },
        (width) => `${lines(document)}\n\n\n${table(['model', 'actions', 'restricted to'], rows, width)}`,
      );
    },
  });

  noun.verb<PutOptions>('put', {
    about: 'make a tenant, or change what is said of one',
    args: '<tenant>',
    options: withMembers,
    edits: true,
    hits: async (given, { target }) => widening(await target(), 'tenant', (writer) => putTenant(writer, given)),
    run: async (given, { registry }) => told(await putTenant(await registry(), given), 'written'),
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

  registerLeaving(noun);
  past<Named>(noun, '<tenant>', ({ tenant }) => ({ tenant }));
}

function row(entry: TenantEntry, now: number): string[] {
  const { id, costCenter, labels = {}, displayName = '' } = entry;
  const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [id, standingOf(entry, now), costCenter, text.join(' '), displayName];
}

function told(change: Change<TenantEntry>, done: string): Answer {
  const { id } = change.entry;
  return edited({ id, tenant: id, change, what: `tenant ${id}`, done });
}
