import { type Command, InvalidArgumentError } from 'commander';
import { IDLE_DAYS_MAX } from '../contract/limits/metering.ts';
import { ACTIONS } from '../contract/model.ts';
import type { Change } from '../registry/edit.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import { type Grant, grantDocument, grantedName, termsOf } from '../registry/grant.ts';
import type { Audience, Granted } from '../registry/grants.ts';
import type { Named } from '../registry/named.ts';
import type { Term } from '../registry/term.ts';
import type { Writer } from '../registry/writer.ts';
import { type Edited, edited, listed, shown } from './answer.ts';
import { isThere, usedLately, widening } from './dangers.ts';
import { type Filters, filtered, withPrefix } from './filters.ts';
import { past } from './past.ts';
import { warnOf } from './registry.ts';
import {
  listOf,
  type RestrictionOptions,
  restrictionsGiven,
  restrictionsText,
  unguardedGiven,
  useCasesGiven,
  withRestrictions,
} from './restrictions.ts';
import { openStore } from './store.ts';
import type { Target } from './target.ts';
import { type At, nounOf } from './verb.ts';

interface Pair {
  tenant: string;
  /** Empty: a bundle is meant. */
  model: string;
  bundle?: string;
}

interface OfTerm {
  for?: Audience;
}

interface AddOptions extends RestrictionOptions, OfTerm {
  actions?: string;
  direct?: boolean;
  trace?: boolean;
  fallbacks?: string | false;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'grant',
    about: 'who may use which model: list, show, add, revoke',
    more:
      '\nWithout a verb a grant is added:' +
      '\n  tollgate grant acme llama-3-3-70b' +
      '\n  tollgate grant acme --bundle standard --max-tokens 500' +
      '\n  tollgate grant acme llama-3-3-70b --for role:writer --no-max-tokens',
  });
  const ofBundle = (verb: Command): Command =>
    verb.option('--bundle <bundle>', 'those of a bundle, in place of the argument');
  const instead = ({ model, bundle }: Partial<Pair>, { refuse }: At): object => {
    if (model !== undefined && bundle !== undefined) return refuse('--model or --bundle, not both');
    return bundle === undefined ? {} : { model: '' };
  };

  noun.verb<Filters & Partial<Pair> & { idle?: number }>('list', {
    about: 'all grants, or those of a tenant, of a model, or those that nobody uses',
    args: '[tenant] [model]',
    options: (verb) =>
      withPrefix(ofBundle(verb)).option(
        '--idle <days>',
        'those alone that were there and not used for so many days: 90d',
        idleDays,
      ),
    reads: true,
    run: async ({ tenant, model, bundle, idle, ...filters }, { target, registry }) => {
      const of = {
        ...(tenant === undefined ? {} : { tenant }),
        ...(model === undefined ? {} : { model }),
        ...(bundle === undefined ? {} : { bundle }),
      };
      const listing = await (await registry()).listGrants(of);
      warnOf(listing);
      const some = filtered(listing.entries, filters, grantedName);
      const entries = idle === undefined ? some : await idleOf(await target(), await registry(), some, idle);
      return listed({
        head: ['tenant', 'model', 'actions', 'restricted to', 'granted at', 'granted by'],
        rows: entries.flatMap((grant) =>
          termsOf(grant).map((term) => [
            ...[grant.tenant, grantedName(grant), term.actions.join(','), restrictionsText(term)],
            ...[isoMilliseconds(grant.grantedAt), grant.grantedBy],
          ]),
        ),
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
    options: ofBundle,
    instead,
    reads: true,
    of: named,
    run: async (pair, { registry }) => {
      const grant = await (await registry()).showGrant(pair.tenant, ofPair(pair));
      return shown(grantedName(grant), grantDocument(grant));
    },
  });

  noun.verb<Pair & AddOptions>('add', {
    about: 'let a tenant use a model or a bundle, or change for whom and for what',
    args: '<tenant> <model>',
    options: (verb) =>
      withRestrictions(withTerm(ofBundle(verb)))
        .option('--actions <list>', `what for, of ${ACTIONS.join(',')}; all of them for a new grant`)
        .option('--direct', 'also hand out credentials for it: calls past the gateway, without its limits and metering')
        .option('--no-direct', 'hand out none')
        .option(
          '--fallbacks <list>',
          'models that answer when it cannot, in place of what its entry says; empty for none',
        )
        .option('--no-fallbacks', 'as its entry says')
        .option('--trace', 'also show guardrails’ traces, which name guardrails of the account by ARN')
        .option('--no-trace', 'show none'),
    instead: (given, at) => {
      if (given.for !== undefined && (given.roles ?? given.principals) !== undefined)
        return at.refuse('--for says whom the term is for: not with --roles or --principals');
      return instead(given, at);
    },
    edits: true,
    isDefault: true,
    same: ['grant'],
    hits: async (given, { target }) => widening(await target(), 'grant', (writer) => added(writer, given)),
    run: async (given, { registry }) => {
      const change = await added(await registry(), given);
      return edited({ ...editOf(given), change, done: grantText(change.entry) });
    },
  });

  noun.verb<Pair & OfTerm>('revoke', {
    about: 'take a grant back, or one of its terms, within the authorizer’s cache time',
    args: '<tenant> <model>',
    options: (verb) => withTerm(ofBundle(verb)),
    instead,
    edits: true,
    hits: async (pair, { target, registry }) => {
      const { showGrant, showBundle } = await registry();
      if (!(await isThere(showGrant(pair.tenant, ofPair(pair))))) return [];
      const { tenant, model, bundle } = pair;
      const where = await target();
      if (bundle === undefined) return usedLately(where, { tenant, model });
      const { models } = await showBundle(bundle);
      const used = await Promise.all(models.map(async (one) => usedLately(where, { tenant, model: one })));
      return models.flatMap((one, index) => used[index]?.map((line) => `${one}: ${line}`) ?? []);
    },
    run: async (given, { registry }) => {
      const change = await (await registry()).revoke(given.tenant, ofPair(given), given.for);
      const left = change.entry === undefined ? '' : `, which leaves ${grantText(change.entry)}`;
      return edited({ ...editOf(given), change, done: `revoked${left}` });
    },
  });

  past<Pair>(noun, '<tenant> <model>', named, { options: ofBundle, instead });
}

function withTerm(verb: Command): Command {
  return verb.option(
    '--for <whom>',
    'the term for these alone: role:writer, principal:jane; again for more of them; or everyone',
    whom,
  );
}

function whom(text: string, before: Audience = {}): Audience {
  if (text === 'everyone') return before;
  const [, kind, name] = /^(role|principal):(.+)$/s.exec(text) ?? [];
  if (kind === undefined || name === undefined)
    throw new InvalidArgumentError('It must be role:NAME, principal:NAME or everyone.');
  const list = kind === 'role' ? 'roles' : 'principals';
  return { ...before, [list]: [...(before[list] ?? []), name] };
}

function ofPair({ model, bundle }: Pair): Granted {
  return bundle === undefined ? model : { bundle };
}

function named({ tenant, model, bundle }: Pair): Named {
  return bundle === undefined ? { tenant, model } : { tenant, bundle };
}

function editOf({ tenant, model, bundle }: Pair): Pick<Edited, 'id' | 'tenant' | 'what'> {
  const name = grantedName(bundle === undefined ? { model } : { bundle });
  return { id: bundle ?? model, tenant, what: `grant of ${name} to ${tenant}` };
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

async function added(writer: Writer, given: Pair & AddOptions): Promise<Change<Grant>> {
  const { tenant, actions, direct, trace, fallbacks } = given;
  return writer.grant(tenant, ofPair(given), actions?.split(','), {
    ...(given.for === undefined ? {} : { for: given.for }),
    ...(direct === undefined ? {} : { direct }),
    ...(trace === undefined ? {} : { trace }),
    ...unguardedGiven(given),
    ...useCasesGiven(given),
    ...(fallbacks === undefined ? {} : { fallbacks: fallbacks === false ? fallbacks : listOf(fallbacks) }),
    restrictions: restrictionsGiven(given),
  });
}

function grantText(grant: Grant): string {
  return termsOf(grant).map(termText).join('; also ');
}

function termText(term: Term): string {
  const restricted = restrictionsText(term);
  return `${term.actions.join(', ')}${term.direct ? ', direct' : ''}${term.trace ? ', trace' : ''}${fallbacksText(term)}${restricted && `; ${restricted}`}`;
}

function fallbacksText({ fallbacks }: Term): string {
  if (fallbacks === undefined) return '';
  return fallbacks.length === 0 ? ', no fallbacks' : `, fallbacks ${fallbacks.join(' ')}`;
}
