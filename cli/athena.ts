import type { Command } from 'commander';
import { LATE_HOURS } from '../contract/limits/metering.ts';
import { stageName } from '../contract/names.ts';
import { quarantined, unloadStatement } from '../metering/unload/statement.ts';
import { HOUR_MS, parseHourOrDay } from '../metering/window.ts';
import { shown } from './answer.ts';
import { badOption } from './days.ts';
import { warn } from './print.ts';
import { warnOf } from './registry.ts';
import { accountOf, type Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Days {
  from: string;
  to: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'athena',
    about: 'statements for Athena, on stdout; nothing is run: unload, quarantined',
    more: `
For example:
  aws athena start-query-execution --work-group tollgate-prod-usage \\
    --query-execution-context Database=tollgate_prod \\
    --query-string "$(tollgate --stage prod athena unload \\
      --from 2026-11-01 --to 2026-11-30)"`,
  });

  noun.verb<Days & { output?: string }>('unload', {
    about: 'aggregates raw lines into Parquet at the registry’s prices, for what outgrows one function',
    options: (verb) =>
      verb
        .requiredOption('--from <day>', 'the first day of UTC: 2026-11-01')
        .requiredOption('--to <day>', 'the last one, included; 100 days at most')
        .option(
          '--output <folder>',
          'an empty folder: s3://bucket/prefix/; unload/<from>_<to>/ in the stage’s own bucket',
        ),
    run: async ({ from, to, output }, at) => {
      if (output !== undefined && !FOLDER.test(output))
        throw badOption(
          '--output',
          `--output must be a folder of a bucket, s3://bucket/folder/, not ${JSON.stringify(output)}.`,
        );
      const where = await at.target();
      const { entries, unusable } = await (await at.registry()).listModels();
      warnOf({ unusable });
      const folder = output ?? (await folderOf(where, { from, to }));
      const statement = unloadStatement({ from, to, prices: entries }, folder);
      warnLate(to);
      return shown(folder, { folder, statement }, () => statement);
    },
  });

  noun.verb<Days>('quarantined', {
    about: 'lists raw lines that cannot be used',
    options: (verb) =>
      verb
        .requiredOption('--from <day>', 'the first day of UTC on which they were delivered')
        .requiredOption('--to <day>', `the last one; ${LATE_HOURS} hours more are looked at`),
    run: async ({ from, to }) => {
      const statement = quarantined(from, to);
      return shown('', { statement }, () => statement);
    },
  });
}

/** Athena writes objects of unknown names below it. */
const FOLDER = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/([^'\s]*\/)?$/;

/** In the bucket that the template gives to Athena's answers. */
async function folderOf({ kind, stage, region, clientConfig }: Target, { from, to }: Days): Promise<string> {
  const bucket =
    kind === 'local'
      ? 'tollgate-query'
      : `${stageName(stage, 'query')}-${await accountOf(clientConfig, '--output')}-${region}`;
  return `s3://${bucket}/unload/${from}_${to}/`;
}

function warnLate(to: string): void {
  const whole = (parseHourOrDay(to, 'last', '--to') + 1 + LATE_HOURS) * HOUR_MS;
  if (Date.now() < whole)
    warn(`tollgate: lines of ${to} may still come until ${new Date(whole).toISOString()}; run it again after that`);
}
