import type { Command } from 'commander';
import { ACTIONS } from '../contract/model.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import { type Grant, grantDocument, grantedName } from '../registry/grant.ts';
import { edited, listed, shown } from './answer.ts';
import { past } from './past.ts';
import { warnOf } from './registry.ts';
import { type RestrictionOptions, restrictionsGiven, restrictionsText, withRestrictions } from './restrictions.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Pair {
  tenant: string;
  model: string;
}

interface AddOptions extends RestrictionOptions {
  actions?: string;
  direct?: true;
  trace?: true;
  fallbacks?: string | false;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'grant',
    about: 'who may use which model: list, show, add, revoke',
    more: '\nWithout a verb a grant is added:\n  tollgate grant acme llama-3-3-70b',
  });

  noun.verb<Partial<Pair>>('list', {
    about: 'all grants, or those of a tenant, of a model',
    args: '[tenant] [model]',
    reads: true,
    run: async ({ tenant, model }, { registry }) => {
      const of = { ...(tenant === undefined ? {} : { tenant }), ...(model === undefined ? {} : { model }) };
      const listing = await (await registry()).listGrants(of);
      warnOf(listing);
      return listed({
        head: ['tenant', 'model', 'actions', 'restricted to', 'granted at', 'granted by'],
        rows: listing.entries.map((grant) => [
          grant.tenant,
          grantedName(grant),
          grant.actions.join(','),
          restrictionsText(grant),
          isoMilliseconds(grant.grantedAt),
          grant.grantedBy,
        ]),
        documents: listing.entries.map(grantDocument),
        ids: listing.entries.map((grant) =>
          tenant === undefined ? `${grant.tenant} ${grantedName(grant)}` : grantedName(grant),
        ),
      });
    },
  });

  noun.verb<Pair>('show', {
    about: 'one grant',
    args: '<tenant> <model>',
    reads: true,
    of: ({ tenant, model }) => ({ tenant, model }),
    run: async ({ tenant, model }, { registry }) =>
      shown(model, grantDocument(await (await registry()).showGrant(tenant, model))),
  });

  noun.verb<Pair & AddOptions>('add', {
    about: 'let a tenant use a model',
    args: '<tenant> <model>',
    options: (verb) =>
      withRestrictions(verb)
        .option('--actions <list>', `what for, of ${ACTIONS.join(',')}; all of them unless given`)
        .option('--direct', 'also hand out credentials for it: calls past the gateway, without its limits and metering')
        .option(
          '--fallbacks <list>',
          'models that answer when it cannot, in place of what its entry says; empty for none',
        )
        .option('--no-fallbacks', 'as its entry says')
        .option('--trace', 'also show guardrails’ traces, which name guardrails of the account by ARN'),
    edits: true,
    isDefault: true,
    same: ['grant'],
    run: async ({ tenant, model, actions, direct, trace, fallbacks, ...of }, { registry }) => {
      const change = await (await registry()).grant(tenant, model, actions?.split(','), {
        ...(direct === undefined ? {} : { direct }),
        ...(trace === undefined ? {} : { trace }),
        ...(fallbacks === undefined ? {} : { fallbacks: fallbacks === false ? fallbacks : listOf(fallbacks) }),
        restrictions: restrictionsGiven(of),
      });
      return edited({ id: model, tenant, change, what: whatOf(tenant, model), done: grantText(change.entry) });
    },
  });

  noun.verb<Pair>('revoke', {
    about: 'take a grant back, within the authorizer’s cache time',
    args: '<tenant> <model>',
    edits: true,
    run: async ({ tenant, model }, { registry }) => {
      const change = await (await registry()).revoke(tenant, model);
      return edited({ id: model, tenant, change, what: whatOf(tenant, model), done: 'revoked' });
    },
  });

  past<Pair>(noun, '<tenant> <model>', ({ tenant, model }) => ({ tenant, model }));
}

function whatOf(tenant: string, model: string): string {
  return `grant of ${model} to ${tenant}`;
}

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

function grantText(grant: Grant): string {
  const restricted = restrictionsText(grant);
  return `${grant.actions.join(', ')}${grant.direct ? ', direct' : ''}${grant.trace ? ', trace' : ''}${fallbacksText(grant)}${restricted && `; ${restricted}`}`;
}

function fallbacksText({ fallbacks }: Grant): string {
  if (fallbacks === undefined) return '';
  return fallbacks.length === 0 ? ', no fallbacks' : `, fallbacks ${fallbacks.join(' ')}`;
}
