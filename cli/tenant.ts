import type { Command } from 'commander';
import type { Change } from '../registry/edit.ts';
import { grantDocument } from '../registry/grant.ts';
import { type TenantEntry, tenantDocument } from '../registry/tenant.ts';
import { type Format, formatOption, lines, print, printJson, table } from './print.ts';
import { openRegistry, printHistory, warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { registerPlan } from './tenant/plan.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program.command('tenant').description('who may call: list, show, put, plan, suspend, resume');
  const registry = async () => openRegistry(await target());

  noun
    .command('list')
    .description('all tenants')
    .addOption(formatOption())
    .action(async ({ format }: { format: Format }) => {
      const listing = await (await registry()).listTenants();
      if (format === 'json') printJson(listing.entries.map(tenantDocument));
      else print(table(['id', 'state', 'cost center', 'name'], listing.entries.map(row)));
      warnOf(listing);
    });

  noun
    .command('show')
    .description('one tenant and its grants')
    .argument('<tenant>')
    .addOption(formatOption())
    .action(async (id: string, { format }: { format: Format }) => {
      const writer = await registry();
      const [tenant, grants] = await Promise.all([writer.showTenant(id), writer.listGrants({ tenant: id })]);
      if (format === 'json') printJson({ ...tenantDocument(tenant), grants: grants.entries.map(grantDocument) });
      else {
        print(`${lines(tenantDocument(tenant))}\n\n`);
        print(
          table(
            ['model', 'actions'],
            grants.entries.map(({ model, actions }) => [model, actions.join(',')]),
          ),
        );
      }
      warnOf(grants);
    });

  noun
    .command('put')
    .description('make a tenant, or change its cost center or name')
    .argument('<tenant>')
    .option('--cost-center <text>', 'how its calls are tagged on the AWS bill; needed for a new tenant')
    .option('--name <text>', 'a name for people')
    .action(async (id: string, { costCenter, name }: { costCenter?: string; name?: string }) => {
      const change = await (await registry()).putTenant({
        id,
        ...(costCenter === undefined ? {} : { costCenter }),
        ...(name === undefined ? {} : { displayName: name }),
      });
      tell(change, 'written');
    });

  registerPlan(noun, target);

  noun
    .command('suspend')
    .description('refuse all its calls, within the authorizer’s cache time')
    .argument('<tenant>')
    .action(async (id: string) => tell(await (await registry()).suspendTenant(id), 'suspended'));

  noun
    .command('resume')
    .description('undo suspend')
    .argument('<tenant>')
    .action(async (id: string) => tell(await (await registry()).resumeTenant(id), 'resumed'));

  noun
    .command('history')
    .description('who changed the tenant, and when')
    .argument('<tenant>')
    .addOption(formatOption())
    .action(async (id: string, { format }: { format: Format }) => {
      const records = await (await registry()).history({ tenant: id });
      if (format === 'json') printJson(records);
      else printHistory(records);
    });
}

function row({ id, suspended, costCenter, displayName = '' }: TenantEntry): string[] {
  return [id, suspended ? 'suspended' : 'active', costCenter, displayName];
}

function tell({ entry, changed }: Change<TenantEntry>, done: string): void {
  print(changed ? `tenant ${entry.id}: ${done} (version ${entry.version})` : `tenant ${entry.id}: nothing to change`);
}
