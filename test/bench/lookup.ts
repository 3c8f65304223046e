/**
 * `node test/bench/lookup.ts`: what the authorizer waits for the registry when a tenant calls for the first time; see README.md.
 * Prints a table and exits 1 when a look-up takes longer than its goal or more than its round trips.
 *
 * @example node --cpu-prof test/bench/lookup.ts --tenants 100 --folder /tmp/registry
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TABLE } from '../../local/aws/roles.ts';
import { startAws } from '../../local/aws/start.ts';
import { createRegistry } from '../../registry/dynamo.ts';
import { median } from './call.ts';
import { prepare, tableClient, tenantOf } from './registry-fill.ts';

const { values: options } = parseArgs({
  options: {
    tenants: { type: 'string', default: '500' },
    /** Of each tenant. */
    grants: { type: 'string', default: '50' },
    models: { type: 'string', default: '50' },
    /** Tenants that are looked up. */
    rounds: { type: 'string', default: '100' },
    /** A folder that is filled once and kept: to work on what reads it. */
    folder: { type: 'string' },
    /** The table's stand-in, which runs already: of the process that looks up. */
    url: { type: 'string' },
  },
});
const REGION = 'us-east-1';

/** Milliseconds, and round trips one after the other, that a look-up of 50 grants may take in a process that has warmed up. */
const GOAL = { milliseconds: 15, trips: 2 };

interface Taken {
  milliseconds: number;
  /** Of them those in which a question to the table was open: its stand-in's time, and the SDK's own. */
  table: number;
  trips: number;
  models: number;
}

/** The table's client, which tells for how long questions were open, and how many times one was when none had been. */
function timed(client: ReturnType<typeof tableClient>): { client: typeof client; told(): [number, number] } {
  let open = 0;
  let since = 0;
  let [waited, trips] = [0, 0];
  const send = client.send.bind(client) as (...given: unknown[]) => Promise<unknown>;
  client.send = (async (...given: unknown[]) => {
    if (open++ === 0) {
      since = performance.now();
      trips++;
    }
    try {
      return await send(...given);
    } finally {
      if (--open === 0) waited += performance.now() - since;
    }
  }) as typeof client.send;
  return {
    client,
    told: () => {
      const said: [number, number] = [waited, trips];
      [waited, trips] = [0, 0];
      return said;
    },
  };
}

/** The first of a process; then of tenants whose models are not known yet; then of tenants whose models are. */
async function lookUp(url: string): Promise<void> {
  const { client, told } = timed(tableClient(url, REGION));
  const reader = () => createRegistry({ client, table: TABLE, clock: Date.now, onUnusable: () => {} });
  const take = async (registry: ReturnType<typeof reader>, t: number): Promise<Taken> => {
    const begin = performance.now();
    const found = await registry.tenant(tenantOf(t));
    const milliseconds = performance.now() - begin;
    const [table, trips] = told();
    return { milliseconds, table, trips, models: found?.models.length ?? 0 };
  };
  const rounds = Math.min(Number(options.rounds), Number(options.tenants) - 1);
  const first = await take(reader(), 0);
  const unknown: Taken[] = [];
  for (let t = 1; t <= rounds; t++) unknown.push(await take(reader(), t));
  const known: Taken[] = [];
  const registry = reader();
  await take(registry, 0);
  for (let t = 1; t <= rounds; t++) known.push(await take(registry, t));
  client.destroy();
  let missed = false;
  row(['look-up', 'ms', 'table', 'own', 'trips', 'models']);
  for (const [name, taken] of [
    ['the first of a process', [first]],
    ['a tenant, models not known', unknown.slice(unknown.length / 2)],
    ['a tenant, models known', known],
  ] as const) {
    const of = (what: (one: Taken) => number) => median(taken.map(what));
    const own = of(({ milliseconds, table }) => milliseconds - table);
    const trips = Math.max(...taken.map((one) => one.trips));
    if (taken.length > 1 && of((one) => one.milliseconds) > GOAL.milliseconds) missed = true;
    if (trips > GOAL.trips || taken.some(({ models }) => models === 0)) missed = true;
    const [whole, table] = [of((one) => one.milliseconds), of((one) => one.table)];
    row([name, whole.toFixed(1), table.toFixed(1), own.toFixed(1), String(trips), String(of((one) => one.models))]);
  }
  if (missed) process.exitCode = 1;
}

/** The stand-in in this process, and what is measured in one of its own. */
async function measure(): Promise<void> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tollgate-lookup-'));
  const account = '111122223333';
  const aws = await startAws({ port: 0, dataDir: folder, account, region: REGION });
  try {
    const { tenants, grants, models } = options;
    const size = { tenants: Number(tenants), grants: Number(grants), models: Number(models) };
    await prepare({ url: aws.url, folder, account, region: REGION }, size);
    const child = fork(import.meta.filename, [...process.argv.slice(2), '--url', aws.url]);
    const [code] = await once(child, 'close');
    process.exitCode = code ?? 1;
  } finally {
    await aws.close();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function row([name = '', ...cells]: readonly string[]): void {
  process.stdout.write(`${name.padEnd(32)}${cells.map((cell) => cell.padStart(9)).join('')}\n`);
}

await (options.url === undefined ? measure() : lookUp(options.url));
