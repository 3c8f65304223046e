/**
 * `node test/bench/ledger.ts [CALLS]`: an hour of 1,000,001 calls, from its raw lines to the bill, in one run on one core.
 * Writes `ledger` into bench/results.json; `npm run bench` does the same among all else. Takes about three minutes.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const RESULTS = 'bench/results.json';
const CALLS = 1_000_001;

export interface Ledger {
  calls: number;
  /** Of the clock and of processor time. The bound: 60 s on one core. */
  seconds: number;
  cpuSeconds: number;
  /** The most that the process held. The bound: 512. */
  residentMiB: number;
  rows: number;
  /** Processor time in which the same objects are unpacked and each line is parsed, and nothing else; and ours as so many of it. */
  plainCpuSeconds: number;
  ratio: number;
  /** Whether the sums are those that the lines were written with. */
  exact: boolean;
}

export async function ledger(calls = CALLS): Promise<Ledger> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-ledger-'));
  try {
    const expected = await run(process.execPath, [script('ledger-lines.ts'), folder, String(calls)]);
    const plain = (): Promise<{ cpuSeconds: number }> => measured('ledger-plain.ts', folder);
    const before = await plain();
    const { found, ...rest } = await measured<Omit<Ledger, 'calls'> & { found: object }>('ledger-run.ts', folder);
    // Once before and once after, so that a machine that slows down meanwhile does so for both.
    const plainCpuSeconds = (before.cpuSeconds + (await plain()).cpuSeconds) / 2;
    const exact = JSON.stringify(found) === expected.stdout.trim();
    return { calls, ...rest, plainCpuSeconds, ratio: rest.cpuSeconds / plainCpuSeconds, exact };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a script on one core, where the system can say so; the processor time tells it where it cannot. */
async function measured<T>(name: string, folder: string): Promise<T> {
  const command = [process.execPath, script(name), folder];
  const [program = '', ...args] = (await canPin()) ? ['taskset', '-c', '0', ...command] : command;
  return JSON.parse((await run(program, args)).stdout) as T;
}

function script(name: string): string {
  return join(import.meta.dirname, name);
}

async function canPin(): Promise<boolean> {
  return run('taskset', ['-c', '0', 'true']).then(
    () => true,
    () => false,
  );
}

export function ledgerText({
  calls,
  seconds,
  cpuSeconds,
  residentMiB,
  rows,
  plainCpuSeconds,
  ratio,
  exact,
}: Ledger): string {
  const took = `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor), ${residentMiB.toFixed(0)} MiB`;
  const beside = `${ratio.toFixed(2)} times the processor time of a plain read and JSON.parse (${plainCpuSeconds.toFixed(1)} s)`;
  return `ledger: ${calls} calls of one hour in ${took}, ${beside}; ${rows} rows, sums ${exact ? 'exact' : 'WRONG'}`;
}

if (import.meta.main) {
  const result = await ledger(process.argv[2] === undefined ? CALLS : Number(process.argv[2]));
  process.stdout.write(`${ledgerText(result)}\n`);
  mkdirSync('bench', { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ ...resultsBefore(), ledger: result }, null, 2)}\n`);
  if (!result.exact) process.exitCode = 1;
}

function resultsBefore(): object {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as object;
  } catch {
    return {};
  }
}
