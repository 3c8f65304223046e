/**
 * `node test/bench/registry.ts`: what the operator's commands take on a large registry, each as the process that an operator
 * starts; see README.md. Prints a table and exits 1 when a command takes longer than its goal.
 *
 * @example node test/bench/registry.ts --tenants 200 --rounds 1 --only review
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startAws } from '../../local/aws/start.ts';
import { median } from './call.ts';
import { modelId, prepare, tenantOf } from './registry-fill.ts';

const { values: options } = parseArgs({
  options: {
    tenants: { type: 'string', default: '2000' },
    /** Of each tenant. */
    grants: { type: 'string', default: '20' },
    models: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    /** Commands that have the text in them. */
    only: { type: 'string', default: '' },
    /** A folder that is filled once and kept: to work on what reads it. */
    folder: { type: 'string' },
  },
});
const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tollgate-registry-'));
const page = join(folder, 'review.html');
const [tenant, model] = [tenantOf(1), modelId(7)];

/** Seconds, and of a page megabytes, that a command may take at 2,000 tenants with 20 grants each. */
const COMMANDS: readonly { args: readonly string[]; seconds: number; megabytes?: number }[] = [
  { args: ['tenant', 'list'], seconds: 1 },
  { args: ['model', 'list'], seconds: 1 },
  { args: ['grant', 'list', '--tenant', tenant], seconds: 1 },
  { args: ['grant', 'list', '--model', model], seconds: 1 },
  { args: ['budget', 'list'], seconds: 1 },
  { args: ['client', 'list'], seconds: 1 },
  { args: ['grant', 'list'], seconds: 5 },
  { args: ['policy', 'explain', '--tenant', tenant, '--model', model], seconds: 1 },
  { args: ['policy', 'review'], seconds: 5 },
  { args: ['policy', 'review', '--format', 'json'], seconds: 5 },
  { args: ['policy', 'review', '--out', page], seconds: 8, megabytes: 5 },
];

interface Taken {
  seconds: number;
  /** Processor time of the command's own process. */
  ownSeconds: number;
  /** And of the stand-in of AWS meanwhile, most of it dynalite's: what DynamoDB would not take. */
  standInSeconds: number;
  code: number | null;
  bytes: number;
}

/** A module that has a process tell its microseconds of processor time when it ends. */
const TELL_CPU = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs';
   process.on('exit', () => writeSync(3, String(Object.values(process.cpuUsage()).reduce((a, b) => a + b))));`,
)}`;

const aws = await startAws({ port: 0, dataDir: folder, account: ACCOUNT, region: REGION });
try {
  const { tenants, grants, models } = options;
  const size = { tenants: Number(tenants), grants: Number(grants), models: Number(models) };
  await prepare({ url: aws.url, folder, account: ACCOUNT, region: REGION }, size);
  const local = { gateway: aws.url, issuer: aws.url, aws: aws.url, pid: process.pid };
  writeFileSync(join(folder, 'local.json'), JSON.stringify(local));
  let missed = 0;
  row(['command', 'seconds', 'CPU s', 'stand-in', 'MB', 'goal']);
  for (const { args, seconds, megabytes } of COMMANDS) {
    const name = args.join(' ').replace(page, 'FILE');
    if (!name.includes(options.only)) continue;
    const rounds: Taken[] = [];
    for (let round = 0; round < Number(options.rounds); round++) rounds.push(await run(args));
    const taken = median(rounds.map((one) => one.seconds));
    const bytes = args.includes(page) ? statSync(page).size : (rounds[0]?.bytes ?? 0);
    const failed = rounds.some(({ code }) => code !== 0);
    const late = taken > seconds || bytes > (megabytes ?? Number.POSITIVE_INFINITY) * 1e6;
    if (failed || late) missed++;
    row([
      name,
      taken.toFixed(2),
      median(rounds.map((one) => one.ownSeconds)).toFixed(2),
      median(rounds.map((one) => one.standInSeconds)).toFixed(2),
      (bytes / 1e6).toFixed(2),
      `${seconds} s${megabytes === undefined ? '' : `, ${megabytes} MB`}${failed ? ' FAILED' : late ? ' missed' : ''}`,
    ]);
  }
  if (missed > 0) process.exitCode = 1;
} finally {
  await aws.close();
  if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
}

function run(args: readonly string[]): Promise<Taken> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const child = spawn(process.execPath, ['--import', TELL_CPU, 'cli/tollgate.mjs', ...args], {
    env: { PATH: process.env.PATH, TOLLGATE_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  let own = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    own += chunk;
  });
  let bytes = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const { user, system } = process.cpuUsage(cpu);
      resolve({
        seconds: (performance.now() - begin) / 1_000,
        ownSeconds: Number(own) / 1e6,
        standInSeconds: (user + system) / 1e6,
        code,
        bytes,
      });
    });
  });
}

function row([name = '', ...cells]: readonly string[]): void {
  process.stdout.write(`${name.padEnd(52)}${cells.map((cell) => cell.padStart(10)).join('')}\n`);
}
