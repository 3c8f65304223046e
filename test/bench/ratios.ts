import { median } from './call.ts';
import { CHAT, CHAT_ALONE, CHAT_STREAM, CONVERSE, CONVERSE_ALONE, type Point } from './points.ts';
import type { Measured, Results } from './results.ts';

export interface Ratio {
  name: string;
  value: number;
  /** Of the single rounds, where there are rounds: how far the machine's noise goes. */
  range?: [lowest: number, highest: number];
  goal: { atLeast: number } | { atMost: number };
}

type Contender = [name: string, point: Point];
type Pick = (measured: Measured) => number;

const rate: Pick = (measured) => measured.rate;
const p50: Pick = (measured) => measured.p50;
const cpuMs: Pick = (measured) => measured.cpuMs;

/** What the figures are judged by: each compares two things of one run. What was not measured is left out. */
export function ratios(results: Results): Ratio[] {
  const roundsOf = ([name, { name: point }]: Contender): Measured[] =>
    results.points.find((one) => one.point === point)?.contenders.find((one) => one.name === name)?.rounds ?? [];
  /** Round by round, because the two were measured right after each other. */
  const byRound = (name: string, goal: Ratio['goal'], of: (at: (who: Contender, pick: Pick) => number) => number) => {
    const rounds = results.points[0]?.contenders[0]?.rounds.length ?? 0;
    const values = Array.from({ length: rounds }, (_, round) =>
      of((who, pick) => {
        const measured = roundsOf(who)[round];
        return measured === undefined ? Number.NaN : pick(measured);
      }),
    );
    const range: Ratio['range'] = [Math.min(...values), Math.max(...values)];
    return { name, goal, value: median(values), range };
  };
  const over = (name: string, goal: Ratio['goal'], pick: Pick, one: Contender, other: Contender): Ratio =>
    byRound(name, goal, (at) => at(one, pick) / at(other, pick));
  const alone = (name: string, value: number | undefined, goal: Ratio['goal']): Ratio => ({
    name,
    goal,
    value: value ?? Number.NaN,
  });
  const { residentMiB, bundles, ledger } = results;
  const translated = Object.values(results.translationsMicroseconds);
  const added = (at: (who: Contender, pick: Pick) => number, who: Contender): number =>
    at(who, p50) - at(['direct', CONVERSE_ALONE], p50);

  return [
    over('chat at 32, container / Portkey', { atLeast: 2 }, rate, ['container', CHAT], ['portkey', CHAT]),
    over(
      'chat streamed at 32, container / Portkey',
      { atLeast: 2 },
      rate,
      ['container', CHAT_STREAM],
      ['portkey', CHAT_STREAM],
    ),
    over(
      'Converse at 32, container / signing proxy',
      { atLeast: 0.8 },
      rate,
      ['container', CONVERSE],
      ['proxy', CONVERSE],
    ),
    byRound(
      'ms added at 1: Converse through the container / chat through Portkey',
      { atMost: 0.5 },
      (at) => added(at, ['container', CONVERSE_ALONE]) / added(at, ['portkey', CHAT_ALONE]),
    ),
    byRound(
      'ms added at 1: chat through both',
      { atMost: 0.5 },
      (at) => added(at, ['container', CHAT_ALONE]) / added(at, ['portkey', CHAT_ALONE]),
    ),
    over(
      'CPU a Converse call, Lambda door / signing proxy',
      { atMost: 1.6 },
      cpuMs,
      ['lambda', CONVERSE],
      ['proxy', CONVERSE],
    ),
    over(
      'Converse at 32, sidecar before a container / container',
      { atLeast: 0.9 },
      rate,
      ['sidecar', CONVERSE],
      ['container', CONVERSE],
    ),
    over(
      'CPU a Converse call, sidecar / the container behind it',
      { atMost: 1.1 },
      cpuMs,
      ['sidecar', CONVERSE],
      ['container', CONVERSE],
    ),
    byRound(
      'ms that the sidecar adds at 1 to a Converse call through the container',
      { atMost: 0.15 },
      (at) => at(['sidecar', CONVERSE_ALONE], p50) - at(['container', CONVERSE_ALONE], p50),
    ),
    alone('MiB of the sidecar after / 76 (80 MB)', quotient(residentMiB.sidecar, 76), { atMost: 1 }),
    alone('µs of translation a call, the slowest surface', Math.max(...translated.map(({ call }) => call)), {
      atMost: 100,
    }),
    alone('µs of translation a streamed event, likewise', Math.max(...translated.map(({ event }) => event)), {
      atMost: 5,
    }),
    alone('resident after, container / Portkey', quotient(residentMiB.container, residentMiB.portkey), { atMost: 0.5 }),
    over('chat at 32, whole laptop / Portkey', { atLeast: 1.3 }, rate, ['laptop', CHAT], ['portkey', CHAT]),
    alone('ledger / plain read and JSON.parse', ledger?.ratio, { atMost: 2 }),
    alone('MiB of the ledger / 512', quotient(ledger?.residentMiB, 512), { atMost: 1 }),
    alone('kB that the authorizer loads / 290', quotient(bundles.authorizer?.startKilobytes, 290), { atMost: 1 }),
    alone('kB that invoke loads / 450', quotient(bundles.invoke?.startKilobytes, 450), { atMost: 1 }),
    alone('kB that metering loads / 500', quotient(bundles.metering?.startKilobytes, 500), { atMost: 1 }),
  ].filter(({ value }) => Number.isFinite(value));
}

export function reached({ value, goal }: Ratio): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

function quotient(a = Number.NaN, b = Number.NaN): number {
  return a / b;
}
