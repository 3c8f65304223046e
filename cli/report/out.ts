import type { Answer, Format } from '../answer.ts';
import { printOrSave } from '../print.ts';

/**
 * Into the file that `--out` named, if it named one, in the form that was asked for.
 *
 * @returns what is still to be printed
 * @throws the answer's failure, once it is written
 */
export function toFile(answer: Answer, verb: string, format: Format, out: string | undefined): Answer | undefined {
  if (out === undefined) return answer;
  const ran = { verb, dryRun: false };
  const text =
    format === 'json' ? JSON.stringify(answer.json(ran), null, 2) : format === 'csv' ? answer.csv(ran) : answer.text();
  printOrSave(text, out);
  if (answer.failure !== undefined) throw answer.failure;
  return undefined;
}
