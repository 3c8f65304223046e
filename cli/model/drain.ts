import { isTollgateError } from '../../contract/errors.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { placedUnder } from '../../registry/restrictions.ts';
import type { Writer } from '../../registry/writer.ts';
import { printable, warn } from '../print.ts';
import type { Noun } from '../verb.ts';
import { told, WITHIN } from './tell.ts';

const REGION = '--region <region>';

/** `drain`, and `restore`, which undoes both that and `retire`. */
export function register(noun: Noun): void {
  noun.verb<{ model: string; region: string }>('drain', {
    about: 'send no calls to the model’s places in a region; restore --region undoes it',
    args: '<model>',
    options: (verb) => verb.requiredOption(REGION, 'which; the stage’s own region is said in front of `model`'),
    edits: true,
    run: async ({ model, region }, { registry }) => {
      const writer = await registry();
      const change = await writer.drainPlaces(model, region, true);
      for (const tenant of await stranded(writer, change.entry))
        warn(printable(`tollgate: the grant of ${model} to ${tenant} allows no other place: its calls get 503`));
      return told(change, `drained of ${region}${WITHIN}`);
    },
  });

  noun.verb<{ model: string; region?: string }>('restore', {
    about: 'undo retire, or then deprecate: the model is again what it was; with --region undo drain',
    args: '<model>',
    options: (verb) => verb.option(REGION, 'send calls to the model’s places there again'),
    edits: true,
    run: async ({ model, region }, { registry }) => {
      const writer = await registry();
      const change = await (region === undefined
        ? writer.restoreModel(model)
        : writer.drainPlaces(model, region, false));
      const { status } = change.entry.lifecycle;
      return told(change, `${region === undefined ? status : `calls may go to ${region}`}${WITHIN}`);
    },
  });
}

/** Tenants whose grant leaves of a model only places that are drained. */
async function stranded(writer: Writer, model: ModelEntry): Promise<string[]> {
  const { entries } = await writer.listGrants({ model: model.id });
  return entries
    .filter((grant) => {
      try {
        return placedUnder(grant, model).places?.every(({ drained }) => drained === true);
      } catch (error) {
        if (isTollgateError(error)) return false;
        throw error;
      }
    })
    .map(({ tenant }) => tenant);
}
