import type { Command } from 'commander';
import { clientDocument } from '../registry/client.ts';
import { type Format, formatOption, print, printJson, table } from './print.ts';
import { openRegistry, printHistory, warnOf } from './registry.ts';
import type { Target } from './target.ts';

interface Issuer {
  issuer: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program
    .command('client')
    .description('whose a client’s tokens are, of issuers with "tenants": "registry": list, put, remove')
    .addHelpText(
      'after',
      '\nFor example:' +
        '\n  tollgate client put 0oa1b2c3d4e5f6g7h8i9 --issuer https://acme.okta.com/oauth2/aus1 --tenant acme',
    );
  const registry = async () => openRegistry(await target());
  const ISSUER = ['--issuer <url>', 'the issuer whose client it is, as its tokens name it'] as const;

  noun
    .command('list')
    .description('everybody’s clients, or those of one tenant')
    .option('--tenant <tenant>', 'only this tenant’s')
    .addOption(formatOption())
    .action(async ({ tenant, format }: { tenant?: string; format: Format }) => {
      const listing = await (await registry()).listClients(tenant === undefined ? {} : { tenant });
      if (format === 'json') printJson(listing.entries.map(clientDocument));
      else
        print(
          table(
            ['tenant', 'client', 'issuer'],
            listing.entries.map((entry) => [entry.tenant, entry.client, entry.issuer]),
          ),
        );
      warnOf(listing);
    });

  noun
    .command('put')
    .description('say whose a client’s tokens are')
    .argument('<client>')
    .requiredOption(...ISSUER)
    .requiredOption('--tenant <tenant>', 'whose it is')
    .action(async (client: string, { issuer, tenant }: Issuer & { tenant: string }) => {
      const { entry, changed } = await (await registry()).putClient({ issuer, client, tenant });
      const what = `client ${client} of ${issuer}`;
      print(changed ? `${what}: ${tenant}’s (version ${entry.version})` : `${what}: nothing to change`);
    });

  noun
    .command('remove')
    .description('refuse its tokens, within the authorizer’s cache time')
    .argument('<client>')
    .requiredOption(...ISSUER)
    .action(async (client: string, { issuer }: Issuer) => {
      await (await registry()).removeClient({ issuer, client });
      print(`client ${client} of ${issuer}: removed`);
    });

  noun
    .command('history')
    .description('who changed whose a client is, and when')
    .argument('<client>')
    .requiredOption(...ISSUER)
    .addOption(formatOption())
    .action(async (client: string, { issuer, format }: Issuer & { format: Format }) => {
      const records = await (await registry()).clientHistory({ issuer, client });
      if (format === 'json') printJson(records);
      else printHistory(records);
    });
}
