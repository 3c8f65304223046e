import { guardrailOf } from '../contract/guardrails.ts';
import {
  ACTIONS,
  type AllowedModel,
  type Guardrail,
  PURPOSES,
  type Purpose,
  SERVICE_TIERS,
  type Target,
} from '../contract/model.ts';
import { NO_RESOURCE } from './kinds/kind.ts';
import { calledOn } from './place.ts';
import { nameOf, pathsAround, pathsOf, unlistedTarget } from './questions.ts';
import type { Path, Question } from './review-paths.ts';
import { evaluate, type Verdict } from './simulate/evaluate.ts';
import type { Policy, RequestContext } from './simulate/types.ts';

/** A model of the registry, as far as IAM is concerned with it. */
export interface ReviewedModel {
  readonly id: string;
  readonly target: Target;
}

/** How a call is tried: as the grant means it, or in a way that the grant must not open. */
export type Way = 'as-granted' | 'as-listed' | 'from-behind' | 'without-guardrail' | 'other-tier' | 'after-expiry';

/** What IAM would answer to one model, action and way. */
export interface Tried {
  /** Registry id; UNLISTED for a model that no registry holds. */
  model: string;
  action: Purpose;
  way: Way;
  /** Whether the grant means it to be allowed. */
  expected: boolean;
  /** When expected: on every way that the call can go. Otherwise: on one of them, which is one too many. */
  allowed: boolean;
  /** The verdict that decided it, and on which resource. */
  reason: string;
  resource: string;
}

export const UNLISTED = '(not in the registry)';

export interface Session {
  /** The session policy to the letter, as STS would be given it. */
  text: string;
  /** What the session is for. */
  entry: AllowedModel;
  actions: readonly Purpose[];
  rolePolicies: readonly Policy[];
  /** Condition keys that every request of the session has. */
  context: RequestContext;
  /** Whole seconds since 1970. */
  now: number;
}

/**
 * One session tried against everything: its own model and action, the same model's other actions, ways around its
 * conditions, every other model of the registry, and one that the registry does not hold.
 *
 * @throws Error when the text is no policy that the simulator understands
 */
export function trySession(session: Session, models: readonly ReviewedModel[]): Tried[] {
  const { entry, actions, now } = session;
  const { tiers, expiresAt, target } = entry;
  const guardrail = guardrailOf(entry);
  // A call that names no tier is of the default one.
  const tier = tiers === undefined || tiers.includes('default') ? undefined : tiers[0];
  const ask = asker(session);
  const live = expiresAt === undefined || expiresAt > now;
  const granted = live ? actions.flatMap((action) => pathsOf(target, action, guardrail, tier)).flat() : [];
  const own = new Set(granted.map(nameOf));
  // Another entry may name the same resources: then the grant of one is a grant of the other.
  const isOwn = (path: Path, at: number): boolean => at === now && path.every((question) => own.has(nameOf(question)));

  const tried: Tried[] = [];
  const add = (model: string, action: Purpose, way: Way, paths: readonly Path[], at = now): void => {
    const expected = paths.every((path) => isOwn(path, at));
    const asked = expected ? paths : paths.filter((path) => !isOwn(path, at));
    const answers = asked.map((path) => ask(path, at));
    // One refusal breaks what should be open; one permission opens what should be closed.
    const telling = answers.find(({ allowed }) => allowed !== expected) ?? answers[0];
    if (telling !== undefined) tried.push({ model, action, way, expected, ...telling });
  };
  const asked = new Set<string>();
  for (const action of PURPOSES) {
    const paths = pathsOf(target, action, guardrail, tier);
    // A model that answers from a knowledge base is asked as any other time.
    const same = paths.flat().map(nameOf).join('\n');
    if (paths.length > 0 && asked.has(same)) continue;
    asked.add(same);
    add(entry.id, action, actions.includes(action) ? 'as-granted' : 'as-listed', paths);
    add(entry.id, action, 'from-behind', either(pathsAround, target, action, guardrail));
    if (guardrail !== undefined && runsModel(action))
      add(entry.id, action, 'without-guardrail', pathsOf(target, action, undefined, tier));
    if (tiers !== undefined && runsModel(action))
      for (const other of [undefined, ...SERVICE_TIERS].filter((one) => !tiers.includes(one ?? 'default')))
        add(entry.id, action, 'other-tier', pathsOf(target, action, guardrail, other));
    if (expiresAt !== undefined && live)
      add(entry.id, action, 'after-expiry', pathsOf(target, action, guardrail, tier), expiresAt);
  }
  for (const { id, target: other } of [...models, { id: UNLISTED, target: unlistedTarget(target) }]) {
    // Another place of the same model is another model to the session.
    if (id === entry.id && calledOn(other) === calledOn(target)) continue;
    for (const action of ACTIONS) {
      add(id, action, 'as-listed', either(pathsOf, other, action, guardrail));
      add(id, action, 'from-behind', either(pathsAround, other, action, guardrail));
    }
  }
  return tried;
}

