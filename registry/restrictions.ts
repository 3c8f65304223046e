import * as v from 'valibot';
import { TollgateError } from '../contract/errors.ts';
import { isPrincipal } from '../contract/identity.ts';
import { TOKEN_TIME_MAX_SECONDS } from '../contract/limits/contract.ts';
import {
  GRANT_PRINCIPALS_MAX,
  GRANT_REGIONS_MAX,
  GRANT_ROLES_MAX,
  ROLE_MAX_CHARS,
} from '../contract/limits/registry.ts';
import {
  type Action,
  type AllowedModel,
  asyncInputOf,
  type Place,
  type Restrictions,
  SERVICE_TIERS,
  type Speech,
  type Target,
} from '../contract/model.ts';
import { type Placed, targetsOf } from '../contract/places.ts';
import { kindOf } from '../policies/kinds.ts';
import { partitionOf } from '../policies/partition.ts';
import { sessionPolicy } from '../policies/session.ts';
import { badEntry, isoSeconds, seconds } from './fields.ts';
import { type Guarding, guardedIn, guardrail, guardrailsAt, speaks, useCases, written } from './guardrails.ts';
import { isDirect, lostWhenDirect, RESTRICTION_NAMES } from './held-by.ts';
import { inSpoke } from './in-spoke.ts';
import type { Document } from './items.ts';
import { checkRequired, type Demanding } from './requirements.ts';

export { HELD_BY, isDirect, lostWhenDirect, RESTRICTION_NAMES } from './held-by.ts';

/** What a grant demands, as its item holds it. Lists are sorted, each once: equal grants make equal session policies. */

const text = v.pipe(v.string('not-text'), v.minLength(1, 'empty'));
const canonical = <T extends string>(list: T[]): T[] => [...new Set(list)].sort();

/** Regions of AWS, some at least: a grant's, and what a tenant's calls may not leave. */
export const regionList = v.pipe(
  v.array(
    v.pipe(
      text,
      v.check((region) => partitionOf(region) !== undefined, 'not-a-region'),
    ),
    'not-a-list',
  ),
  v.minLength(1, 'empty'),
  v.maxLength(GRANT_REGIONS_MAX, 'too-many'),
  v.transform(canonical),
);

export const restrictionMembers = {
  guardrail: v.exactOptional(guardrail),
  useCases: v.exactOptional(useCases),
  maxTokens: v.exactOptional(v.pipe(v.number('not-a-number'), v.safeInteger('not-whole'), v.minValue(1, 'too-small'))),
  regions: v.exactOptional(regionList),
  tiers: v.exactOptional(
    v.pipe(
      v.array(v.picklist(SERVICE_TIERS, 'not-a-tier'), 'not-a-list'),
      v.minLength(1, 'empty'),
      v.transform((listed) => SERVICE_TIERS.filter((tier) => listed.includes(tier))),
    ),
  ),
  roles: v.exactOptional(
    v.pipe(
      v.array(
        v.pipe(text, v.maxLength(ROLE_MAX_CHARS, 'too-long'), v.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'not-printable')),
        'not-a-list',
      ),
      v.minLength(1, 'empty'),
      v.maxLength(GRANT_ROLES_MAX, 'too-many'),
      v.transform(canonical),
    ),
  ),
  principals: v.exactOptional(
    v.pipe(
      v.array(
        v.pipe(
          text,
          v.check((one) => isPrincipal(one), 'not-a-principal'),
        ),
        'not-a-list',
      ),
      v.minLength(1, 'empty'),
      v.maxLength(GRANT_PRINCIPALS_MAX, 'too-many'),
      v.transform(canonical),
    ),
  ),
  // Text in the table: DynamoDB's TTL takes numbers only, so an expired grant stays where an operator sees it.
  expiresAt: v.exactOptional(seconds),
};

/** The restrictions of something that has them, and nothing else of it. */
export function restrictionsOf(grant: Restrictions): Restrictions {
  return Object.fromEntries(
    RESTRICTION_NAMES.filter((name) => grant[name] !== undefined).map((name) => [name, grant[name]]),
  );
}

