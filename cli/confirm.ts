import { createInterface } from 'node:readline/promises';
import { TollgateError } from '../contract/errors.ts';
import { printable, warn } from './print.ts';
import { clearProgress } from './progress.ts';
import type { Target } from './target.ts';

export interface Brake {
  /** What it hits, a line each; told whether it is asked or not. */
  hits: readonly string[];
  /** `Retire nova-lite?` */
  question: string;
  /** `--yes` was given. */
  yes: boolean;
  /** Also a script on the laptop has to say `--yes`: what is done does not come back. */
  strict?: boolean;
}

/**
 * Tells what is about to be hit, and asks. Without a terminal nobody can be asked: a deployed stage is not touched then unless `--yes`
 * says so, and the laptop's gateway, which is for trying, is.
 *
 * @throws TollgateError `bad_setting` naming `--yes` when the answer is no, or cannot be had
 */
export async function confirm(
  { hits, question, yes, strict = false }: Brake,
  where: Pick<Target, 'kind'>,
): Promise<void> {
  for (const line of hits) warn(printable(line));
  if (yes) return;
  if (process.stdin.isTTY) {
    clearProgress();
    const asked = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await asked.question(`${question} [y/N] `);
      if (/^y(es)?$/i.test(answer.trim())) return;
    } finally {
      asked.close();
    }
    throw refused('Nothing was done.');
  }
  if (strict || where.kind === 'stage')
    throw refused(`${question} Nothing was done: nobody can be asked here, so it needs --yes.`);
}

function refused(message: string): TollgateError {
  return new TollgateError('bad_setting', { field: '--yes', reason: 'not-confirmed', message });
}
