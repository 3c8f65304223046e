import type { Command } from 'commander';
import { accountOfRole } from '../contract/spokes.ts';
import { accessOf } from '../registry/access.ts';
import { parseSeconds } from '../registry/fields.ts';
import { grantDocument } from '../registry/grant.ts';
import { termDocument } from '../registry/term.ts';
import { listed } from './answer.ts';
import { restrictionsText } from './restrictions.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

interface Given {
  tenant: string;
  principal?: string;
  roles?: string;
  at?: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<Given>(program, target, 'access', {
    about: 'who can use what, or could on a day, and by which edit',
    args: '<tenant>',
    options: (verb) =>
      verb
        .option('--principal <principal>', 'one caller; everybody of the tenant unless given')
        .option('--roles <list>', 'that the caller had; any that a grant asks for unless given')
        .option('--at <date>', 'then, UTC: 2027-03-03 (its first moment) or 2027-03-03T18:00:00Z'),
    run: async ({ tenant, principal, roles, at }, where) => {
      const moment = at === undefined ? Date.now() : parseSeconds(at, '--at') * 1000;
      const past = await (await where.registry()).asOf(moment);
      const access = await accessOf(past, { tenant, principal, roles: roles?.split(',') }, moment);
      // Most stages have no spokes, and a column that says the same in every row says nothing.
      const elsewhere = access.some(({ roles: spokes }) => spokes.length > 0);
      const runsIn = <T>(cell: T): T[] => (elsewhere ? [cell] : []);
      return listed({
        head: [
          ...['model', 'state', 'for', 'actions', 'restricted to', ...runsIn('runs in')],
          ...['by', 'edit', 'since', 'who'],
        ],
        rows: access.map(({ model, state, held, roles, by }) => [
          model,
          state,
          held.principals?.join(' ') ?? held.roles?.map((role) => `role ${role}`).join(' ') ?? 'everyone',
          held.actions.join(' '),
          restrictionsText(held),
          ...runsIn(roles.length === 0 ? 'the stage’s account' : roles.map(whereText).join(' ')),
          held.grant.bundle === undefined ? 'grant' : `bundle ${held.grant.bundle}`,
          by?.edit === undefined ? '' : String(by.edit),
          by?.at ?? '',
          by?.by ?? '',
        ]),
        documents: access.map(({ model, state, held, roles, by }) => ({
          ...{ model, state, ...termDocument(held), grant: grantDocument(held.grant) },
          ...(roles.length === 0 ? {} : { spokeRoles: roles }),
          ...(by === undefined ? {} : { edit: by.edit, at: by.at, by: by.by, change: by.change }),
        })),
        none: `${tenant} could use nothing.`,
      });
    },
  });
}

/** `444455556666 tollgate-prod-spoke-acme` */
function whereText(role: string): string {
  return `${accountOfRole(role)} ${role.slice(role.indexOf('/') + 1)}`;
}
