/**
 * `node test/bench/ledger.ts [CALLS]`: an hour of 1,000,001 calls, from its raw lines to the bill, in one run on one core.
 * Writes `ledger` into bench/results.json; `npm run bench` does the same among all else. Takes about two minutes.
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
  /** Whether the sums are those that the lines were written with. */
  exact: boolean;
}

export async function ledger(calls = CALLS): Promise<Ledger> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-ledger-'));
  try {
    const expected = await run(process.execPath, [script('ledger-lines.ts'), folder, String(calls)]);
    // One core, where the system can say so; the processor time tells it where it cannot.
    const pinned = await canPin();
    const command = [process.execPath, script('ledger-run.ts'), folder];
    const [program = '', ...args] = pinned ? ['taskset', '-c', '0', ...command] : command;
    const { stdout } = await run(program, args);
    const { found, ...measured } = JSON.parse(stdout);
    return { calls, ...measured, exact: JSON.stringify(found) === expected.stdout.trim() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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

export function ledgerText({ calls, seconds, cpuSeconds, residentMiB, rows, exact }: Ledger): string {
  const measured = `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor), ${residentMiB.toFixed(0)} MiB`;
  return `ledger: ${calls} calls of one hour in ${measured}, ${rows} rows, sums ${exact ? 'exact' : 'WRONG'}`;
}

if (import.meta.main) {
  const measured = await ledger(process.argv[2] === undefined ? CALLS : Number(process.argv[2]));
  process.stdout.write(`${ledgerText(measured)}\n`);
  mkdirSync('bench', { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify({ ...resultsBefore(), ledger: measured }, null, 2)}\n`);
  if (!measured.exact) process.exitCode = 1;
}

function resultsBefore(): object {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as object;
  } catch {
    return {};
  }
}
