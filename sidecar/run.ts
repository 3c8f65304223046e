import { isTollgateError } from '../contract/errors.ts';
import { logLine } from '../contract/log.ts';
import type { Environment } from '../contract/read-setting.ts';
import { CREDENTIALS_PATH } from './credentials.ts';
import { allSettings } from './settings.ts';
import { type Sidecar, startSidecars } from './start.ts';

/** Milliseconds beyond the grace for what is still to be closed. */
const EXIT_MS = 3_000;

/**
 * The sidecar as a process: it says `ready` and its address when it can be called, writes a JSON line for whatever happens to its
 * token, and ends at SIGTERM or SIGINT. What is wrong with a setting is one line on stderr, and exit code 1.
 */
export async function runSidecar(env: Environment): Promise<void> {
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const all = allSettings(env);
    const sidecars = await startSidecars(all, write);
    const graceMs = Math.max(...all.map((one) => one.graceMs));
    const exit = (how: string): void => {
      write(logLine(Date.now(), { event: 'stopped', how }));
      // After the pipe has taken what was written before.
      process.stdout.write('', () => process.exit(0));
    };
    const stop = async (): Promise<void> => {
      setTimeout(() => exit('late'), graceMs + EXIT_MS).unref();
      await Promise.all(sidecars.map((sidecar) => sidecar.stop()));
      exit('done');
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
    const urls = new Set(all.map(({ gateway }) => gateway.href));
    process.stdout.write(`Tollgate's sidecar, for ${[...urls].join(', ')}\n\n${sidecars.map(told).join('')}`);
  } catch (error) {
    if (!isTollgateError(error, 'bad_setting')) throw error;
    process.stderr.write(`tollgate sidecar: ${error.publicMessage.replaceAll('\n', ' ')}\n`);
    process.exit(1);
  }
}

/** Where it is met, after what an AWS SDK is told of its credentials; none of them opens a Unix socket. */
function told({ address, authorizationFile }: Sidecar): string {
  const isUrl = /^https?:/.test(address) && authorizationFile !== undefined;
  const variables = isUrl
    ? [
        `AWS_CONTAINER_CREDENTIALS_FULL_URI=${address}${CREDENTIALS_PATH}?model=ID`,
        `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=${authorizationFile}`,
      ]
    : [];
  return [...variables, `ready ${address}`, ''].join('\n');
}
