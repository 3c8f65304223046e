import type { Restrictions } from '../contract/model.ts';

/**
 * Who holds a restriction up, and whether that is so of credentials that were handed out, too: with those AWS is called
 * past our code.
 */
export const HELD_BY: { readonly [Name in keyof Restrictions]-?: { by: string; direct: boolean } } = {
  // Blocks that ask to be the only ones judged, text shown before it was judged: IAM is told of neither.
  guardrail: { by: 'IAM, which one; our code alone, that all of a call is judged before it is shown', direct: false },
  useCases: { by: 'our code alone, which one a call is for; its guardrail as above', direct: false },
  maxTokens: { by: 'our code alone', direct: false },
  regions: { by: 'our code and IAM', direct: true },
  tiers: { by: 'our code and IAM', direct: true },
  roles: { by: 'our code alone, when a session is issued', direct: true },
  principals: { by: 'our code alone, when a session is issued', direct: true },
  expiresAt: { by: 'our code and IAM', direct: true },
};

export const RESTRICTION_NAMES = Object.keys(HELD_BY) as (keyof Restrictions)[];

/** What a grant demands that credentials which were handed out would be free of, in the order of RESTRICTION_NAMES. */
export function lostWhenDirect(grant: Restrictions): (keyof Restrictions)[] {
  return RESTRICTION_NAMES.filter((name) => grant[name] !== undefined && !HELD_BY[name].direct);
}

/**
 * Whether credentials are handed out for a grant. One that says so and demands what they would be free of is refused when it
 * is written; of one that is found all the same, it is the demand that holds.
 */
export function isDirect(grant: Restrictions & { direct?: true }): boolean {
  return grant.direct === true && lostWhenDirect(grant).length === 0;
}
