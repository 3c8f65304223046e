import type { Command } from 'commander';
import { GUARDRAIL_HELP, guardrailGiven, listOf } from './restrictions.ts';

/** What a tenant's calls are held to, or those of every tenant that does not say it itself. */
export interface BoundOptions {
  guardrail?: string;
  residency?: string;
}

export const BOUND_MEMBERS = { guardrail: 'guardrail', residency: 'residency' };

export function withBounds(verb: Command): Command {
  return verb
    .option(
      '--guardrail <arn:version>',
      `every call under this one, unless its grant says another or none: ${GUARDRAIL_HELP}`,
    )
    .option('--residency <list>', 'regions: nothing of any call outside of these, whatever a grant allows');
}

/** @throws TollgateError `bad_entry` naming the option */
export function boundsGiven({ guardrail, residency }: BoundOptions): object {
  return {
    ...(guardrail === undefined ? {} : { guardrail: guardrailGiven(guardrail) }),
    ...(residency === undefined ? {} : { residency: listOf(residency) }),
  };
}
