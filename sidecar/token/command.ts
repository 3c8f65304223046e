import { spawn } from 'node:child_process';
import { TOKEN_COMMAND_MS, TOKEN_FILE_MAX_BYTES } from '../../contract/limits/tokens.ts';
import { TokenFault } from './fault.ts';

/** A program and its arguments, which no shell reads. */
export type Words = readonly [string, ...string[]];

/**
 * What a program prints. What it writes to stderr is let go: there is no telling what stands in it. It and what it has started end
 * when it takes too long, prints too much, or is no longer wanted.
 *
 * @throws TokenFault `command-failed`
 */
export async function printed([program, ...args]: Words, signal: AbortSignal, ms = TOKEN_COMMAND_MS): Promise<string> {
  // A group of its own, for what it starts holds its pipe.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const until = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  try {
    return await new Promise<string>((resolve, reject) => {
      const fail = (error: unknown): void => reject(new TokenFault('command-failed', { error }));
      const chunks: Buffer[] = [];
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength;
        if (bytes <= TOKEN_FILE_MAX_BYTES) chunks.push(chunk);
        else fail('too-long');
      });
      child.once('error', ({ code }: NodeJS.ErrnoException) => fail(code));
      child.once('close', (code, by) => {
        if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
        else fail(by ?? `exit-${code}`);
      });
      until.addEventListener('abort', () => fail('timeout'), { once: true });
    });
  } catch (error) {
    killGroup(child.pid);
    throw error;
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or could not be started.
  }
}
