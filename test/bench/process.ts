import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';

const FOLDER = import.meta.dirname;

/** A program of the benchmark in a process of its own, so that contenders share nothing but the machine. */
export interface Running {
  port: number;
  /** MiB that the process holds now. */
  residentMiB(): number;
  stop(): Promise<void>;
}

/**
 * Starts a script of this folder and waits until it prints `listening PORT`.
 *
 * @throws Error with what it wrote on stderr, when it ends before
 */
export async function start(script: string, ...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [join(FOLDER, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const port = await listening(child, script);
  return {
    port,
    residentMiB: () =>
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) / 1_024,
    stop: () =>
      new Promise((resolve) => {
        child.once('close', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function listening(child: ChildProcess, script: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      const port = /^listening (\d+)$/m.exec(out)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('close', (code) => reject(new Error(`${script} ended with ${code}: ${err}`)));
  });
}