/** Only such a call bears a guardrail and a tier. */
function runsModel(action: Purpose): boolean {
  return action !== 'count' && action !== 'guard';
}

/** With the session's guardrail and without it: who calls chooses. */
function either(
  paths: typeof pathsOf,
  target: Target,
  action: Purpose,
  guardrail: Guardrail | undefined,
): readonly Path[] {
  const bare = paths(target, action);
  return guardrail === undefined || action === 'count' ? bare : [...bare, ...paths(target, action, guardrail)];
}

/** Asks for every question of a path, up to the first that is refused. */
function asker({ text, rolePolicies, context: caller }: Session) {
  const sessionPolicy = JSON.parse(text) as Policy;
  const alone = { rolePolicies: [sessionPolicy], sessionPolicy: null };
  // A review asks millions of times, at two moments.
  const moments = new Map<number, RequestContext>();

  function requestAt(at: number): RequestContext {
    const known = moments.get(at);
    if (known !== undefined) return known;
    const request = { ...caller, 'aws:CurrentTime': new Date(at * 1000).toISOString().replace('.000Z', 'Z') };
    moments.set(at, request);
    return request;
  }

  function verdict({ action, resource, context }: Question, at: number): Verdict {
    const region = resource.split(':')[3] ?? '';
    const where = region === '' ? {} : { 'aws:RequestedRegion': region };
    const access = { action, resource, context: { ...requestAt(at), ...where, ...context } };
    // The session policy alone refuses nearly everything, whatever the role says: the role is asked about the rest.
    if (!evaluate(alone, access).allowed) return { allowed: false, reason: 'not allowed by the session policy' };
    return evaluate({ rolePolicies, sessionPolicy }, access);
  }

  return (path: Path, at: number): Verdict & { resource: string } => {
    const [first] = path;
    let last: Verdict & { resource: string } = { allowed: false, reason: 'nothing asked', resource: '' };
    for (const question of path) {
      last = { ...verdict(question, at), resource: question.resource };
      if (!last.allowed) return last;
    }
    return { ...last, resource: first?.resource ?? '' };
  };
}

/**
 * What of a session policy no list of questions can show: that it names exactly its entry's resources and actions, so that
 * an ARN nobody thought of is refused as well.
 *
 * @returns why it is wider than the grant, or undefined
 */
export function tooWide({ text, entry, actions }: Session): { reason: string; resource: string } | undefined {
  const permitted = new Set(
    actions
      .flatMap((action) => pathsOf(entry.target, action, guardrailOf(entry)))
      .flat()
      .map(pairOf),
  );
  const { Statement: statements = [] } = JSON.parse(text) as { Statement?: unknown };
  if (!Array.isArray(statements) || statements.length === 0) return { reason: 'it has no statement', resource: '' };
  for (const statement of statements as Record<string, unknown>[]) {
    if (statement.Effect === 'Deny') continue;
    const { Effect: _, Action: named, Resource: on, Condition: __, ...rest } = statement;
    const [foreign] = Object.keys(rest);
    if (foreign !== undefined) return { reason: `it has the element ${foreign}`, resource: '' };
    for (const action of [named].flat())
      for (const resource of [on].flat())
        if (!permitted.has(`${action} ${resource}`))
          return { reason: `it names ${action}, beyond the grant`, resource: String(resource) };
  }
  const outside =
    entry.regions && [...permitted].map((pair) => pair.split(' ')[1] ?? '').find(isOutside(entry.regions));
  return outside === undefined
    ? undefined
    : { reason: 'it names a region outside of the residency', resource: outside };
}

const pairOf = ({ action, resource }: Question): string => `${action} ${resource}`;

const isOutside =
  (regions: readonly string[]) =>
  (arn: string): boolean =>
    arn !== NO_RESOURCE && !regions.includes(arn.split(':')[3] ?? '');
