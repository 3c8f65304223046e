import { median } from './call.ts';
import { ledgerText } from './ledger.ts';
import type { Held } from './memory.ts';
import { ratios, reached } from './ratios.ts';
import type { Measured, Results } from './results.ts';

const TITLES: Readonly<Record<string, string>> = {
  direct: 'upstream direct',
  proxy: 'signing proxy',
  container: 'Tollgate, container',
  sidecar: 'sidecar before it',
  lambda: 'Tollgate, Lambda',
  laptop: 'Tollgate, laptop',
  portkey: 'Portkey',
};
const WIDTHS = [9, 9, 9, 11, 13, 14];
const HEAD = ['calls/s', 'p50 ms', 'p99 ms', 'ms added', 'CPU s/1,000', 'of the floor'];

function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

function row(title: string, cells: readonly string[]): void {
  print(`  ${title.padEnd(20)}${cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0)).join('')}`);
}

/** Prints everything, the ratios last. */
export function report(results: Results): void {
  for (const { point, contenders } of results.points) {
    print(point);
    row('', HEAD);
    const of = (name: string, pick: (measured: Measured) => number): number =>
      median(contenders.find((one) => one.name === name)?.rounds.map(pick) ?? []);
    // What is added to a call can be said of one call at a time: with many, each waits for the others.
    const alone = point.endsWith(' 1 connection');
    for (const { name } of contenders) {
      const rate = of(name, (measured) => measured.rate);
      const p50 = of(name, (measured) => measured.p50);
      row(TITLES[name] ?? name, [
        rate.toFixed(0),
        p50.toFixed(2),
        of(name, (measured) => measured.p99).toFixed(2),
        alone ? shown(p50 - directP50(results)) : '',
        of(name, (measured) => measured.cpuMs).toFixed(2),
        shown(rate / of('proxy', (measured) => measured.rate)),
      ]);
    }
    print();
  }
  for (const [name, mib] of Object.entries(results.residentMiB))
    print(`resident after: ${TITLES[name]} ${mib.toFixed(0)} MiB`);
  for (const [name, held] of Object.entries(results.memory ?? {})) print(memoryText(name, held));
  for (const [name, ms] of Object.entries(results.firstAnswerMs))
    print(`start to the first answer: ${TITLES[name]} ${ms.toFixed(0)} ms`);
  for (const [name, { startKilobytes, kilobytes, importMs }] of Object.entries(results.bundles))
    print(
      `bundle of ${name}: ${startKilobytes.toFixed(0)} kB loaded at the start, ${kilobytes.toFixed(0)} kB deployed, imported in ${importMs.toFixed(0)} ms`,
    );
  for (const [name, time] of Object.entries(results.decisionsMicroseconds)) print(`${name}: ${time.toFixed(1)} µs`);
  for (const [path, { call, event }] of Object.entries(results.translationsMicroseconds))
    print(`${path}, translated: ${call.toFixed(1)} µs a call, ${event.toFixed(2)} µs a streamed event`);
  if (results.ledger !== undefined) print(ledgerText(results.ledger));
  print();
  for (const [name, { calls, signed, sessions, checked, started, finished }] of Object.entries(results.proven))
    print(
      `${TITLES[name]}: ${calls} calls, ${signed} signed by ${sessions} sessions (${checked} checked: each for the one model), ${started} lines started and ${finished} finished`,
    );
  print();
  print(`${'ratio'.padEnd(70)}${'value'.padStart(7)}  ${'single rounds'.padStart(13)}  goal`);
  for (const ratio of ratios(results)) {
    const { name, value, range, goal } = ratio;
    const rounds = range === undefined ? '' : `${range[0].toFixed(2)} - ${range[1].toFixed(2)}`;
    const bound = 'atLeast' in goal ? `${goal.atLeast} or more` : `${goal.atMost} or less`;
    print(
      `${name.padEnd(70)}${value.toFixed(2).padStart(7)}  ${rounds.padStart(13)}  ${bound}${reached(ratio) ? '' : ': missed'}`,
    );
  }
}

/** Without a gateway, on one connection: what each is compared with. */
function directP50({ points }: Results): number {
  const direct = points.flatMap(({ contenders }) => contenders).find(({ name }) => name === 'direct');
  return median(direct?.rounds.map(({ p50 }) => p50) ?? []);
}

function memoryText(name: string, { calls, residentMiB, growthMiB, flat }: Held): string {
  const parts = residentMiB.map((mib) => mib.toFixed(0)).join(' ');
  return `container, ${calls} ${name}: resident ${parts} MiB; ${flat ? 'flat' : 'GROWING'} (${growthMiB.toFixed(1)} MiB over the last third)`;
}

function shown(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '';
}
