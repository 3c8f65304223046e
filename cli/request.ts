import { type Command, Option } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import {
  type AccessRequest,
  accessRequestDocument,
  REQUEST_STATUSES,
  type RequestStatus,
} from '../registry/access-request.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import type { Given } from '../registry/granting.ts';
import type { RequestName } from '../registry/named.ts';
import { type Answer, edited, listed, shown } from './answer.ts';
import { historyOf } from './past.ts';
import { warnOf } from './registry.ts';
import { listOf, restrictionsGiven } from './restrictions.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Approved extends RequestName {
  to: 'principal' | 'tenant';
  note?: string;
  actions?: string;
  maxTokens?: string;
  regions?: string;
  expires?: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'request',
    about: 'who asks for which model: list, show, approve, decline',
    more:
      '\nWhat may be asked for is a model whose entry says `askable`. For example:' +
      '\n  tollgate request approve acme 5d41402abc4b2a76 --max-tokens 500 --expires 2026-12-31' +
      '\n  tollgate request decline acme 5d41402abc4b2a76 --note "Nova Lite does it."',
  });

  noun.verb<{ tenant?: string; model?: string; status: string }>('list', {
    about: 'what is asked for, the oldest first',
    args: '[tenant]',
    options: (verb) =>
      verb
        .option('--model <model>', 'of this model')
        .addOption(
          new Option('--status <status>', 'what became of them').choices([...REQUEST_STATUSES, 'any']).default('open'),
        ),
    run: async ({ tenant, model, status }, { registry }) => {
      const of = { tenant, model, status: status === 'any' ? undefined : (status as RequestStatus) };
      const listing = await (await registry()).listRequests(of);
      warnOf(listing);
      return listed({
        head: ['tenant', 'id', 'principal', 'model', 'status', 'asked at', 'why'],
        rows: listing.entries.map(row),
        documents: listing.entries.map(accessRequestDocument),
        ids: listing.entries.map(({ tenant, id }) => `${tenant} ${id}`),
        none: 'nobody asks for anything',
      });
    },
  });

  noun.verb<RequestName>('show', {
    about: 'one request',
    args: '<tenant> <id>',
    run: async (name, { registry }) =>
      shown(name.id, accessRequestDocument(await (await registry()).showRequest(name))),
  });

  noun.verb<Approved>('approve', {
    about: 'grant what it asks for, to who asked or to the whole tenant',
    args: '<tenant> <id>',
    options: (verb) =>
      noted(verb)
        .addOption(
          new Option('--to <whom>', 'whom it is granted to').choices(['principal', 'tenant']).default('principal'),
        )
        .option('--actions <list>', 'what for; all of them for a new grant')
        .option('--max-tokens <number>', 'the most tokens of one answer')
        .option('--regions <list>', 'nothing of a call outside of these')
        .option('--expires <date>', 'no grant any more from then on, UTC: 2026-12-31 or 2026-12-31T18:00:00Z'),
    edits: true,
    run: async ({ tenant, id, to, note, actions, ...restricted }, { registry }) => {
      const grant = {
        ...restrictionsGiven(restricted),
        ...(actions === undefined ? {} : { actions: listOf(actions) }),
      };
      const plan = await (await registry()).approveRequest({ tenant, id }, { to, note, grant: grant as Given });
      const { plan: made, changes } = await plan.make();
      const [granted, request] = changes;
      if (granted === undefined || request === undefined) throw new TollgateError('internal', { reason: 'no-changes' });
      const { model = '', principal = '' } = (request.after ?? {}) as Record<string, string>;
      const whom = to === 'tenant' ? tenant : `${principal} of ${tenant}`;
      const answer = edited({
        ...told({ tenant, id }),
        change: request,
        done: `approved: ${model} is granted to ${whom}`,
      });
      return made === undefined ? answer : { ...answer, hint: `tollgate undo ${made} takes both back` };
    },
  });

  noun.verb<RequestName & { note?: string }>('decline', {
    about: 'say no to it',
    args: '<tenant> <id>',
    options: noted,
    edits: true,
    run: async ({ tenant, id, note }, { registry }): Promise<Answer> => {
      const change = await (await registry()).declineRequest({ tenant, id }, { note });
      return edited({ ...told({ tenant, id }), change, done: 'declined' });
    },
  });

  noun.verb<RequestName>('history', {
    about: 'who said what of the request, and when',
    args: '<tenant> <id>',
    run: async ({ tenant, id }, { registry }) =>
      historyOf(await (await registry()).history({ request: { tenant, id } })),
  });
}

function noted(verb: Command): Command {
  return verb.option('--note <text>', 'what who asked is told with it');
}

function told({ tenant, id }: RequestName) {
  return { id, tenant, what: `request ${id} of ${tenant}` };
}

function row({ tenant, id, principal, model, status, askedAt, why }: AccessRequest): string[] {
  return [tenant, id, principal, model, status, isoMilliseconds(askedAt), why.replaceAll('\n', ' ')];
}
