import { isDeepStrictEqual } from 'node:util';
import { TollgateError } from '../contract/errors.ts';
import type { AppliedPlan } from '../registry/file/apply.ts';
import { parseGrant, termsOf } from '../registry/grant.ts';
import type { Document } from '../registry/items.ts';
import { isBudgetOfPrincipals, isWithin, type Resource } from '../registry/rights.ts';
import { breadthOf, EVERYONE, type Term, termDocument } from '../registry/term.ts';
import type { Act } from './route.ts';

/** What those may see and change whose rights are of their own tenant. */

/**
 * @returns whose use is told, of calls and of what they cost; undefined: everybody’s
 * @throws TollgateError `forbidden` for another tenant’s, whether or not there is one
 */
export function tenantSeen({ rights, caller, query }: Pick<Act, 'rights' | 'caller' | 'query'>): string | undefined {
  if (rights.scopeOf('reports', 'read') === 'all') return query.tenant;
  if (query.tenant === undefined || query.tenant === caller.tenant) return caller.tenant;
  throw refused('None of this caller’s roles lets it see what that tenant used.');
}

/**
 * Before anything is read of it: what is not the caller’s to see and what is not there have one answer.
 *
 * @throws TollgateError `forbidden` for a model that the caller’s tenant does not hold, and for what is the stage’s
 */
export async function checkSeen(resource: Resource, { rights, caller, writer, params }: Act): Promise<void> {
  if (rights.scopeOf(resource, 'read') === 'all') return;
  const held = async () => (await writer.holdings(caller.tenant)).some(({ model }) => model === params.model);
  const seen = resource === 'models' ? await held() : params.owner === undefined || params.owner === caller.tenant;
  if (!seen) throw new TollgateError('forbidden', { reason: 'not-held' });
}

/**
 * Before it is tried what a grant would be: which models and bundles there are is nobody’s to know who holds none of them.
 *
 * @param of what is granted; undefined: a bundle
 * @param body what is asked for
 * @param granted what the tenant is granted there already
 * @throws TollgateError `forbidden`, as checkOwn does for a grant of more than the tenant holds
 */
export async function checkHeld(
  { rights, caller, writer }: Act,
  of: string | undefined,
  body: Document,
  granted: () => Promise<Document | undefined>,
): Promise<void> {
  if (rights.scopeOf('grants', 'write') === 'all') return;
  const held = new Set<unknown>((await writer.holdings(caller.tenant)).map(({ model }) => model));
  const before = await granted();
  const known = new Set([...held, ...(before === undefined ? [] : fallbacksIn(before))]);
  const wanted = fallbacksIn(body);
  if ((before === undefined && !held.has(of)) || wanted.some((model) => !known.has(model))) throw refused(NO_MORE);
}

/** What a grant, valid or not, lets answer in the model’s place. */
function fallbacksIn({ fallbacks, also }: Document): unknown[] {
  const terms = Array.isArray(also) ? also : [];
  return [fallbacks, ...terms.map((term) => (term as Document | null)?.fallbacks)].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
}

/** Of a list what the caller may see. */
export async function ownOf(resource: Resource, act: Act, documents: Document[]): Promise<Document[]> {
  const { rights, caller, writer } = act;
  if (rights.scopeOf(resource, 'read') === 'all') return documents;
  if (resource === 'models') {
    const held = new Set((await writer.holdings(caller.tenant)).map(({ model }) => model));
    return documents.filter(({ id }) => held.has(String(id)));
  }
  return documents.filter(({ tenant, owner, id }) => (tenant ?? owner ?? id) === caller.tenant);
}

/**
 * @param plan what the caller asks for; undefined: that an entry goes
 * @throws TollgateError `forbidden` for a budget of the tenant itself, and for a grant of more than the tenant holds
 */
export async function checkOwn(resource: Resource, act: Act, plan: AppliedPlan | undefined): Promise<void> {
  const { rights, caller, writer, params } = act;
  if (rights.scopeOf(resource, 'write') === 'all') return;
  if (resource === 'budgets') {
    const before = (await writer.showBudgets(caller.tenant)).find(({ id }) => id === params.budget);
    if (before !== undefined && !isBudgetOfPrincipals(before))
      throw refused('What the tenant itself may use up is its operator’s to say.');
    const per = act.body.per ?? before?.per;
    if (plan !== undefined && !isBudgetOfPrincipals({ per: String(per) }))
      throw refused('Budgets of principals alone: "per": "principal".');
    return;
  }
  if (resource !== 'grants' || plan === undefined)
    throw refused('What the tenant holds is its operator’s to take away.');
  const held = await writer.holdings(caller.tenant);
  for (const { kind, before, after } of plan.changes) {
    if (kind !== 'grant' || after === null) throw refused('Grants of this tenant alone.');
    const [old, now] = [before === null ? [] : termsOf(parseGrant(before)), termsOf(parseGrant(after))];
    // What everyone of the tenant holds is not its to change, nor to take away.
    const theirs = (terms: readonly Term[]): string[] =>
      terms.filter((term) => breadthOf(term) === EVERYONE).map((term) => textOf(term));
    if (!isDeepStrictEqual(theirs(old), theirs(now)))
      throw refused('What everyone of the tenant holds is its operator’s to change.');
    const known = new Set(old.map((term) => textOf(term)));
    const models = held.filter(({ model }) => model === after.model);
    if (now.some((term) => !known.has(textOf(term)) && !isWithin(term, models))) throw refused(NO_MORE);
  }
}

const NO_MORE = 'A tenant’s own administrator grants to roles and principals of it what the tenant holds, and no more.';

function refused(message: string): TollgateError {
  return new TollgateError('forbidden', { reason: 'not-delegated', message });
}

/** A term alone: the first of a grant has the grant's other members beside it. */
function textOf(term: Term): string {
  return JSON.stringify(termDocument(term));
}
