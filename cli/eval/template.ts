import { TollgateError } from '../../contract/errors.ts';
import { boundText } from '../../registry/evaluation/standing.ts';
import { metricsOf, type Template, templateDocument } from '../../registry/evaluation/template.ts';
import type { Writer } from '../../registry/writer.ts';
import { edited, listed, shown } from '../answer.ts';
import { type GivenFile, withFile } from '../file.ts';
import { past } from '../past.ts';
import type { Target } from '../target.ts';
import { type Noun, nounOf } from '../verb.ts';

interface Named {
  template: string;
}

/** `tollgate eval template` */
export function register(above: Noun, target: () => Promise<Target>): void {
  const noun = nounOf(above.command, target, {
    name: 'template',
    about: 'how models are evaluated, and what they must reach: list, show, put, remove',
  });

  noun.verb('list', {
    about: 'all templates',
    reads: true,
    run: async (_, { registry }) => {
      const templates = await (await registry()).listTemplates();
      return listed({
        head: ['template', 'sort', 'metrics', 'passes with', 'every'],
        rows: templates.map((one) => [
          ...[one.id, one.sort, metricsOf(one).join(', '), passText(one)],
          one.everyDays === undefined ? '' : `${one.everyDays} d`,
        ]),
        documents: templates.map(templateDocument),
        none: 'there is no template',
      });
    },
  });

  noun.verb<Named>('show', {
    about: 'one template; --format json prints what `put` takes',
    args: '<template>',
    reads: true,
    run: async ({ template }, { registry }) =>
      shown(template, templateDocument(await (await registry()).showTemplate(template))),
  });

  noun.verb<Named & GivenFile>('put', {
    about: 'make a template from a file, JSON or YAML, or replace the one of its name',
    args: '<template>',
    options: (verb) => verb.requiredOption('--file <file>', 'what it says; - reads standard input'),
    edits: true,
    run: async (given, { registry }) =>
      withFile(given, async (value) => {
        const { id = given.template, ...content } = value as { id?: unknown };
        if (id !== given.template) throw otherName(given.template, String(id));
        const { template, ...change } = await (await registry()).setTemplate({ id, ...content });
        return edited({
          id: template.id,
          change,
          what: `template ${template.id}`,
          done: `passes with ${passText(template)}`,
        });
      }),
  });

  noun.verb<Named>('remove', {
    about: 'take a template away; what was judged by it stays',
    args: '<template>',
    edits: true,
    run: async ({ template }, { registry }) => {
      const change = await (await registry()).removeTemplate(template);
      return edited({ id: template, change, what: `template ${template}`, done: 'removed' });
    },
  });

  past(noun, '', () => ({ evaluations: true }));
}

/** The one that is named, or the only one that there is. @throws TollgateError `not_found`, `bad_entry` */
export async function chosen(writer: Writer, name: string | undefined): Promise<Template> {
  if (name !== undefined) return writer.showTemplate(name);
  const all = await writer.listTemplates();
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  const which =
    only === undefined ? 'there is none (`tollgate eval template put`)' : all.map(({ id }) => id).join(', ');
  throw new TollgateError('bad_entry', {
    field: 'template',
    reason: 'missing',
    message: `Name a template by --template: ${which}.`,
  });
}

function otherName(given: string, named: string): TollgateError {
  return new TollgateError('bad_entry', {
    field: 'id',
    reason: 'names-another',
    message: `The file is of the template ${named}, not of ${given}.`,
  });
}

function passText({ pass }: Template): string {
  return Object.entries(pass)
    .map(([metric, bound]) => `${metric} ${boundText(bound)}`)
    .join(', ');
}
