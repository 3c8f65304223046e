import type { Command } from 'commander';
import { targetsOf } from '../contract/places.ts';
import { nativeIdOf } from '../policies/kinds.ts';
import { isoSeconds, parseSeconds } from '../registry/fields.ts';
import { usability } from '../registry/lifecycle.ts';
import { type ModelEntry, modelDocument } from '../registry/model.ts';
import { listed, shown } from './answer.ts';
import { type ClearOptions, cleared, withClear } from './clear.ts';
import { widening } from './dangers.ts';
import { type GivenFile, withFile } from './file.ts';
import { type Filters, filtered, withPrefix } from './filters.ts';
import * as removing from './model/delete.ts';
import * as drain from './model/drain.ts';
import * as importing from './model/import.ts';
import * as sync from './model/sync.ts';
import * as targets from './model/targets.ts';
import { told, WITHIN } from './model/tell.ts';
import { past } from './past.ts';
import { save } from './print.ts';
import { warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Named {
  model: string;
}

interface PutOptions extends ClearOptions, GivenFile {}

/** What a model need not have. */
const CLEARED = {
  ...{ name: 'displayName', prices: 'prices', routing: 'routing', fallbacks: 'fallbacks', dialects: 'dialects' },
  ...{ container: 'container', capabilities: 'capabilities', limits: 'limits', provenance: 'provenance' },
  requires: 'requires',
  askable: 'askable',
};

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'model',
    about:
      'what may be called: list, show, put, import, activate, deprecate, retire, impact, drain, restore, delete, targets, sync',
  });

  noun.verb<Filters>('list', {
    about: 'all models, or some',
    options: withPrefix,
    reads: true,
    run: async (filters, { registry }) => {
      const listing = await (await registry()).listModels();
      warnOf(listing);
      const entries = filtered(listing.entries, filters);
      return listed({
        head: ['id', 'state', 'target', 'region', 'sunset', 'successor', 'name'],
        rows: entries.map(row),
        documents: entries.map(modelDocument),
      });
    },
  });

  noun.verb<Named>('show', {
    about: 'one model; --format json prints what `put` takes',
    args: '<model>',
    reads: true,
    of: ({ model }) => ({ model }),
    run: async ({ model }, { registry }) => shown(model, modelDocument(await (await registry()).showModel(model))),
  });

  noun.verb<PutOptions>('put', {
    about:
      'make a model from a file, JSON or YAML, or change what the file says of it; with a version in it only if nobody else did',
    args: { '<file>': '- reads standard input' },
    options: (verb) => withClear(verb, CLEARED),
    edits: true,
    hits: async (given, { target }) =>
      withFile(given, async (value) =>
        widening(await target(), 'model', (writer) => writer.putModel(modelGiven(value, given))),
      ),
    run: async (given, { registry }) =>
      withFile(given, async (value) => told(await (await registry()).putModel(modelGiven(value, given)), 'written')),
  });

  noun.verb<Named>('activate', {
    about: 'make a model of a draft: whom it was granted to may call it',
    args: '<model>',
    edits: true,
    run: async ({ model }, { registry }) => told(await (await registry()).activateModel(model), `active${WITHIN}`),
  });

  noun.verb<Named & { sunset: string; successor?: string }>('deprecate', {
    about: 'announce the end of a model to its callers',
    args: '<model>',
    options: (verb) =>
      verb
        .requiredOption('--sunset <date>', 'when it stops answering, UTC: 2026-12-31 or 2026-12-31T18:00:00Z')
        .option('--successor <model>', 'what to use instead'),
    edits: true,
    run: async ({ model, sunset, successor }, { registry }) => {
      const sunsetAt = parseSeconds(sunset, '--sunset');
      const change = await (await registry()).deprecateModel(model, { sunsetAt, ...named(successor) });
      return told(change, `deprecated, stops answering at ${isoSeconds(sunsetAt)}`);
    },
  });

  noun.verb<Named & { successor?: string }>('retire', {
    about: 'end a model now; restore undoes it',
    args: '<model>',
    options: (verb) => verb.option('--successor <model>', 'what to use instead'),
    edits: true,
    hits: async ({ model }, { target, registry }) => {
      // Whoever takes nothing away does not wait for what reads the ledger.
      const [{ impactOf }, { impactLines }] = await Promise.all([
        import('./model/impact.ts'),
        import('./model/impact-lines.ts'),
      ]);
      return impactLines(await impactOf(await target(), await registry(), model));
    },
    run: async ({ model, successor }, { registry }) =>
      told(await (await registry()).retireModel(model, named(successor)), `retired${WITHIN}`),
  });

  removing.register(noun);
  noun.verb<Named & { mail?: true; out?: string }>('impact', {
    about: 'who holds a model, who used it in the last 30 days and for how much, and what would replace it',
    args: '<model>',
    options: (verb) =>
      verb.option('--mail', 'as a letter to those who use it').option('--out <file>', 'that letter into a file'),
    run: async ({ model, mail, out }, { target, registry }) => {
      const { impactAnswer, impactOf, mailText } = await import('./model/impact.ts');
      const impact = await impactOf(await target(), await registry(), model);
      if (out !== undefined) save(out, mailText(impact));
      return impactAnswer(impact, { mail: mail === true });
    },
  });
  drain.register(noun);

  past<Named>(noun, '<model>', ({ model }) => ({ model }));

  importing.register(noun);
  targets.register(noun);
  sync.register(noun);
}

function modelGiven(value: object, given: PutOptions): object {
  return { ...value, ...cleared(given) };
}

function row({ id, lifecycle, displayName = '', ...entry }: ModelEntry): string[] {
  const { sunsetAt, successor = '' } = lifecycle;
  const { state, reason } = usability(lifecycle, Math.floor(Date.now() / 1000));
  const named = reason === 'sunset-passed' ? 'retired by its sunset' : state === 'usable' ? 'active' : state;
  const sunset = sunsetAt === undefined ? '' : isoSeconds(sunsetAt);
  const targets = targetsOf(entry);
  const once = (names: readonly string[]): string => [...new Set(names)].join(', ');
  const regions = once(targets.map(({ region }) => region));
  return [id, named, once(targets.map(nativeIdOf)), regions, sunset, successor, displayName];
}

function named(successor: string | undefined): { successor?: string } {
  return successor === undefined ? {} : { successor };
}
