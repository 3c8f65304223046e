import type { Command } from 'commander';
import { ACTIONS } from '../contract/model.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import { type Grant, grantDocument } from '../registry/grant.ts';
import { type Format, formatOption, lines, print, printJson, table } from './print.ts';
import { openRegistry, printHistory, warnOf } from './registry.ts';
import { type RestrictionOptions, restrictionsGiven, restrictionsText, withRestrictions } from './restrictions.ts';
import type { Target } from './target.ts';

interface Pair {
  tenant?: string;
  model?: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program
    .command('grant')
    .description('who may use which model: list, show, add, revoke')
    .addHelpText(
      'after',
      '\nA tenant and a model are given in this order, or by --tenant and --model. Without a verb a grant is added:' +
        '\n  tollgate grant acme llama-3-3-70b',
    );
  const registry = async () => openRegistry(await target());

  pairOf(noun.command('list').description('all grants, or those of a tenant, of a model'))
    .addOption(formatOption())
    .action(async (...args: Args<{ format: Format }>) => {
      const { format, ...of } = given(args);
      const listing = await (await registry()).listGrants(of);
      if (format === 'json') printJson(listing.entries.map(grantDocument));
      else
        print(
          table(
            ['tenant', 'model', 'actions', 'restricted to', 'granted at', 'granted by'],
            listing.entries.map((grant) => [
              grant.tenant,
              grant.model,
              grant.actions.join(','),
              restrictionsText(grant),
              isoMilliseconds(grant.grantedAt),
              grant.grantedBy,
            ]),
          ),
        );
      warnOf(listing);
    });

  pairOf(noun.command('show').description('one grant'))
    .addOption(formatOption())
    .action(async (...args: Args<{ format: Format }>) => {
      const { format, ...of } = given(args);
      const { tenant, model } = both(of, noun);
      const document = grantDocument(await (await registry()).showGrant(tenant, model));
      if (format === 'json') printJson(document);
      else print(lines(document));
    });

  withRestrictions(
    pairOf(noun.command('add', { isDefault: true }).alias('grant').description('let a tenant use a model')),
  )
    .option('--actions <list>', `what for, of ${ACTIONS.join(',')}; all of them unless given`)
    .option('--direct', 'also hand out credentials for it: calls past the gateway, without its limits and metering')
    .option('--fallbacks <list>', 'models that answer when it cannot, in place of what its entry says; empty for none')
    .option('--no-fallbacks', 'as its entry says')
    .option('--trace', 'also show guardrails’ traces, which name guardrails of the account by ARN')
    .action(
      async (
        ...args: Args<
          { actions?: string; direct?: true; trace?: true; fallbacks?: string | false } & RestrictionOptions
        >
      ) => {
        const { actions, direct, trace, fallbacks, ...of } = given(args);
        const { tenant, model } = both(of, noun);
        const { entry, changed } = await (await registry()).grant(tenant, model, actions?.split(','), {
          direct: direct === true,
          trace: trace === true,
          ...(fallbacks === undefined ? {} : { fallbacks: fallbacks === false ? fallbacks : listOf(fallbacks) }),
          restrictions: restrictionsGiven(of),
        });
        const restricted = restrictionsText(entry);
        const what = `grant of ${model} to ${tenant}`;
        print(
          changed
            ? `${what}: ${entry.actions.join(', ')}${entry.direct ? ', direct' : ''}${entry.trace ? ', trace' : ''}${fallbacksText(entry)}${restricted && `; ${restricted}`} (version ${entry.version})`
            : `${what}: nothing to change`,
        );
      },
    );

  pairOf(noun.command('revoke').description('take a grant back, within the authorizer’s cache time')).action(
    async (...args: Args<object>) => {
      const { tenant, model } = both(given(args), noun);
      await (await registry()).revoke(tenant, model);
      print(`grant of ${model} to ${tenant}: revoked`);
    },
  );

  pairOf(noun.command('history').description('who granted and revoked, and when'))
    .addOption(formatOption())
    .action(async (...args: Args<{ format: Format }>) => {
      const { format, ...of } = given(args);
      const records = await (await registry()).history(both(of, noun));
      if (format === 'json') printJson(records);
      else printHistory(records);
    });
}

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

function fallbacksText({ fallbacks }: Grant): string {
  if (fallbacks === undefined) return '';
  return fallbacks.length === 0 ? ', no fallbacks' : `, fallbacks ${fallbacks.join(' ')}`;
}

function pairOf(verb: Command): Command {
  return verb
    .argument('[tenant]')
    .argument('[model]')
    .option('--tenant <tenant>', 'instead of the first argument')
    .option('--model <model>', 'instead of the second');
}

type Args<Options> = [tenant: string | undefined, model: string | undefined, options: Options & Pair];

function given<Options>([tenant, model, options]: Args<Options>): Options & Pair {
  return { ...options, ...(tenant === undefined ? {} : { tenant }), ...(model === undefined ? {} : { model }) };
}

function both({ tenant, model }: Pair, noun: Command): Required<Pair> {
  if (tenant === undefined) return noun.error('error: a tenant is needed: name it first', { exitCode: 2 });
  if (model === undefined) return noun.error('error: a model is needed: name it after the tenant', { exitCode: 2 });
  return { tenant, model };
}
