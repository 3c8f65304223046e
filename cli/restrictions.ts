import type { Command } from 'commander';
import { guardrailsOf } from '../contract/guardrails.ts';
import type { Guardrail, Guardrails, Restrictions } from '../contract/model.ts';
import { badEntry, isoSeconds } from '../registry/fields.ts';
import type { GrantMore } from '../registry/grants.ts';
import { again } from './clear.ts';

/** What commander hands over: text when the option was given, false when its `--no-` form was. */
export interface RestrictionOptions {
  guardrail?: string | false;
  useCase?: string[];
  useCases?: false;
  maxTokens?: string | false;
  regions?: string | false;
  tiers?: string | false;
  roles?: string | false;
  principals?: string | false;
  withoutGuardrail?: true;
  expires?: string | false;
}

export function withRestrictions(verb: Command): Command {
  return verb
    .option('--guardrail <arn:version>', `every call under this one: ${GUARDRAIL_HELP}`)
    .option('--no-guardrail', 'take it away: the tenant’s own, or every tenant’s, is meant again')
    .option('--without-guardrail', 'calls run without one, whatever the tenant’s own is')
    .option(
      '--use-case <name=arn:version>',
      'under this one instead, who says that a call is for that (x-tollgate-use-case); name- takes it away; again for more',
      again,
    )
    .option('--no-use-cases', 'take all of them away')
    .option('--max-tokens <number>', 'the most tokens of one answer')
    .option('--no-max-tokens', 'take it away')
    .option('--regions <list>', 'nothing of a call outside of these')
    .option('--no-regions', 'take it away')
    .option('--tiers <list>', 'only calls of these: default, flex, priority, reserved')
    .option('--no-tiers', 'take it away')
    .option('--roles <list>', 'only for tokens with one of these roles or groups')
    .option('--no-roles', 'take it away')
    .option('--principals <list>', 'only for these callers of the tenant')
    .option('--no-principals', 'take it away')
    .option('--expires <date>', 'no grant any more from then on, UTC: 2026-12-31 or 2026-12-31T18:00:00Z')
    .option('--no-expires', 'take it away')
    .addHelpText('after', '\nWhat is not mentioned stays as it was.');
}

/** @throws TollgateError `bad_entry` naming the option */
export function restrictionsGiven(options: RestrictionOptions): NonNullable<GrantMore['restrictions']> {
  const { guardrail, useCases, withoutGuardrail, maxTokens, regions, tiers, roles, principals, expires } = options;
  if (withoutGuardrail && guardrail) throw badEntry('--without-guardrail', 'not-with-guardrail');
  return {
    ...(guardrail === undefined ? {} : { guardrail: guardrail && guardrailGiven(guardrail) }),
    ...(useCases === false ? { useCases } : {}),
    ...(withoutGuardrail ? { guardrail: false } : {}),
    ...(maxTokens === undefined ? {} : { maxTokens: maxTokens && numberOf(maxTokens) }),
    ...(regions === undefined ? {} : { regions: regions && listOf(regions) }),
    ...(tiers === undefined ? {} : { tiers: tiers && listOf(tiers) }),
    ...(roles === undefined ? {} : { roles: roles && listOf(roles) }),
    ...(principals === undefined ? {} : { principals: principals && listOf(principals) }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
}

export const GUARDRAIL_HELP =
  '...:guardrail/ID:3, or :DRAFT; with :async behind it streams are shown while they are judged; a list with commas: one a region';

/** `...:guardrail/ID:3`, or a list of them. @throws TollgateError `bad_entry` naming the option */
export function guardrailGiven(text: string, option = '--guardrail'): Written | Written[] {
  const all = listOf(text).map((one): Written => {
    const [, arn, version, mode] = /^(.*guardrail\/[^:/]*):([^:]+?)(:async)?$/.exec(one) ?? [];
    if (arn === undefined || version === undefined) throw badEntry(option, 'not-an-arn-with-a-version');
    return { arn, version, ...(mode && { mode: 'async' }) };
  });
  const [first, ...others] = all;
  if (first === undefined) throw badEntry(option, 'empty');
  return others.length === 0 ? first : all;
}

/** A guardrail as the document has it. */
type Written = { [Name in keyof Guardrail]: string };

/** Each by itself. @throws TollgateError `bad_entry` naming the option */
export function useCasesGiven({ useCase }: RestrictionOptions): Pick<GrantMore, 'useCases'> {
  return useCase === undefined ? {} : { useCases: Object.fromEntries(useCase.map(useCaseGiven)) };
}

/** `name=...:guardrail/ID:3`, or `name-`. @throws TollgateError `bad_entry` naming the option */
function useCaseGiven(text: string): [name: string, guardrail: Written | Written[] | null] {
  const [, gone] = /^([^=]+)-$/.exec(text) ?? [];
  if (gone !== undefined) return [gone, null];
  const [, name, guardrail] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || guardrail === undefined) throw badEntry('--use-case', 'not-a-name-and-a-guardrail');
  return [name, guardrailGiven(guardrail, '--use-case')];
}

function numberOf(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw badEntry('--max-tokens', 'not-a-whole-number');
  return Number(text);
}

/** Under a guardrail, under none, or under the tenant’s: who says one of them means the others no more. */
export function unguardedGiven({ guardrail, withoutGuardrail }: RestrictionOptions): { unguarded?: boolean } {
  return withoutGuardrail ? { unguarded: true } : guardrail === undefined ? {} : { unguarded: false };
}

/** `a, b`; an empty text is none. */
export function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

/** `demo:1`, `demo:1:async`, and of several regions each. */
export function guardrailText(said: Guardrails): string {
  return guardrailsOf(said)
    .map(({ arn, version, mode }) => [arn.slice(arn.lastIndexOf('/') + 1), version, mode].filter(Boolean).join(':'))
    .join(' ');
}

export function useCasesText(useCases: NonNullable<Restrictions['useCases']>): string {
  return Object.entries(useCases)
    .map(([name, said]) => `${name} ${guardrailText(said)}`)
    .join(', ');
}

/** Each restriction in a few words, for a table's cell; none is ''. */
export function restrictionsText(term: Restrictions & { unguarded?: true }): string {
  const { guardrail, useCases, unguarded, maxTokens, regions, tiers, roles, principals, expiresAt } = term;
  return [
    unguarded && 'without guardrail',
    guardrail && `guardrail ${guardrailText(guardrail)}`,
    useCases && `use cases ${useCasesText(useCases)}`,
    maxTokens && `${maxTokens} tokens`,
    regions && `in ${regions.join(' ')}`,
    tiers && `tiers ${tiers.join(' ')}`,
    roles && `for ${roles.join(' ')}`,
    principals && `for ${principals.join(' ')} alone`,
    expiresAt && `until ${isoSeconds(expiresAt)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
