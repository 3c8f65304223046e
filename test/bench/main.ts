/**
 * `npm run bench`: Tollgate's full path (token, authorizer's cache, context, grant, scoped credentials, signing, metering)
 * beside the upstream alone and the least that any gateway must do. One run, interleaved, medians of 5; prints a table
 * and writes bench/results.json.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '../../local/aws/calls.ts';
import { freePorts } from '../flow/ports.ts';
import { bundles } from './bundles.ts';
import { decisions } from './decisions.ts';
import { type Ledger, ledger, ledgerText } from './ledger.ts';
import { type Measured, run } from './load.ts';
import { start } from './process.ts';

const ROUNDS = 5;
const BODY = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hello' }] }] });
const POINTS = [
  { name: 'Converse, 1 connection', path: 'converse', connections: 1, calls: 400 },
  { name: 'Converse, 32 connections', path: 'converse', connections: 32, calls: 3_000 },
  { name: 'ConverseStream of 20 deltas, 32 connections', path: 'converse-stream', connections: 32, calls: 1_500 },
] as const;
const print = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
const ports = await freePorts(3);
const upstream = await start('upstream.ts');
const floor = await start('signing-proxy.ts', String(upstream.port));
const tollgate = await start('gateway.ts', String(upstream.port), String(ports), folder);
try {
  const authorization = `Bearer ${await token()}`;
  const contenders = [
    { name: 'upstream direct', process: upstream, headers: {} },
    { name: 'signing proxy', process: floor, headers: {} },
    { name: 'tollgate', process: tollgate, headers: { authorization } },
  ];
  const load = (index: number, point: (typeof POINTS)[number], calls: number): Promise<Measured> => {
    const { process, headers } = contenders[index] ?? { process: upstream, headers: {} };
    const url = `http://127.0.0.1:${process.port}/model/nova-lite/${point.path}`;
    return run({ url, headers, body: BODY, connections: point.connections, calls });
  };
  for (const point of POINTS) for (const index of contenders.keys()) await load(index, point, point.calls);
  const assumedBefore = await assumed();
  const points = [];
  for (const point of POINTS) {
    const results: Measured[][] = contenders.map(() => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const index of contenders.keys()) results[index]?.push(await load(index, point, point.calls));
    points.push({ point: point.name, contenders: contenders.map(({ name }, i) => ({ name, ...median(results[i]) })) });
  }
  const warmCalls = ROUNDS * POINTS.reduce((sum, { calls }) => sum + calls, 0);
  const results = {
    points,
    warm: { calls: warmCalls, assumeRole: (await assumed()) - assumedBefore },
    residentMiB: Object.fromEntries(contenders.map(({ name, process }) => [name, process.residentMiB()])),
    startToFirstAnswerMs: await startToFirstAnswer(),
    bundles: await bundles(),
    decisionsMicroseconds: await decisions(),
    ledger: await ledger(),
  };
  report(results);
  mkdirSync('bench', { recursive: true });
  writeFileSync('bench/results.json', `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await Promise.all([upstream, floor, tollgate].map((process) => process.stop()));
  rmSync(folder, { recursive: true, force: true });
}

function report(results: {
  points: { point: string; contenders: ({ name: string } & Measured)[] }[];
  warm: { calls: number; assumeRole: number };
  residentMiB: Record<string, number>;
  startToFirstAnswerMs: number;
  bundles: Awaited<ReturnType<typeof bundles>>;
  decisionsMicroseconds: Record<string, number>;
  ledger: Ledger;
}): void {
  for (const { point, contenders } of results.points) {
    print(point);
    const floorRate = contenders.find(({ name }) => name === 'signing proxy')?.rate ?? Number.NaN;
    print(`  ${'calls/s'.padStart(27)} ${'p50 ms'.padStart(9)} ${'p99 ms'.padStart(9)} ${'of the floor'.padStart(13)}`);
    for (const { name, rate, p50, p99 } of contenders)
      print(
        `  ${name.padEnd(18)}${rate.toFixed(0).padStart(9)} ${p50.toFixed(2).padStart(9)} ${p99.toFixed(2).padStart(9)} ${(rate / floorRate).toFixed(2).padStart(13)}`,
      );
    print();
  }
  print(`AssumeRole in ${results.warm.calls} warm calls: ${results.warm.assumeRole}`);
  print(`npm start to the first answer: ${results.startToFirstAnswerMs.toFixed(0)} ms`);
  for (const [name, mib] of Object.entries(results.residentMiB)) print(`resident after: ${name} ${mib.toFixed(0)} MiB`);
  for (const [name, { kilobytes, importMs }] of Object.entries(results.bundles))
    print(`Lambda ${name}: ${kilobytes.toFixed(0)} kB minified, imported in ${importMs.toFixed(0)} ms`);
  for (const [name, time] of Object.entries(results.decisionsMicroseconds)) print(`${name}: ${time.toFixed(1)} µs`);
  print(ledgerText(results.ledger));
  print();
  print('tollgate runs on this machine as a whole: its process is also the identity provider, STS, table and bucket.');
}

function median(rounds: readonly Measured[] = []): Measured {
  const of = (pick: (measured: Measured) => number): number =>
    rounds.map(pick).sort((a, b) => a - b)[rounds.length >> 1] ?? Number.NaN;
  return { rate: of(({ rate }) => rate), p50: of(({ p50 }) => p50), p99: of(({ p99 }) => p99) };
}

async function token(base = ports): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'acme-app',
    client_secret: 'acme-secret',
  });
  const response = await fetch(`http://127.0.0.1:${base + 1}/token`, { method: 'POST', body });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** How often a role was assumed since the start. */
async function assumed(): Promise<number> {
  const calls = (await (await fetch(`http://127.0.0.1:${ports + 2}/_local/calls`)).json()) as CallRecord[];
  return calls.filter(({ operation }) => operation === 'AssumeRole').length;
}

/** Milliseconds from the start of `local/main.ts` in an empty folder to its first model's answer. */
async function startToFirstAnswer(): Promise<number> {
  const base = await freePorts(3);
  const begin = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../local/main.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: String(base), TOLLGATE_DATA: join(folder, 'first') },
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (chunk) => String(chunk).includes('ready ') && resolve());
      child.once('close', (code) => reject(new Error(`the gateway ended with ${code}`)));
    });
    const headers = { authorization: `Bearer ${await token(base)}`, 'content-type': 'application/json' };
    const url = `http://127.0.0.1:${base}/model/nova-lite/converse`;
    const response = await fetch(url, { method: 'POST', headers, body: BODY });
    if (!response.ok) throw new Error(`the first answer was ${response.status}`);
    return performance.now() - begin;
  } finally {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}
