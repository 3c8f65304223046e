import { connectHelper, omniscient, plainRetries, tollgate } from './ways.ts';
import { type Figures, type RegionOptions, simulate, type Way, type WorldOptions } from './world.ts';

/** What is compared, and its tables as docs/regions.md has them. */

const REGIONS: RegionOptions[] = [
  { name: 'us-east-1', rate: 30, burst: 60, tripMs: 40, dead: [240, 360] },
  { name: 'us-west-2', rate: 30, burst: 60, tripMs: 100 },
  { name: 'eu-west-1', rate: 30, burst: 60, tripMs: 120 },
];
const TEN_MINUTES = { seed: 11, regions: REGIONS, seconds: 600 };

/** By name. */
export const SCENARIOS = {
  /** Thirty seconds of each two minutes bring as much as all quotas together give, and for two minutes one region is away. */
  'short of quota': { ...TEN_MINUTES, load: (second: number) => (second % 120 < 90 ? 45 : 90) },
  /** The same, with room for every call in the two regions that are left. */
  'room enough': { ...TEN_MINUTES, load: () => 30 },
} as const satisfies Record<string, WorldOptions>;

/** By name, in the order of the table. */
export const WAYS = {
  'who could see every quota': omniscient(),
  'Tollgate, one process': tollgate(),
  'Tollgate, Lambda': tollgate({ lambda: true }),
  'Tollgate, Lambda, health shared': tollgate({ lambda: true, shared: true }),
  'the helper': connectHelper(),
  'the helper, file written back, 30 s': connectHelper(30),
  'the helper, file written back, its hour': connectHelper(3_600),
  'an SDK’s retries, callers spread over the regions': plainRetries(true),
  'an SDK’s retries, one region': plainRetries(false),
} as const satisfies Record<string, Way>;

export type WayName = keyof typeof WAYS;

export async function compare(scenario: keyof typeof SCENARIOS): Promise<Record<WayName, Figures>> {
  const figures: Partial<Record<WayName, Figures>> = {};
  for (const name of Object.keys(WAYS) as WayName[]) figures[name] = await simulate(WAYS[name], SCENARIOS[scenario]);
  return figures as Record<WayName, Figures>;
}

/** In Markdown. */
export function tableOf(figures: Record<WayName, Figures>): string {
  const rows = Object.entries(figures).map(([name, { answered, attemptsPerCall, p50, p99 }]) => [
    name,
    `${(100 * answered).toFixed(2)} %`,
    attemptsPerCall.toFixed(2),
    seconds(p50),
    seconds(p99),
  ]);
  return [
    '| way | calls answered | attempts a call | p50 | p99 |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
