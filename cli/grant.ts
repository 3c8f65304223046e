import { type Command, InvalidArgumentError } from 'commander';
import { IDLE_DAYS_MAX } from '../contract/limits/metering.ts';
import { ACTIONS } from '../contract/model.ts';
import type { Change } from '../registry/edit.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import { type Grant, grantDocument, grantedName } from '../registry/grant.ts';
import type { Writer } from '../registry/writer.ts';
import { edited, listed, shown } from './answer.ts';
import { isThere, usedLately, widening } from './dangers.ts';
import { past } from './past.ts';
import { warnOf } from './registry.ts';
import { type RestrictionOptions, restrictionsGiven, restrictionsText, withRestrictions } from './restrictions.ts';
import { openStore } from './store.ts';
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

  noun.verb<Partial<Pair> & { idle?: number }>('list', {
    about: 'all grants, or those of a tenant, of a model, or those that nobody uses',
    args: '[tenant] [model]',
    options: (verb) =>
      verb.option('--idle <days>', 'those alone that were there and not used for so many days: 90d', idleDays),
    reads: true,
    run: async ({ tenant, model, idle }, { target, registry }) => {
      const of = { ...(tenant === undefined ? {} : { tenant }), ...(model === undefined ? {} : { model }) };
      const listing = await (await registry()).listGrants(of);
      warnOf(listing);
      const entries =
        idle === undefined ? listing.entries : await idleOf(await target(), await registry(), listing.entries, idle);
      return listed({
        head: ['tenant', 'model', 'actions', 'restricted to', 'granted at', 'granted by'],
        rows: entries.map((grant) => [
          grant.tenant,
          grantedName(grant),
          grant.actions.join(','),
          restrictionsText(grant),
          isoMilliseconds(grant.grantedAt),
          grant.grantedBy,
        ]),
        documents: entries.map(grantDocument),
        ids: entries.map((grant) =>
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
    hits: async (given, { target }) => widening(await target(), 'grant', (writer) => added(writer, given)),
    run: async (given, { registry }) => {
      const { tenant, model } = given;
      const change = await added(await registry(), given);
      return edited({ id: model, tenant, change, what: whatOf(tenant, model), done: grantText(change.entry) });
    },
  });

  noun.verb<Pair>('revoke', {
    about: 'take a grant back, within the authorizer’s cache time',
    args: '<tenant> <model>',
    edits: true,
    hits: async (pair, { target, registry }) => {
      const { showGrant } = await registry();
      return (await isThere(showGrant(pair.tenant, pair.model))) ? await usedLately(await target(), pair) : [];
    },
    run: async ({ tenant, model }, { registry }) => {
      const change = await (await registry()).revoke(tenant, model);
      return edited({ id: model, tenant, change, what: whatOf(tenant, model), done: 'revoked' });
    },
  });

  past<Pair>(noun, '<tenant> <model>', ({ tenant, model }) => ({ tenant, model }));
}

function idleDays(text: string): number {
  const [, days] = /^(\d{1,3})d?$/.exec(text) ?? [];
  if (days !== undefined && Number(days) >= 1 && Number(days) <= IDLE_DAYS_MAX) return Number(days);
  throw new InvalidArgumentError(`It must be whole days from 1 to ${IDLE_DAYS_MAX}: 90d.`);
}

/** One of a bundle is idle when none of the bundle’s models was used. */
async function idleOf(target: Target, writer: Writer, grants: readonly Grant[], days: number): Promise<Grant[]> {
  const { idleGrants, lastDays, recentDays } = await import('../metering/report/recent.ts');
  const lately = { now: Date.now(), days };
  const [last, { entries: bundles }] = await Promise.all([
    lastDays(await openStore(target), lately),
    writer.listBundles(),
  ]);
  const since = recentDays(lately)[0] ?? '';
  return grants.filter(({ tenant, model, bundle, grantedAt }) => {
    const models = model === undefined ? (bundles.find(({ id }) => id === bundle)?.models ?? []) : [model];
    // Of a bundle of nothing there is nothing to use.
    const each = models.map((one) => ({ tenant, model: one, grantedAt }));
    return idleGrants(each, last, since).length === each.length && grantedAt < Date.parse(`${since}T00:00:00Z`);
  });
}

async function added(
  writer: Writer,
  { tenant, model, actions, direct, trace, fallbacks, ...of }: Pair & AddOptions,
): Promise<Change<Grant>> {
  return writer.grant(tenant, model, actions?.split(','), {
    ...(direct === undefined ? {} : { direct }),
    ...(trace === undefined ? {} : { trace }),
    ...(fallbacks === undefined ? {} : { fallbacks: fallbacks === false ? fallbacks : listOf(fallbacks) }),
    restrictions: restrictionsGiven(of),
  });
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
