import { InvalidArgumentError } from 'commander';
import { parsePrincipal, parseTenantId } from '../../contract/identity.ts';
import { eachTarget, type Placed } from '../../contract/places.ts';
import type { CurLine } from '../../metering/bill/cur-line.ts';
import type { Identity, Names } from '../../metering/bill/reconcile.ts';
import { baseModelOf, kindOf, namesOf, nativeIdOf } from '../../policies/kinds.ts';
import { sessionNames } from '../../policies/name.ts';
import { readSessionName } from '../../policies/read-name.ts';
import { keyOfId, keyOfName } from '../../registry/prices/import/aws-names.ts';

export interface NamesOf {
  /** The roles whose sessions are ours. */
  roles: readonly string[];
  /** What the names of spokes' roles begin with, which are ours in whatever account; absent: none are. */
  spokes?: string;
  /** Whoever is in the ledger. */
  callers: Iterable<{ tenant: string; principal: string }>;
  models: Iterable<Placed & { id: string }>;
  /** What a person has said: name on the bill -> registry id. */
  said: ReadonlyMap<string, string>;
}

const SESSION_ARN = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/([^/]+)\/([^/]+)$/;

/**
 * Who called, by what AWS wrote on its bill. The session tag is STS's own word, given under the trust policy of our role; without
 * it the session's name tells, whole, or by a caller of the ledger whose name it is.
 */
export function createNames({ roles, spokes, callers, models, said }: NamesOf): Names {
  const sessions = new Map<string, string>();
  const tenants = new Set<string>();
  for (const { tenant, principal } of callers) {
    tenants.add(tenant);
    const name = sessionOf(tenant, principal);
    if (name !== undefined) sessions.set(name, tenant);
  }
  const isOurs = (role: string): boolean => roles.includes(role) || (spokes !== undefined && role.startsWith(spokes));
  const all = eachTarget(models);
  const byNative = nativeNames(all);
  const byLetters = unshared(all.flatMap((model) => lettersOfModel(model)));

  return {
    identify({ principal, tenantTag }): Identity {
      const [, ofRole, session = ''] = SESSION_ARN.exec(principal) ?? [];
      const name = ofRole !== undefined && isOurs(ofRole) ? readSessionName(session) : undefined;
      if (name === undefined) return { is: 'other' };
      const fits = (tenant: string) => (name.whole ? tenant === name.tenant : tenant.startsWith(name.tenant));
      const is = name.direct ? 'direct' : 'ours';
      // A tag and a name that contradict each other are of nobody whom we could bill.
      if (tenantTag !== '') return fits(tenantTag) ? { is, tenant: tenantTag } : { is: 'other' };
      if (name.whole) return { is, tenant: name.tenant };
      const known = sessions.get(session) ?? onlyOne([...tenants].filter(fits));
      return known === undefined ? { is: 'other' } : { is, tenant: known };
    },

    modelOf({ resource, billingName }: CurLine): string | undefined {
      const native =
        /(?:foundation-model|inference-profile|provisioned-model|imported-model|custom-model-deployment)\/(.+)$/.exec(
          resource,
        )?.[1];
      return (
        said.get(billingName) ??
        byNative.get(resource) ??
        (native === undefined ? undefined : byNative.get(native)) ??
        byNative.get(billingName) ??
        byLetters.get(lettersOf(keyOfName(billingName)))
      );
    },
  };
}

/** Models by every name that AWS gives them; a name that two of them share names neither. */
function nativeNames(models: NamesOf['models']): Map<string, string> {
  const billed = [...models].filter(({ target }) => kindOf(target).paidBy === 'call');
  const own = unshared(billed.map(({ id, target }) => ({ id, names: [target.arn, nativeIdOf(target)] })));
  // A profile is also called by the models behind it, unless one of them is an entry of its own.
  const behind = unshared(billed.map(({ id, target }) => ({ id, names: namesOf(target).slice(1) })));
  return new Map([...behind, ...own]);
}

/**
 * A name of billing's own has the words of the model's id in another order (`Claude4.5Sonnet`, `claude-sonnet-4-5`): with
 * the same letters and the same digits in their order, and of one model alone, it is that model's.
 */
function lettersOf(key: string): string {
  const letters = key.replace(/[^a-z]/g, '');
  return `${[...letters].sort().join('')} ${key.replace(/\D/g, '')}`;
}

function lettersOfModel({ id, target }: Placed & { id: string }): { id: string; names: string[] }[] {
  const native = baseModelOf(target);
  return native === '' ? [] : [{ id, names: [lettersOf(keyOfId(native))] }];
}

function unshared(models: readonly { id: string; names: readonly string[] }[]): Map<string, string> {
  const found = new Map<string, string>();
  const shared = new Set<string>();
  for (const { id, names } of models)
    for (const name of names.flatMap((each) => [each, tailOf(each)])) {
      if ((found.get(name) ?? id) !== id) shared.add(name);
      found.set(name, id);
    }
  for (const name of shared) found.delete(name);
  return found;
}

function tailOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function sessionOf(tenant: string, principal: string): string | undefined {
  try {
    return sessionNames(parseTenantId(tenant), parsePrincipal(principal)).sessionName;
  } catch {
    // A line of the ledger with such a name was none of a call that reached AWS.
    return undefined;
  }
}

function onlyOne(all: readonly string[]): string | undefined {
  return all.length === 1 ? all[0] : undefined;
}

/** `Claude4.5Sonnet=claude-sonnet-4-5`, once for each name. */
export function parseMapping(text: string, before: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const at = text.lastIndexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new InvalidArgumentError('It must be NAME=MODEL, e.g. Claude4.5Sonnet=claude-sonnet-4-5.');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}
