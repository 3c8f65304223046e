import { type Command, InvalidArgumentError } from 'commander';
import type { LogFilter, LoggedChange } from '../registry/edits/log-list.ts';
import { parseSeconds } from '../registry/fields.ts';
import { changesOf, listed, plainDifference } from './answer.ts';
import { atText, changesText } from './past.ts';
import { warn } from './print.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Options {
  tenant?: string;
  since?: string;
  until?: string;
  by?: string;
  of?: string;
  plan?: string;
  limit: number;
}

/** Edits that a list shows unless told otherwise. */
const SHOWN = 100;

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'audit',
    about: 'every edit of the registry, in the order they were made: list',
  });

  noun.verb<Options>('list', {
    about: 'edits, the newest first: who, when, of what, and from what to what',
    args: '[tenant]',
    options: (verb) =>
      verb
        .option('--since <date>', 'those from then on, UTC: 2026-12-31 or 2026-12-31T18:00:00Z')
        .option('--until <date>', 'those until then')
        .option('--by <who>', 'those of whoever has this in the name')
        .option('--of <item>', 'those of this: model/nova-lite, grant/acme/nova-lite, or of every model')
        .option('--plan <id>', 'those of one applied file')
        .option('--limit <number>', 'so many at most', whole, SHOWN),
    more: '\nFor example:\n  tollgate audit list --since 2026-12-01 --of grant/acme\n  tollgate undo 17',
    run: async ({ tenant, since, until, by, of, plan, limit }, { registry }) => {
      const filter: LogFilter = {
        ...(tenant === undefined ? {} : { tenant }),
        ...(since === undefined ? {} : { since: parseSeconds(since, '--since') * 1_000 }),
        ...(until === undefined ? {} : { until: parseSeconds(until, '--until') * 1_000 }),
        ...(by === undefined ? {} : { by }),
        ...(of === undefined ? {} : { of: lowerKind(of) }),
        ...(plan === undefined ? {} : { plan }),
      };
      const found: LoggedChange[] = [];
      let more = false;
      for await (const change of (await registry()).log(filter)) {
        more = found.length === limit;
        if (more) break;
        found.push(change);
      }
      if (more) warn(`tollgate: these are the latest ${limit}; --limit shows more`);
      return listed({
        head: ['edit', 'at', 'by', 'of', 'change', 'what'],
        rows: found.map((one) => [String(one.edit ?? ''), atText(one), one.by, one.item, one.change, changesText(one)]),
        documents: found.map((one) => ({
          ...one,
          differences: changesOf(one.before, one.after).map(plainDifference),
        })),
        none: 'no such edit',
      });
    },
  });
}

/** Kinds are written small, and ids as they are. */
function lowerKind(of: string): string {
  const [kind = '', ...names] = of.split('/');
  return [kind.toLowerCase(), ...names].join('/');
}

function whole(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 999999.');
}
