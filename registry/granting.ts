import { isDeepStrictEqual } from 'node:util';
import { GRANT_PRINCIPALS_MAX } from '../contract/limits/registry.ts';
import type { AccessRequest } from './access-request.ts';
import type { Make } from './edit.ts';
import { badEntry } from './fields.ts';
import { grantSchema } from './grant.ts';
import { type GrantMore, grantEdit } from './grants.ts';
import type { Document, Key, Plain } from './items.ts';
import { TERM_NAMES } from './term.ts';

/** The grant that answers a request. */

/** Members of a grant's term, as its document has them. */
export type Given = Readonly<Record<string, Plain>>;

/**
 * @param to whether who asked is granted it, or everyone of the tenant
 * @param given what the grant says; what is left out is as the tenant's own grant of the model has it
 * @returns the edit of the tenant's grant; its schema judges what is given
 * @throws TollgateError `bad_entry` for roles and principals: whom it is for is `to`; and for what is of the grant and no term of it
 */
export function approvingGrant(
  { tenant, principal, model }: Pick<AccessRequest, 'tenant' | 'principal' | 'model'>,
  to: 'principal' | 'tenant',
  given: Given,
): { key: Key; make: Make } {
  for (const name of Object.keys(given)) {
    if (name === 'roles' || name === 'principals') throw badEntry(name, 'not-of-a-request');
    // Of which tenant and model the grant is, the request says; what no grant has its schema refuses.
    if (Object.hasOwn(grantSchema.entries, name) && !TERM_NAMES.has(name)) throw badEntry(name, 'unknown-member');
  }
  const { key, make } = grantEdit(tenant, model, undefined, {
    for: to === 'tenant' ? {} : { principals: [principal] },
    restrictions: given as NonNullable<GrantMore['restrictions']>,
  });
  return {
    key,
    make: (stamp, before) => {
      const made = make(stamp, before);
      return to === 'tenant' ? made : joined(made, principal);
    },
  };
}

/**
 * A grant has few terms and many may ask: who gets what some others have by name is named beside them, and has no term of its own.
 *
 * @param grant with a term for the principal alone
 */
function joined(grant: Document, principal: string): Document {
  const { also = [], ...own } = grant;
  const terms = [membersOf(own), ...(Array.isArray(also) ? (also as Document[]) : [])];
  const alone = terms.findIndex((term) => isDeepStrictEqual(term.principals, [principal]) && term.roles === undefined);
  const beside = terms.findIndex(
    (term, index) =>
      index !== alone &&
      term.roles === undefined &&
      named(term).length > 0 &&
      named(term).length < GRANT_PRINCIPALS_MAX &&
      isDeepStrictEqual(rest(term), rest(terms[alone] ?? {})),
  );
  if (alone < 0 || beside < 0) return grant;
  const [first, ...others] = terms
    .map((term, index) => (index === beside ? { ...term, principals: [...named(term), principal] } : term))
    .filter((_, index) => index !== alone);
  const stays = Object.fromEntries(Object.entries(own).filter(([name]) => !TERM_NAMES.has(name)));
  return { ...stays, ...first, ...(others.length === 0 ? {} : { also: others }) };
}

function membersOf(grant: Document): Document {
  return Object.fromEntries(Object.entries(grant).filter(([name]) => TERM_NAMES.has(name)));
}

function named({ principals }: Document): Plain[] {
  return Array.isArray(principals) ? principals : [];
}

function rest({ principals: _, ...term }: Document): Document {
  return term;
}
