import type { Command } from 'commander';
import { print } from './print.ts';

export function register(program: Command): void {
  const noun = program
    .command('sidecar')
    .description(
      'hold this tenant’s token, and pass on to the gateway what the machine’s own programs ask of 127.0.0.1:9191',
    )
    .addHelpText(
      'after',
      '\nFor example:' +
        '\n  TOLLGATE_URL=https://gateway.example.com \\' +
        '\n    TOLLGATE_TOKEN_FILE=/var/run/secrets/token tollgate sidecar' +
        '\nIn place of the file: TOLLGATE_ISSUER, TOLLGATE_CLIENT_ID and' +
        '\nTOLLGATE_CLIENT_SECRET_FILE, or TOLLGATE_TOKEN_COMMAND.' +
        '\nEvery variable is in docs/sidecar.md.',
    )
    .action(async () => {
      const { runSidecar } = await import('../sidecar/run.ts');
      await runSidecar(process.env);
    });

  noun
    .command('credentials')
    .description('AWS credentials for one model, of the sidecar that runs: for `credential_process` of an AWS profile')
    .requiredOption('--model <id>', 'a model whose grant says --direct')
    .addHelpText(
      'after',
      '\nIt looks where PORT (9191), or SIDECAR_SOCKET, and SIDECAR_AUTHORIZATION_FILE' +
        '\nsay, as the sidecar itself does.' +
        '\nIn ~/.aws/config:' +
        '\n  [profile nova]' +
        '\n  credential_process = tollgate sidecar credentials --model nova-lite',
    )
    .action(async ({ model }: { model: string }) => {
      const [{ meetingPoint }, { processCredentials }] = await Promise.all([
        import('../sidecar/settings.ts'),
        import('../sidecar/ask.ts'),
      ]);
      const { at, file } = meetingPoint(process.env);
      print(await processCredentials(at, file, model));
    });
}
