import { type Command, Option } from 'commander';
import { BUDGET_SCOPES, BUDGET_UNITS, type Budget, PERIODS } from '../../contract/budget.ts';
import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { EVERY_TENANT } from '../../registry/budget.ts';
import { byOption, type Said } from '../naming.ts';
import type { At } from '../verb.ts';

/** Whose budgets a command is about: a tenant’s, or with --default the stage’s. */
export interface OwnerOption {
  tenant?: string;
  default?: true;
}

export function defaultOption(verb: Command): Command {
  return verb.option('--default', 'the stage’s budgets, which every tenant is under, in a tenant’s place');
}

/** What --default says in a tenant’s place. */
export function insteadOfTenant(
  { tenant, default: stage }: OwnerOption,
  { refuse }: Pick<At, 'refuse'>,
): { tenant?: string } {
  if (!stage) {
    // The registry's own spelling of the stage is not offered: a shell would make file names of it.
    return tenant === EVERY_TENANT ? { tenant: '' } : {};
  }
  // Whose budget was meant is not guessed, since the one binds everybody.
  return tenant === undefined ? { tenant: EVERY_TENANT } : refuse('either a tenant or --default, not both');
}

/** What commander hands over. */
export interface BudgetOptions extends OwnerOption {
  limit: string;
  unit: Budget['unit'];
  per: Budget['per'];
  period: Budget['period'];
  only?: string;
  soft?: true;
  refuse?: true;
}

export function withBudget(verb: Command): Command {
  return verb
    .requiredOption('--limit <amount>', 'how much, in plain notation: 100 or 0.5; 0 refuses the first call')
    .addOption(new Option('--unit <unit>', 'of what').choices(BUDGET_UNITS).makeOptionMandatory())
    .addOption(
      new Option('--period <period>', 'in each calendar window of UTC; a week begins on Monday')
        .choices(PERIODS)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--per <scope>', 'what is counted by itself').choices(BUDGET_SCOPES).default('tenant'))
    .option('--only <name>', 'only this principal, or this model, by its registry id')
    .option('--soft', 'answer calls beyond it, with a warning; otherwise they are refused')
    .option('--refuse', 'refuse a call that asks for a longer answer than is left, rather than shorten the answer');
}

export function budgetGiven(id: string, { limit, unit, per, period, only, soft, refuse }: BudgetOptions): Budget {
  return {
    id,
    per,
    ...(only === undefined ? {} : { only }),
    period,
    unit,
    limit,
    enforcement: soft ? 'soft' : 'hard',
    ...(refuse ? { atLimit: 'refuse' } : {}),
  };
}

const OPTION_OF: Readonly<Record<string, Said>> = {
  id: { name: 'the budget’s id', hint: '1 to 32 of a-z, 0-9 and "-", beginning with a letter or digit' },
  limit: {
    name: '--limit',
    hint: 'dollars with up to 12 decimals, or a whole number of tokens, requests or credentials',
  },
  only: { name: '--only', hint: 'a principal with --per principal, a model’s registry id with --per model' },
  atLimit: { name: '--refuse', hint: 'for hard budgets of tokens or dollars, whose answers would be shortened' },
  tenant: { name: 'the tenant', hint: 'a tenant of the registry' },
  budgets: { name: 'the budgets', hint: 'remove one first' },
};

/** Says of a refused edit which option is at fault, in the operator's words rather than the registry's. */
export async function namingOptions<T>(edit: Promise<T>): Promise<T> {
  try {
    return await edit;
  } catch (error) {
    if (isTollgateError(error, 'not_found') && error.field === 'model')
      throw new TollgateError('not_found', {
        field: '--only',
        message: `--only: ${error.publicMessage}`,
        cause: error,
      });
    throw byOption(error, OPTION_OF);
  }
}

/** A budget in words: `100 usd a month for each principal, hard`. */
export function budgetText({ per, only, period, unit, limit, enforcement, atLimit }: Budget): string {
  const whom = per === 'tenant' ? 'the whole tenant' : only === undefined ? `each ${per}` : `${per} ${only}`;
  return `${limit} ${unit} a ${period} for ${whom}, ${enforcement}${atLimit === undefined ? '' : ', answers not shortened'}`;
}
