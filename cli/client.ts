import type { Command } from 'commander';
import { clientDocument } from '../registry/client.ts';
import { edited, listed } from './answer.ts';
import { usedLately, widening } from './dangers.ts';
import { type Filters, filtered, withPrefix } from './filters.ts';
import { past } from './past.ts';
import { warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Client {
  client: string;
  issuer: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'client',
    about: 'whose a client’s tokens are, of issuers with "tenants": "registry": list, put, remove',
    more:
      '\nFor example:' +
      '\n  tollgate client put 0oa1b2c3d4 --issuer https://acme.okta.com/oauth2/aus1 \\' +
      '\n    --tenant acme',
  });
  const issued = (verb: Command): Command =>
    verb.requiredOption('--issuer <url>', 'the issuer whose client it is, as its tokens name it');

  noun.verb<Filters & { tenant?: string }>('list', {
    about: 'everybody’s clients, or those of one tenant',
    args: '[tenant]',
    options: withPrefix,
    reads: true,
    run: async ({ tenant, ...filters }, { registry }) => {
      const listing = await (await registry()).listClients(tenant === undefined ? {} : { tenant });
      warnOf(listing);
      const entries = filtered(listing.entries, filters, ({ client }) => client);
      return listed({
        head: ['tenant', 'client', 'issuer'],
        rows: entries.map((entry) => [entry.tenant, entry.client, entry.issuer]),
        documents: entries.map(clientDocument),
        ids: entries.map(({ client }) => client),
      });
    },
  });

  noun.verb<Client & { tenant: string }>('put', {
    about: 'say whose a client’s tokens are',
    args: '<client>',
    options: (verb) => issued(verb).requiredOption('--tenant <tenant>', 'whose it is'),
    edits: true,
    hits: async ({ client, issuer, tenant }, { target }) =>
      widening(await target(), 'client', (writer) => writer.putClient({ issuer, client, tenant })),
    run: async ({ client, issuer, tenant }, { registry }) => {
      const change = await (await registry()).putClient({ issuer, client, tenant });
      const what = `client ${client} of ${issuer}`;
      return edited({ id: client, tenant, change, what, done: `${tenant}’s`, more: { issuer } });
    },
  });

  noun.verb<Client>('remove', {
    about: 'refuse its tokens, within the authorizer’s cache time',
    args: '<client>',
    options: issued,
    edits: true,
    hits: async ({ client, issuer }, { target, registry }) => {
      const { entries } = await (await registry()).listClients({});
      const entry = entries.find((one) => one.client === client && one.issuer === issuer);
      if (entry === undefined) return [];
      const { tenant } = entry;
      return [`its tokens are ${tenant}’s`, ...(await usedLately(await target(), { tenant }))];
    },
    run: async ({ client, issuer }, { registry }) => {
      const change = await (await registry()).removeClient({ issuer, client });
      return edited({ id: client, change, what: `client ${client} of ${issuer}`, done: 'removed', more: { issuer } });
    },
  });

  past<Client>(noun, '<client>', ({ client, issuer }) => ({ client: { issuer, client } }), { options: issued });
}
