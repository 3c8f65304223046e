import type { ModelEntry } from '../../registry/model.ts';
import { together } from './recent.ts';
import { type Used, usedLines, useText } from './used.ts';

export interface Ending {
  model: ModelEntry;
  /** Tenants that hold it, by its name or by a bundle. */
  holders: readonly string[];
  used: Used;
}

/**
 * A letter to whoever uses a model that ends, to be sent as it is.
 *
 * @param named how many of its holders are named at most; default all
 */
export function letterOf(
  { model, holders, used }: Ending,
  { named = holders.length }: { named?: number } = {},
): { subject: string; text: string } {
  const { sunsetAt, successor } = model.lifecycle;
  const name = model.displayName === undefined ? model.id : `${model.displayName} (${model.id})`;
  const end = sunsetAt === undefined ? undefined : new Date(sunsetAt * 1000).toUTCString();
  const all = together(used.uses ?? []);
  const more = holders.length - named;
  const held = holders.slice(0, named).join(', ') || 'nobody';
  const lines = [
    end === undefined
      ? `The model ${name} is to be taken out of service.`
      : `The model ${name} stops answering on ${end}. From then on calls to it are answered with 410.`,
    successor === undefined
      ? 'It has no successor yet.'
      : `Use ${successor} instead: name it in your calls where you name ${model.id} now.`,
    '',
    `It is granted to: ${held}${more > 0 ? ` and ${more} more` : ''}.`,
    ...(all === undefined
      ? []
      : [
          `In the last 30 days: ${useText(all)}.`,
          '',
          ...usedLines(used)
            .slice(1)
            .map((line) => `- ${line}`),
        ]),
  ];
  return { subject: `${name} ${end === undefined ? 'will end' : `ends on ${end}`}`, text: lines.join('\n') };
}
