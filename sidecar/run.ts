import { isTollgateError } from '../contract/errors.ts';
import { logLine } from '../contract/log.ts';
import type { Environment } from '../contract/read-setting.ts';
import { sidecarSettings } from './settings.ts';
import { startSidecar } from './start.ts';

/** Milliseconds beyond the grace for what is still to be closed. */
const EXIT_MS = 3_000;

/**
 * The sidecar as a process: it says `ready` and its address when it can be called, writes a JSON line for whatever happens to its
 * token, and ends at SIGTERM or SIGINT. What is wrong with a setting is one line on stderr, and exit code 1.
 */
export async function runSidecar(env: Environment): Promise<void> {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const settings = sidecarSettings(env);
    const sidecar = await startSidecar(settings, write);
    const exit = (how: string): void => {
      write(logLine(Date.now(), { event: 'stopped', how }));
      // After the pipe has taken what was written before.
      process.stdout.write('', () => process.exit(0));
    };
    const stop = async (): Promise<void> => {
      setTimeout(() => exit('late'), settings.graceMs + EXIT_MS).unref();
      await sidecar.stop();
      exit('done');
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
    process.stdout.write(`Tollgate's sidecar, for ${settings.gateway.href}\n\nready ${sidecar.address}\n`);
  } catch (error) {
    if (!isTollgateError(error, 'bad_setting')) throw error;
    process.stderr.write(`tollgate sidecar: ${error.publicMessage.replaceAll('\n', ' ')}\n`);
    process.exit(1);
  }
}
