import * as v from 'valibot';
import type { Budget } from '../../contract/budget.ts';
import { ADMIN_ROLE, isPrincipal, parsePrincipal, type TenantId } from '../../contract/identity.ts';
import { KEY_MODELS_MAX, KEY_NAME_MAX_CHARS, KEY_NETWORKS_MAX } from '../../contract/limits/keys.ts';
import { GRANT_ROLES_MAX, ROLE_MAX_CHARS } from '../../contract/limits/registry.ts';
import { isKeyPrincipal, keyPrincipal, type Narrowed } from '../../contract/narrowed.ts';
import { budgetDocument, parseBudget } from '../budget.ts';
import {
  actor,
  badEntries,
  badEntry,
  isoMilliseconds,
  isoSeconds,
  milliseconds,
  modelId,
  parseWith,
  problemsOf,
  SCHEMA_VERSION,
  schemaVersion,
  seconds,
  version,
} from '../fields.ts';
import type { Document } from '../items.ts';
import { tenantId } from '../tenant.ts';
import { isKeyId } from './format.ts';
import { canonicalNetwork } from './networks.ts';

/** All that is known of a key but its secret, which is in a table of its own. */
export interface KeyEntry extends Narrowed {
  id: string;
  /** Whose models, budgets and cost centre its calls have. */
  tenant: TenantId;
  /** For people; unique among the tenant's keys that are not revoked. */
  name: string;
  /** Those of the owner's that it has; sorted. None: only what is granted to everybody of the tenant. */
  roles: string[];
  /** Seconds since 1970; from then on it is refused, whatever its secret's own end. */
  expiresAt: number;
  /** Milliseconds since 1970; it stays so. */
  revokedAt?: number;
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

/** Who has such a role may change who may do what: it is for who signs in, and no key has it, whoever makes it. */
const ADMINISTRATIVE: ReadonlySet<string> = new Set([ADMIN_ROLE, 'tenant-admin', 'auditor', 'finance']);

export function isAdministrative(role: string): boolean {
  return ADMINISTRATIVE.has(role);
}

/** The id of a key's own budget: nobody else's calls are counted by it. */
export function keyBudgetId(id: string): string {
  return `key-${id}`;
}

const sorted = <T extends string>(list: T[]): T[] => [...new Set(list)].sort();
const listOf = <S extends v.GenericSchema<unknown, string>>(one: S, most: number) =>
  v.pipe(v.array(one, 'not-a-list'), v.minLength(1, 'empty'), v.maxLength(most, 'too-many'), v.transform(sorted));

const schema = v.strictObject({
  v: schemaVersion,
  id: v.pipe(v.string('not-text'), v.check(isKeyId, 'not-a-key-id')),
  tenant: tenantId,
  // What a file or a table may be sorted and looked up by; letters of one case, so that no two names differ by that alone.
  name: v.pipe(
    v.string('not-text'),
    v.maxLength(KEY_NAME_MAX_CHARS, 'too-long'),
    v.regex(/^[a-z0-9][a-z0-9._-]*$/, 'not-a-name'),
  ),
  owner: v.exactOptional(
    v.pipe(
      v.string('not-text'),
      v.check((text) => isPrincipal(text) && !isKeyPrincipal(text), 'not-a-principal'),
      v.transform((text) => parsePrincipal(text)),
    ),
  ),
  roles: v.exactOptional(
    listOf(
      v.pipe(
        v.string('not-text'),
        v.minLength(1, 'empty'),
        v.maxLength(ROLE_MAX_CHARS, 'too-long'),
        v.check((role) => !isAdministrative(role), 'administers'),
      ),
      GRANT_ROLES_MAX,
    ),
  ),
  models: v.exactOptional(listOf(modelId, KEY_MODELS_MAX)),
  budget: v.exactOptional(v.unknown()),
  networks: v.exactOptional(
    listOf(
      v.pipe(
        v.string('not-text'),
        v.check((text) => canonicalNetwork(text) !== undefined, 'not-a-network'),
        v.transform((text) => canonicalNetwork(text) ?? text),
      ),
      KEY_NETWORKS_MAX,
    ),
  ),
  expiresAt: seconds,
  revokedAt: v.exactOptional(milliseconds),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseKeyEntry(document: unknown): KeyEntry {
  const { v: _, budget, roles = [], ...entry } = parseWith(schema, document);
  return { ...entry, roles, ...(budget === undefined ? {} : { budget: budgetOf(entry.id, budget) }) };
}

/** Whatever the document calls it and whoever it counts, it is the key's own. @throws TollgateError `bad_entry` */
function budgetOf(id: string, given: unknown): Budget {
  const own = { id: keyBudgetId(id), per: 'principal', only: keyPrincipal(id) };
  try {
    const budget = parseBudget({ enforcement: 'hard', ...Object(given), ...own });
    // It is handed none.
    if (budget.unit === 'credentials') throw badEntry('unit', 'unknown-unit');
    return budget;
  } catch (error) {
    const problems = problemsOf(error);
    if (problems.length === 0) throw error;
    throw badEntries(problems.map((problem) => ({ ...problem, path: `budget.${problem.path}` })));
  }
}

/** The written form of an entry; parseKeyEntry reads it back to the same entry. */
export function keyDocument(entry: KeyEntry): Document {
  const { id, tenant, name, owner, roles, models, budget, networks, expiresAt, revokedAt } = entry;
  return {
    ...{ v: SCHEMA_VERSION, id, tenant, name },
    ...(owner === undefined ? {} : { owner }),
    ...(roles.length === 0 ? {} : { roles: [...roles] }),
    ...(models === undefined ? {} : { models: [...models] }),
    ...(budget === undefined ? {} : { budget: budgetDocument(budget) }),
    ...(networks === undefined ? {} : { networks: [...networks] }),
    expiresAt: isoSeconds(expiresAt),
    ...(revokedAt === undefined ? {} : { revokedAt: isoMilliseconds(revokedAt) }),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

/** What its caller's context says of it. */
export function narrowedBy({ owner, models, budget, networks }: KeyEntry): Narrowed {
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(models === undefined ? {} : { models }),
    ...(budget === undefined ? {} : { budget }),
    ...(networks === undefined ? {} : { networks }),
  };
}
