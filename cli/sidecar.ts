import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('sidecar')
    .description(
      'hold this tenant’s token, and pass on to the gateway what the machine’s own programs ask of 127.0.0.1:9191',
    )
    .addHelpText(
      'after',
      '\nFor example:' +
        '\n  TOLLGATE_URL=https://gateway.example.com TOLLGATE_TOKEN_FILE=/var/run/secrets/token tollgate sidecar',
    )
    .action(async () => {
      const { runSidecar } = await import('../sidecar/run.ts');
      await runSidecar(process.env);
    });
}
