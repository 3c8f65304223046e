import { type Budget, isBudget } from './budget.ts';
import { isPrincipal, type Principal, parsePrincipal } from './identity.ts';
import { KEY_ID_CHARS } from './limits/keys.ts';

/** The prefix of every key of the gateway, and of no token. */
export const KEY_PREFIX = 'tg_';

const KEY_PRINCIPAL = new RegExp(`^key:[a-z0-9]{${KEY_ID_CHARS}}$`);

/** As who calls by a key is known: to sessions, budgets and the ledger. @param id of the key */
export function keyPrincipal(id: string): Principal {
  return parsePrincipal(`key:${id}`);
}

/** Whether a principal is named as keys are. */
export function isKeyPrincipal(principal: string): boolean {
  return KEY_PRINCIPAL.test(principal);
}

/**
 * What a key of the gateway may do of what its tenant may. Only who calls by a key has one, however little it narrows: what is for
 * people and services that signed in is not for a key.
 */
export interface Narrowed {
  /** Whose key it is; absent: a service's, which belongs to the tenant. */
  owner?: Principal;
  /** Registry ids of the only models that it may call. */
  models?: string[];
  /** What it may use up by itself, beside every budget that its tenant and its owner are under. */
  budget?: Budget;
  /** CIDR notation: the only networks that it may be used from. */
  networks?: string[];
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '');

const MEMBERS: { readonly [Name in keyof Narrowed]-?: (value: unknown) => boolean } = {
  owner: isPrincipal,
  models: isTexts,
  budget: isBudget,
  networks: isTexts,
};

/** Strictly: a member that is not known here narrows further in a later version, and ignoring it would widen the key. */
export function isNarrowed(value: unknown): value is Narrowed {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    Object.entries(value).every(
      ([name, member]) => Object.hasOwn(MEMBERS, name) && MEMBERS[name as keyof Narrowed](member),
    )
  );
}
