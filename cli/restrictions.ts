import type { Command } from 'commander';
import type { Restrictions } from '../contract/model.ts';
import { badEntry, isoSeconds } from '../registry/fields.ts';
import type { GrantMore } from '../registry/grants.ts';

/** What commander hands over: text when the option was given, false when its `--no-` form was. */
export interface RestrictionOptions {
  guardrail?: string | false;
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
    .option('--guardrail <arn:version>', 'every call under this one: ...:guardrail/ID:3, or :DRAFT')
    .option('--no-guardrail', 'take it away: the tenant’s own, or every tenant’s, is meant again')
    .option('--without-guardrail', 'calls run without one, whatever the tenant’s own is')
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
  const { guardrail, withoutGuardrail, maxTokens, regions, tiers, roles, principals, expires } = options;
  if (withoutGuardrail && guardrail) throw badEntry('--without-guardrail', 'not-with-guardrail');
  return {
    ...(guardrail === undefined ? {} : { guardrail: guardrail && guardrailOf(guardrail) }),
    ...(withoutGuardrail ? { guardrail: false } : {}),
    ...(maxTokens === undefined ? {} : { maxTokens: maxTokens && numberOf(maxTokens) }),
    ...(regions === undefined ? {} : { regions: regions && listOf(regions) }),
    ...(tiers === undefined ? {} : { tiers: tiers && listOf(tiers) }),
    ...(roles === undefined ? {} : { roles: roles && listOf(roles) }),
    ...(principals === undefined ? {} : { principals: principals && listOf(principals) }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
}

/** `...:guardrail/ID:3` @throws TollgateError `bad_entry` naming the option */
export function guardrailOf(text: string): { arn: string; version: string } {
  const [, arn, version] = /^(.*guardrail\/[^:/]*):([^:]+)$/.exec(text) ?? [];
  if (arn === undefined || version === undefined) throw badEntry('--guardrail', 'not-an-arn-with-a-version');
  return { arn, version };
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

/** Each restriction in a few words, for a table's cell; none is ''. */
export function restrictionsText(term: Restrictions & { unguarded?: true }): string {
  const { guardrail, unguarded, maxTokens, regions, tiers, roles, principals, expiresAt } = term;
  return [
    unguarded && 'without guardrail',
    guardrail && `guardrail ${guardrail.arn.slice(guardrail.arn.lastIndexOf('/') + 1)}:${guardrail.version}`,
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