/** The written form; a grant without restrictions has none of its members. */
export function restrictionsDocument({
  guardrail,
  useCases,
  maxTokens,
  regions,
  tiers,
  roles,
  principals,
  expiresAt,
}: Restrictions): Document {
  return {
    ...(guardrail === undefined ? {} : { guardrail: written(guardrail) }),
    ...(useCases === undefined ? {} : { useCases: written(useCases) }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(regions === undefined ? {} : { regions: [...regions] }),
    ...(tiers === undefined ? {} : { tiers: [...tiers] }),
    ...(roles === undefined ? {} : { roles: [...roles] }),
    ...(principals === undefined ? {} : { principals: [...principals] }),
    ...(expiresAt === undefined ? {} : { expiresAt: isoSeconds(expiresAt) }),
  };
}

/**
 * That a grant does not hand out what its own restrictions forbid; judged when it is written.
 *
 * @throws TollgateError `bad_entry` of `direct`: not-with-guardrail | not-with-max-tokens
 */
export function checkDirect(grant: Restrictions & { direct?: true }): void {
  const [lost] = grant.direct === true ? lostWhenDirect(grant) : [];
  if (lost !== undefined) throw badEntry('direct', `not-with-${lost.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
}

/** A grant, as far as it is judged with its model. */
type Demands = Restrictions & Pick<AllowedModel, 'guardedBy'> & { actions: readonly Action[]; direct?: true };

/** Of these a place is left out that a grant cannot be called in; what else does not fit is at fault everywhere. */
const ELSEWHERE: ReadonlySet<string | undefined> = new Set([
  ...['outside-residency', 'guardrail-region', 'guardrail-account', 'account-differs', 'partition-differs'],
]);

/** Where a model may be called, under which role of another account, and under which guardrails of those regions. */
export type Fit = Pick<AllowedModel, 'target' | 'places' | 'spokeRole'> & Guarding;

/**
 * Where a model may be called under a grant: in those of its places that lie in the grant's regions, and in those of its
 * guardrails. A guardrail that the grant does not name itself is none to what says nothing; what speaks and takes none is at fault, as
 * by one that the grant names: nobody talks past a default but by the grant's own word.
 *
 * @param model with the tenant's role, if it has one: a place that names none of its own is called under it, and is then of its
 *   account
 * @throws TollgateError as `checkTogether` where there is none, and for what is at fault in one of them; as `checkRequired`
 */
export function placedUnder(term: Demands, entry: Placed & Demanding & Speech): Fit {
  const { target, places, spokeRole, container, ...model } = entry;
  checkRequired(model, term);
  const { guardrail: _, guardedBy, ...unguarded } = term;
  const isNone = guardedBy !== undefined && !targetsOf(entry).some((one) => speaks(one, container));
  const grant: Demands = isNone ? unguarded : term;
  const there = (place: Place): Place => {
    const { role = spokeRole } = place;
    const found = role === undefined ? place : fitting(() => inSpoke(place, role, guardrailsAt(grant, place.target)));
    checkTogether(grant, found.target);
    return found;
  };
  const placedAt = (found: readonly [Place, ...Place[]]): Omit<Fit, 'places'> => ({
    target: found[0].target,
    ...(spokeRole === undefined ? {} : { spokeRole }),
    ...guardedIn(
      grant,
      found.map((place) => place.target.region),
    ),
  });
  if (places === undefined) return placedAt([there({ target })]);
  let outside: unknown;
  const left = places.flatMap((place) => {
    try {
      return [there(place)];
    } catch (error) {
      if (!(error instanceof TollgateError) || !ELSEWHERE.has(error.reason)) throw error;
      outside ??= error;
      return [];
    }
  });
  const [first, ...others] = left;
  if (first === undefined) throw outside;
  return { ...placedAt([first, ...others]), places: left };
}

/**
 * That grant and model can be called together: the session policy of both can be built and fits, so every region that the
 * model may run in is one of the grant's, and the guardrail is where the model is called. Grants without restrictions are
 * not looked at: their model alone was, when it was written. What a call of an asynchronous endpoint names is held by our code
 * alone, so credentials for one would be free of it.
 *
 * @throws TollgateError `bad_entry` naming the grant's member; `policy_too_large`
 */
export function checkTogether(grant: Demands, target: Target): void {
  if (grant.direct !== true && Object.keys(restrictionsOf(grant)).length === 0) return;
  if (grant.direct === true && asyncInputOf(target) !== undefined) throw badEntry('direct', 'not-with-async-input');
  if (grant.direct === true && kindOf(target).neverDirect === true) throw badEntry('direct', 'not-with-this-kind');
  if (grant.maxTokens !== undefined && !kindOf(target).restrictedBy.includes('maxTokens'))
    throw badEntry('maxTokens', 'no-limit-here');
  // What is handed out ends with the token, which takes room in the policy.
  const until = isDirect(grant) ? { expiresAt: TOKEN_TIME_MAX_SECONDS } : {};
  fitting(() => sessionPolicy(target, grant.actions, { ...until, ...grant }));
  for (const [name, guardrail] of Object.entries(grant.useCases ?? {}))
    fitting(() => sessionPolicy(target, grant.actions, { ...until, ...grant, guardrail }), `useCases.${name}`);
}

/** @throws TollgateError `bad_entry` for what does not fit; `policy_too_large` */
function fitting<T>(build: () => T, at?: string): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof TollgateError) || error.code === 'policy_too_large') throw error;
    throw badEntry(at ?? error.field ?? 'grant', error.reason ?? error.code, error);
  }
}
