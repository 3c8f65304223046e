import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { EVALUATIONS } from '../all-kinds.ts';
import type { Change, Edits } from '../edit.ts';
import { badEntries, problemsOf } from '../fields.ts';
import { EVALUATIONS_KEY } from '../keys.ts';
import { parseTemplate, sortedTemplates, type Template, type TemplatesEntry } from './template.ts';

export interface TemplateWriter {
  /** @throws TollgateError `bad_entry` naming the field of a malformed item */
  listTemplates(): Promise<readonly Template[]>;
  /** @throws TollgateError `not_found` */
  showTemplate(id: string): Promise<Template>;
  /**
   * Makes a template, or replaces the one of its id. What it has judged stays as it was judged.
   *
   * @param template a Template, not trusted
   * @throws TollgateError `bad_entry` naming the member
   */
  setTemplate(template: unknown): Promise<Change<TemplatesEntry> & { template: Template }>;
  /** @throws TollgateError `not_found` */
  removeTemplate(id: string): Promise<Change<TemplatesEntry>>;
}

export function templateWriter(edits: Edits): TemplateWriter {
  const held = async (): Promise<TemplatesEntry | undefined> => {
    try {
      return await edits.show(EVALUATIONS, EVALUATIONS_KEY);
    } catch (error) {
      if (isTollgateError(error, 'not_found')) return undefined;
      throw error;
    }
  };
  const showTemplate = async (id: string): Promise<Template> => {
    const found = (await held())?.evaluations.find((one) => one.id === id);
    if (found === undefined)
      throw new TollgateError('not_found', {
        field: 'template',
        reason: 'no-such-template',
        message: `There is no template ${id}.`,
      });
    return found;
  };

  return {
    listTemplates: async () => (await held())?.evaluations ?? [],
    showTemplate,

    async setTemplate(given) {
      const template = parseTemplate(given);
      try {
        const change =
          (await held()) === undefined
            ? await edits.put(EVALUATIONS, EVALUATIONS_KEY, ({ version, at, by }, now) => {
                if (now !== undefined)
                  throw new TollgateError('conflict', { field: 'version', reason: 'changed-meanwhile' });
                return EVALUATIONS.document({ evaluations: [template], version, updatedAt: at, updatedBy: by });
              })
            : await edits.alter(EVALUATIONS, EVALUATIONS_KEY, `set ${template.id}`, (entry) => ({
                ...entry,
                evaluations: sortedTemplates([...entry.evaluations.filter(({ id }) => id !== template.id), template]),
              }));
        return { ...change, template };
      } catch (error) {
        // It was given alone, and nobody who gave it counts those beside it.
        if (!isTollgateError(error, 'bad_entry')) throw error;
        throw badEntries(
          problemsOf(error).map((one) => ({ ...one, path: one.path.replace(/^evaluations\[\d+\]\./, '') })),
        );
      }
    },

    async removeTemplate(id) {
      await showTemplate(id);
      return edits.alter(EVALUATIONS, EVALUATIONS_KEY, `remove ${id}`, (entry) => ({
        ...entry,
        evaluations: entry.evaluations.filter((one) => one.id !== id),
      }));
    },
  };
}
