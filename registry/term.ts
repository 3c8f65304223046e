import * as v from 'valibot';
import { ACTIONS, type Action, type Restrictions } from '../contract/model.ts';
import { checkFallbacks, fallbackIds } from './fallbacks.ts';
import { badEntry } from './fields.ts';
import type { Document } from './items.ts';
import { restrictionMembers, restrictionsDocument } from './restrictions.ts';

/** What a grant gives to one audience: the whole tenant, those with a role, or those who are named. */
export interface Term extends Restrictions {
  /** At least one, each once, in the order of ACTIONS. */
  actions: Action[];
  /** Credentials for the model may be handed out: nothing that our own code enforces then holds. Absent: no. */
  direct?: true;
  /** Guardrails' traces may be shown. Absent: no. */
  trace?: true;
  /** The guardrail of the tenant, or of every tenant, is not meant: calls run without one. Absent: it is. */
  unguarded?: true;
  /** Registry ids of what answers in the model's place when it cannot, in place of what its entry says; none: nothing does. */
  fallbacks?: string[];
}

const actions = v.pipe(
  v.array(v.picklist(ACTIONS, 'unknown-action'), 'not-a-list'),
  v.minLength(1, 'empty'),
  // In one order and without repeats, so that equal grants make equal session policies.
  v.transform((listed) => ACTIONS.filter((action) => listed.includes(action))),
);

export const termMembers = {
  actions,
  direct: v.exactOptional(v.literal(true, 'not-true')),
  trace: v.exactOptional(v.literal(true, 'not-true')),
  unguarded: v.exactOptional(v.literal(true, 'not-true')),
  fallbacks: v.exactOptional(fallbackIds),
  ...restrictionMembers,
};

export const TERM_NAMES: ReadonlySet<string> = new Set(Object.keys(termMembers));

/**
 * What no member says by itself.
 *
 * @param model whose term it is; undefined: of several models
 * @param at what stands before a member's name
 * @throws TollgateError `bad_entry`
 */
export function checkTerm({ fallbacks, guardrail, unguarded }: Term, model: string | undefined, at = ''): void {
  if (model !== undefined) checkFallbacks(fallbacks, model);
  if (unguarded && guardrail !== undefined) throw badEntry(`${at}unguarded`, 'not-with-guardrail');
}

/** The written form, its members always in this order. */
export function termDocument(term: Term): Document {
  return {
    actions: [...term.actions],
    ...(term.direct === undefined ? {} : { direct: term.direct }),
    ...(term.trace === undefined ? {} : { trace: term.trace }),
    ...(term.unguarded === undefined ? {} : { unguarded: term.unguarded }),
    ...(term.fallbacks === undefined ? {} : { fallbacks: [...term.fallbacks] }),
    ...restrictionsDocument(term),
  };
}

/** Whom it is for; two terms of one grant are never for the same. */
export function audienceOf({ roles, principals }: Pick<Restrictions, 'roles' | 'principals'>): string {
  return JSON.stringify([roles ?? [], principals ?? []]);
}

/** The breadth of a term that names nobody. */
export const EVERYONE = 2;

/** 0: it names callers; 1: it names roles; EVERYONE. The least is the most specific. */
export function breadthOf({ roles, principals }: Pick<Restrictions, 'roles' | 'principals'>): number {
  return principals !== undefined ? 0 : roles !== undefined ? 1 : EVERYONE;
}
