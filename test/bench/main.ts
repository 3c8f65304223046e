/**
 * `npm run bench`: what each way through Tollgate costs beside the least that any gateway must do, and beside another
 * gateway; see README.md for what each figure means. One run, interleaved, medians of 5; prints tables and writes
 * bench/results.json.
 *
 * @example npm run bench -- --quick --portkey --without laptop
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundles } from './bundles.ts';
import { type Cast, type Contender, NAMES, type Name, startAll } from './contenders.ts';
import { decisions } from './decisions.ts';
import { containerFirstAnswerMs, laptopFirstAnswerMs } from './first-answer.ts';
import { type Generator, startGenerator } from './generator.ts';
import { ledger } from './ledger.ts';
import { memory } from './memory.ts';
import { POINTS, type Point } from './points.ts';
import { createProof } from './proof.ts';
import { report } from './report.ts';
import type { Measured, Results } from './results.ts';
import { translations } from './translation.ts';

const { values: options } = parseArgs({
  options: {
    /** Leaves out the ledger and the memory after many calls: two thirds of the time. */
    quick: { type: 'boolean', default: false },
    portkey: { type: 'boolean', default: false },
    /** Names of contenders, with commas between. */
    without: { type: 'string', default: '' },
    rounds: { type: 'string', default: '5' },
    /** Of each round's calls: to try the bench itself, never for figures. */
    share: { type: 'string', default: '1' },
  },
});
const without = options.without.split(',').filter((name) => name !== '');
const rounds = Number(options.rounds);
for (const name of without) if (!NAMES.includes(name as Name)) throw new Error(`--without: there is no ${name}`);
const share = Number(options.share);
if (!(share > 0 && share <= 1)) throw new Error('--share must be above 0 and at most 1');
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number above 0');
const wanted = new Set(NAMES.filter((name) => !without.includes(name) && (name !== 'portkey' || options.portkey)));

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
let cast: Cast | undefined;
const generator = startGenerator();
try {
  note('starting');
  cast = await startAll(wanted, folder);
  const results = await measure(cast, generator);
  report(results);
  mkdirSync('bench', { recursive: true });
  writeFileSync('bench/results.json', `${JSON.stringify(results, null, 2)}\n`);
  if (results.ledger?.exact === false) process.exitCode = 1;
} finally {
  generator.stop();
  await cast?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure({ upstream, contenders }: Cast, generator: Generator): Promise<Results> {
  const proof = createProof(upstream);
  const once = async (contender: Contender, point: Point): Promise<Measured> => {
    const load = await contender.load(point);
    const before = contender.process.cpuSeconds();
    const timed = await generator.run(load);
    // Waits for the usage lines: what is written after the last answer is part of what the calls cost.
    await proof.after(contender, point, point.calls);
    return { ...timed, cpuMs: ((contender.process.cpuSeconds() - before) * 1_000) / point.calls };
  };
  const points: Results['points'] = [];
  for (const whole of POINTS) {
    const point = { ...whole, calls: Math.max(whole.connections, Math.round(whole.calls * share)) };
    note(point.name);
    const taking = contenders.filter(({ serves }) => serves(point));
    for (const contender of taking) await once(contender, point);
    const measured = taking.map(({ name }) => ({ name, rounds: [] as Measured[] }));
    for (let round = 0; round < rounds; round++)
      for (const [index, contender] of taking.entries()) measured[index]?.rounds.push(await once(contender, point));
    await proof.check(point);
    points.push({ point: point.name, contenders: measured });
  }
  const residentMiB = Object.fromEntries(contenders.map(({ name, process }) => [name, process.residentMiB()]));
  const container = contenders.find(({ name }) => name === 'container');
  const parts: Pick<Results, 'memory' | 'ledger'> = {};
  if (!options.quick && container !== undefined) {
    note('memory after 200,000 calls and 20,000 streams');
    const settled = (point: Point, calls: number): Promise<void> => proof.after(container, point, calls);
    parts.memory = await memory(container, generator, settled, share);
  }
  const proven = await proof.proven();
  note('starts, bundles, decisions');
  const firstAnswerMs: Record<string, number> = { laptop: await laptopFirstAnswerMs(folder) };
  if (container?.stack !== undefined) firstAnswerMs.container = await containerFirstAnswerMs(container.stack);
  const rest = {
    bundles: await bundles(),
    decisionsMicroseconds: await decisions(),
    translationsMicroseconds: await translations(),
  };
  if (!options.quick) {
    note('ledger');
    parts.ledger = await ledger(Math.round(1_000_001 * share));
  }
  return { points, residentMiB, proven, firstAnswerMs, ...rest, ...parts };
}
