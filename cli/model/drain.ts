import type { Command } from 'commander';
import { isTollgateError } from '../../contract/errors.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { placedUnder } from '../../registry/restrictions.ts';
import type { Writer } from '../../registry/writer.ts';
import { printable, warn } from '../print.ts';
import { tell, WITHIN } from './tell.ts';

const REGION = '--region <region>';

/** `drain`, and `restore`, which undoes both that and `retire`. */
export function register(noun: Command, registry: () => Promise<Writer>): void {
  noun
    .command('drain')
    .description('send no calls to the model’s places in a region; restore --region undoes it')
    .argument('<model>')
    .requiredOption(REGION, 'which; the stage’s own region is said in front of `model`')
    .action(async (id: string, { region }: { region: string }) => {
      const writer = await registry();
      const change = await writer.drainPlaces(id, region, true);
      tell(change, `drained of ${region}${WITHIN}`);
      for (const tenant of await stranded(writer, change.entry))
        warn(printable(`tollgate: the grant of ${id} to ${tenant} allows no other place: its calls get 503`));
    });

  noun
    .command('restore')
    .description('undo retire, or then deprecate: the model is again what it was; with --region undo drain')
    .argument('<model>')
    .option(REGION, 'send calls to the model’s places there again')
    .action(async (id: string, { region }: { region?: string }) => {
      const writer = await registry();
      const change = await (region === undefined ? writer.restoreModel(id) : writer.drainPlaces(id, region, false));
      const { status } = change.entry.lifecycle;
      tell(change, `${region === undefined ? status : `calls may go to ${region}`}${WITHIN}`);
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
