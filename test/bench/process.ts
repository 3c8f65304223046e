import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Milliseconds for a program to listen, and to end. */
const START_MS = 30_000;
const STOP_MS = 15_000;

export interface Program {
  /** Below the project's folder. */
  script: string;
  args?: readonly string[];
  /** Beside PATH. */
  env?: Record<string, string>;
  /** Where it listens, if it does not print `listening PORT`, and what says that it does. */
  at?: { port: number; when(line: string): boolean };
}

/** A program of the benchmark in a process of its own, so that contenders share nothing but the machine. */
export interface Running {
  port: number;
  /** MiB that the process holds now. */
  residentMiB(): number;
  /** Processor time of all its threads since it began, as the operating system counts it; in steps of 0.01 s on Linux. */
  cpuSeconds(): number;
  /** Usage lines that it has written. */
  readonly lines: Readonly<Lines>;
  stop(): Promise<void>;
}

export interface Lines {
  started: number;
  finished: number;
  /** Finished with the outcome ok. */
  ok: number;
}

/**
 * Starts a program and waits until it listens. What it writes on stdout is counted and thrown away.
 *
 * @throws Error with what it wrote on stderr, when it ends before
 */
export async function start({ script, args = [], env = {}, at }: Program): Promise<Running> {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  });
  const lines: Lines = { started: 0, finished: 0, ok: 0 };
  const port = await new Promise<number>((resolve, reject) => {
    let errors = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${script} did not listen in ${START_MS} ms: ${errors}`));
    }, START_MS);
    child.stderr.on('data', (chunk) => {
      if (errors.length < 10_000) errors += chunk;
    });
    child.once('close', (code) => reject(new Error(`${script} ended with ${code}: ${errors}`)));
    eachLine(child, (line) => {
      count(lines, line);
      const listening = at?.when(line) ? at.port : /^listening (\d+)$/.exec(line)?.[1];
      if (listening === undefined) return;
      clearTimeout(timer);
      resolve(Number(listening));
    });
  });
  const pid = Number(child.pid);
  return {
    port,
    lines,
    residentMiB: () => Number(ps(pid, 'rss')) / 1_024,
    cpuSeconds: () => cpuSecondsOf(pid),
    stop: () =>
      new Promise((resolve) => {
        // One that ended by itself has nothing to be told; a run's end must not wait for it.
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
        child.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        child.kill('SIGTERM');
      }),
  };
}

function eachLine(child: ChildProcess, take: (line: string) => void): void {
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}

function count(lines: Lines, line: string): void {
  if (line.includes('"phase":"started"')) lines.started++;
  else if (line.includes('"phase":"finished"')) {
    lines.finished++;
    if (line.includes('"outcome":"ok"')) lines.ok++;
  }
}

/** Clock ticks a second in /proc; only Linux has one. */
const TICKS = process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 0;

function cpuSecondsOf(pid: number): number {
  if (TICKS > 0) {
    // The second field is the program's name in parentheses, with whatever it likes in it: what follows is counted from there.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    // utime and stime, fields 14 and 15 (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }
  // [[dd-]hh:]mm:ss.cc
  const parts = ps(pid, 'time').split(/[:-]/).map(Number).reverse();
  return parts.reduce((sum, part, index) => sum + part * ([1, 60, 3_600, 86_400][index] ?? 0), 0);
}

function ps(pid: number, what: string): string {
  return execFileSync('ps', ['-o', `${what}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
}
