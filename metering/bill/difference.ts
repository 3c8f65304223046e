/** What the two sides are compared in. usd: dollars over all kinds, because that is how the ledger has them. */
const MEASURES = ['input', 'output', 'cache_read', 'cache_write', 'images', 'usd'] as const;
export type Measure = (typeof MEASURES)[number];

/** One measure of a tenant's use of a model on a day, as both sides have it. */
export interface Compared {
  day: string;
  tenant: string;
  /** Registry id; OTHER_MODELS for those that the bill's names do not tell apart. */
  model: string;
  measure: Measure;
  /** Money for usd, otherwise a count; null: that side does not say. */
  aws: bigint | null;
  ours: bigint | null;
  /** AWS's less ours; null when either does not say. */
  difference: bigint | null;
  /** Of the greater of the two, in percent. */
  percent: number | null;
  /** Whether the difference is within the tolerance. */
  agrees: boolean;
  /**
   * Whether one that is not may be no more than our estimates being off: some calls were estimated, and the dollars of the
   * same tenant, day and model differ by no more than those calls cost together.
   */
  explained: boolean;
  /** What may explain it, of the ledger's calls of that tenant, day and model. */
  unsettled: number;
  unpriced: number;
  estimated: number;
}

/** What one side has of a tenant's use of a model on a day. */
export interface Sums {
  quantities: Record<Exclude<Measure, 'usd'>, bigint>;
  /** Measures of which something is not known. */
  unknown: Set<Measure>;
  usd: bigint;
}

/** The same of the ledger, with what may explain a difference. */
export interface Ours extends Sums {
  unsettled: number;
  unpriced: number;
  estimated: number;
  /** Dollars of what is estimated. */
  estimatedUsd: bigint;
}

const NO_QUANTITIES = { input: 0n, output: 0n, cache_read: 0n, cache_write: 0n, images: 0n } as const;

/** The two sides of a tenant's use of a model on a day; one that has nothing of it is absent. */
export interface Pair {
  day: string;
  tenant: string;
  model: string;
  aws?: Sums;
  ours?: Ours;
}

/**
 * The two sides, measure by measure; nothing of a measure that neither has. A side that is absent says 0: whether it was
 * asked is for who chose the days.
 *
 * @param tolerance percent, of the greater side
 */
export function differences({ day, tenant, model, aws, ours }: Pair, tolerance: number): Compared[] {
  const byEstimates = areEstimates(aws, ours, tolerance);
  return MEASURES.flatMap((measure): Compared[] => {
    const [theirs, mine] = [saidBy(aws, measure), saidBy(ours, measure)];
    if (theirs === 0n && mine === 0n) return [];
    const difference = theirs === null || mine === null ? null : theirs - mine;
    const percent = difference === null ? null : percentOf(difference, theirs ?? 0n, mine ?? 0n);
    const { unsettled = 0, unpriced = 0, estimated = 0 } = ours ?? {};
    // What AWS gives in no unit that we know is told by its dollars; what we have no price for is ours to mend.
    const agrees = percent === null ? measure !== 'usd' : percent <= tolerance;
    const explained = !agrees && byEstimates;
    return [
      {
        day,
        tenant,
        model,
        measure,
        aws: theirs,
        ours: mine,
        difference,
        percent,
        agrees,
        explained,
        unsettled,
        unpriced,
        estimated,
      },
    ];
  });
}

function areEstimates(aws: Sums | undefined, ours: Ours | undefined, tolerance: number): boolean {
  const [theirs, mine] = [saidBy(aws, 'usd'), saidBy(ours, 'usd')];
  if (aws === undefined || ours === undefined || ours.estimated === 0 || theirs === null || mine === null) return false;
  const difference = theirs > mine ? theirs - mine : mine - theirs;
  return difference <= ours.estimatedUsd || percentOf(difference, theirs, mine) <= tolerance;
}

function saidBy(sums: Sums | undefined, measure: Measure): bigint | null {
  if (sums === undefined) return 0n;
  if (sums.unknown.has(measure)) return null;
  return measure === 'usd' ? sums.usd : sums.quantities[measure];
}

/** To a thousandth of a percent, rounded up: what is beyond a tolerance is never rounded into it. */
function percentOf(difference: bigint, a: bigint, b: bigint): number {
  const size = difference < 0n ? -difference : difference;
  const whole = a > b ? a : b;
  return whole === 0n ? 0 : Number((size * 100_000n + whole - 1n) / whole) / 1_000;
}

export function plus(a: Sums, b: Sums): Sums {
  const quantities = { ...a.quantities };
  for (const measure of Object.keys(NO_QUANTITIES) as (keyof typeof NO_QUANTITIES)[])
    quantities[measure] += b.quantities[measure];
  return { quantities, unknown: new Set([...a.unknown, ...b.unknown]), usd: a.usd + b.usd };
}

export function noSums(): Sums {
  return { quantities: { ...NO_QUANTITIES }, unknown: new Set(), usd: 0n };
}

/** What may explain a difference, in words; '' where nothing does. */
export function noteOf({
  aws,
  ours,
  difference,
  unsettled,
  unpriced,
  estimated,
  explained,
  measure,
}: Compared): string {
  return [
    aws === null ? 'AWS gives no unit of it' : '',
    ours === null ? 'our cost is not known whole' : '',
    difference !== null && ours === 0n ? 'only AWS has it' : '',
    difference !== null && aws === 0n ? 'only the ledger has it' : '',
    unsettled > 0 ? `${unsettled} unsettled` : '',
    unpriced > 0 && measure === 'usd' ? `${unpriced} unpriced` : '',
    estimated > 0 ? `${estimated} estimated${explained ? ', which explains it' : ''}` : '',
  ]
    .filter(Boolean)
    .join(', ');
}
