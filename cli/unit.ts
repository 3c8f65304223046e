import { type Command, InvalidArgumentError, Option } from 'commander';
import { STAGE } from '../contract/names.ts';
import type { Plain } from '../registry/items.ts';
import { bytesOf, whereItStands } from './file.ts';
import { printable, printOrSave, warn } from './print.ts';
import type { Target } from './target.ts';
import { type ConfigsOptions, unitsOf, withoutComments } from './unit/configs.ts';
import { nounOf } from './verb.ts';

interface Given {
  file: string;
  stageName?: string;
  apiStage?: string;
  out?: string;
  format: 'yaml' | 'json';
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, { name: 'unit', about: 'units of an organisation, for tollgate:units: import' });
  noun.verb<Given & { format: never }>('import', {
    about: 'units from the setup/configs.json of AWS’s multi-tenant gateway guidance',
    args: { '<file>': '- reads standard input' },
    options: (verb) =>
      verb
        .option('--stage-name <stage>', 'the stage of each: dev, test, prod', stageName)
        .option('--api-stage <stage>', 'the stage of the API that an API_GATEWAY_ID names, if not called so', stageName)
        .option('--out <file>', 'write it there: "tollgate:units": "file:<file>"')
        .addOption(new Option('--format <format>', 'how to write it').choices(['yaml', 'json']).default('yaml')),
    run: async (given) => {
      const { file, stageName: stage, apiStage, out, format } = given as unknown as Given;
      const { readFile } = await import('../registry/file/read.ts');
      const text = withoutComments(new TextDecoder().decode(bytesOf(file)));
      const read = await whereItStands(file, { lineOf: () => undefined }, () =>
        readFile(new TextEncoder().encode(text)),
      );
      const options: ConfigsOptions = {
        ...(stage === undefined ? {} : { stage }),
        ...(apiStage === undefined ? {} : { apiStage }),
      };
      const { units, notes } = await whereItStands(file, read, async () => unitsOf(read.value as Plain, options));
      for (const note of notes) warn(printable(`${file}: ${note}`));
      printOrSave(format === 'json' ? JSON.stringify(units, null, 2) : (await import('yaml')).stringify(units), out);
      return undefined;
    },
  });
}

function stageName(text: string): string {
  if (STAGE.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 20 of a-z, 0-9 and "-", beginning with a letter.');
}
