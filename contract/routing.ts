import {
  ATTEMPT_SECONDS,
  ATTEMPTS,
  ATTEMPTS_MAX,
  ATTEMPTS_PER_REGION,
  ATTEMPTS_PER_REGION_MAX,
  COOLDOWN_MAX_SECONDS,
  COOLDOWN_SECONDS,
} from './limits/routing.ts';

/** How the calls of a model of several places are spread over them, and what happens to a call that one of them fails. */

/** Primaries are tried first; the others only when no primary is left. */
export const GROUPS = ['primary', 'normal'] as const;
export type Group = (typeof GROUPS)[number];

/**
 * Which primary is first. first: the first on the list. equal: each as often as every other. weighted: each by its weight.
 * leastLatency: the one that answered fastest lately.
 */
export const DISTRIBUTIONS = ['first', 'equal', 'weighted', 'leastLatency'] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

export interface Routing {
  maxAttempts: number;
  attemptsPerRegion: number;
  acrossRegions: boolean;
  distribution: Distribution;
  cooldownSeconds: number;
  profiles: boolean;
  attemptSeconds: number;
}

/** One member, as the registry's schema, the context's check, a stage's setting and docs/regions.md have it. */
export interface RoutingMember<T> {
  /** What it is where nobody says. */
  otherwise: T;
  check(value: unknown): value is T;
  /** Completes "must be". */
  is: string;
  /** What it does, for docs/regions.md. */
  does: string;
}

/** The one table of routing's members. */
export const ROUTING: { readonly [Name in keyof Routing]: RoutingMember<Routing[Name]> } = {
  maxAttempts: {
    ...whole(1, ATTEMPTS_MAX, ATTEMPTS),
    does: 'the most attempts at one call, in all places',
  },
  attemptsPerRegion: {
    ...whole(1, ATTEMPTS_PER_REGION_MAX, ATTEMPTS_PER_REGION),
    does: 'the most attempts at one call in one region',
  },
  acrossRegions: {
    ...flag(true),
    does: 'whether a call may leave the region of its first attempt',
  },
  distribution: {
    ...oneOf(DISTRIBUTIONS, 'first'),
    does: 'which primary is tried first: the first on the list, each equally often, each by its `weight`, or the fastest lately',
  },
  cooldownSeconds: {
    ...whole(1, COOLDOWN_MAX_SECONDS, COOLDOWN_SECONDS),
    does: 'seconds for which a place that failed is passed over, and the most for one that throttles',
  },
  profiles: {
    ...flag(true),
    does: 'whether places that are cross-region inference profiles are used',
  },
  attemptSeconds: {
    ...whole(1, ATTEMPT_SECONDS, ATTEMPT_SECONDS),
    does: 'seconds to the first byte of one attempt; an answer in one piece has its first byte when it is whole',
  },
};

const MEMBERS = Object.keys(ROUTING) as (keyof Routing)[];

/** Those of `own`, else of `stage`, else the table's. */
export function routingOf(own: Partial<Routing> = {}, stage: Partial<Routing> = {}): Routing {
  return Object.fromEntries(
    MEMBERS.map((name) => [name, own[name] ?? stage[name] ?? ROUTING[name].otherwise]),
  ) as unknown as Routing;
}

/** What is wrong with a value that should be some of routing's members. */
export interface RoutingProblem {
  /** '' where it is no object. */
  member: string;
  /** A sentence without its subject. */
  what: string;
  reason: 'not-an-object' | 'unknown-member' | 'out-of-range';
}

/** @returns the first problem; undefined: it is a `Partial<Routing>` */
export function routingProblem(value: unknown): RoutingProblem | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return { member: '', what: 'must be an object', reason: 'not-an-object' };
  for (const [member, one] of Object.entries(value)) {
    if (!Object.hasOwn(ROUTING, member))
      return { member, what: `is none of ${MEMBERS.join(', ')}`, reason: 'unknown-member' };
    const { check, is } = ROUTING[member as keyof Routing];
    if (!check(one)) return { member, what: `must be ${is}`, reason: 'out-of-range' };
  }
  return undefined;
}

export function isRouting(value: unknown): value is Partial<Routing> {
  return routingProblem(value) === undefined;
}

type Rule<T> = Omit<RoutingMember<T>, 'does'>;

function whole(min: number, max: number, otherwise: number): Rule<number> {
  const check = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  return { otherwise, check, is: `a whole number from ${min} to ${max}` };
}

function flag(otherwise: boolean): Rule<boolean> {
  return { otherwise, check: (value) => typeof value === 'boolean', is: 'true or false' };
}

function oneOf<T extends string>(values: readonly T[], otherwise: T): Rule<T> {
  const check = (value: unknown): value is T => values.includes(value as T);
  return { otherwise, check, is: `one of ${values.join(', ')}` };
}
