import * as v from 'valibot';
import type { Problem } from '../../contract/errors.ts';
import { isTenantId } from '../../contract/identity.ts';
import { ACTIONS } from '../../contract/model.ts';
import { parseReceiver } from '../alert.ts';
import { parseAlias } from '../alias.ts';
import { ALERTS, EVALUATIONS } from '../all-kinds.ts';
import { type BudgetOwner, EVERY_TENANT, parseBudget } from '../budget.ts';
import { bundleEdit } from '../bundles.ts';
import { checkClientName } from '../client.ts';
import { defaultsEdit } from '../defaults.ts';
import { merged } from '../edits/merge.ts';
import { nameOf } from '../edits/same.ts';
import type { Edit } from '../edits/types.ts';
import { parseTemplate } from '../evaluation/template.ts';
import { badEntries, problemsOf, SCHEMA_VERSION } from '../fields.ts';
import type { Document, Key, Plain } from '../items.ts';
import { ALERTS_KEY, ALIASES_KEY, budgetsKey, clientKey, EVALUATIONS_KEY, grantKey } from '../keys.ts';
import { ALIASES, BUDGETS, BUNDLE, CLIENT, DEFAULTS, GRANT, type Kind, MODEL, TENANT } from '../kinds.ts';
import { modelEdit } from '../models.ts';
import { asTenantId } from '../tenant.ts';
import { tenantEdit } from '../tenants.ts';

/**
 * What a file of entries asks for, as edits. A file names what it is about: what it leaves out stays as it is, of the registry as of
 * each entry, and null takes a member away.
 */

const list = v.exactOptional(v.array(v.record(v.string(), v.unknown(), 'not-an-object'), 'not-a-list'));

const FILE = v.strictObject({
  $schema: v.exactOptional(v.string('not-text')),
  models: list,
  bundles: list,
  aliases: list,
  /** What holds of every tenant that does not say it itself. */
  defaults: v.exactOptional(v.record(v.string(), v.unknown(), 'not-an-object')),
  budgets: list,
  alerts: list,
  evaluations: list,
  tenants: v.exactOptional(
    v.array(
      v.looseObject({ id: v.string('not-text'), grants: list, budgets: list, clients: list }, 'not-an-object'),
      'not-a-list',
    ),
  ),
});

/**
 * @param value what a file holds
 * @returns none before what it refers to
 * @param options `prune`: lists of budgets, aliases, alerts and templates of evaluations are what they are in the file, without what else is there
 * @throws TollgateError `bad_entry` of all that is wrong with the file’s form; what is wrong with an entry is told when it is decided
 */
export function editsOf(value: unknown, { prune = false } = {}): Edit[] {
  const found = v.safeParse(FILE, value);
  const problems: Problem[] = [];
  // The library takes a list for an object.
  if (Array.isArray(value)) throw badEntries([{ path: 'file', reason: 'not-an-object' }]);
  if (!found.success)
    throw badEntries(
      found.issues.map((issue) => ({
        path: v.getDotPath(issue)?.replace(/\.(\d+)(?=\.|$)/g, '[$1]') ?? 'file',
        reason:
          issue.type === 'strict_object'
            ? 'unknown-member'
            : /^[a-z-]+$/.test(issue.message)
              ? issue.message
              : 'wrong-type',
      })),
    );
  const { models = [], bundles = [], aliases, defaults, budgets, alerts, evaluations, tenants = [] } = found.output;
  const edits: Edit[] = [];
  const add = (at: string, edit: () => Omit<Edit, 'at' | 'change'>): void => {
    try {
      edits.push({ change: naming, ...edit(), at });
    } catch (error) {
      const wrong = problemsOf(error);
      if (wrong.length === 0) throw error;
      problems.push(...wrong.map((one) => ({ ...one, path: one.path === 'entry' ? at : joined(at, one.path) })));
    }
  };
  for (const [index, model] of models.entries()) add(`models[${index}]`, () => given(MODEL, modelEdit(model)));
  for (const [index, bundle] of bundles.entries())
    add(`bundles[${index}]`, () =>
      given(
        BUNDLE,
        versioned(bundle as Document, (one) => bundleEdit(one as Parameters<typeof bundleEdit>[0])),
      ),
    );
  if (defaults !== undefined) add('defaults', () => given(DEFAULTS, versioned(defaults as Document, defaultsEdit)));
  const lists = (at: string, of: ListOf, things: readonly Document[]): void => {
    const wrong = things.flatMap((thing, index) => {
      try {
        const { version, ...own } = thing;
        versionIn(version);
        of.parse(own);
        return [];
      } catch (error) {
        return problemsOf(error).map((one) => ({ ...one, path: joined(at, `${of.member}[${index}].${one.path}`) }));
      }
    });
    if (wrong.length > 0) problems.push(...wrong);
    else add(at, () => listEdit(of, things, prune));
  };
  if (aliases !== undefined) lists('', ALIAS_LIST, aliases as Document[]);
  if (evaluations !== undefined) lists('', TEMPLATE_LIST, evaluations as Document[]);
  if (budgets !== undefined) lists('', budgetList(EVERY_TENANT), budgets as Document[]);
  for (const [index, { grants = [], budgets: own, clients = [], ...tenant }] of tenants.entries()) {
    const at = `tenants[${index}]`;
    add(at, () =>
      given(
        TENANT,
        versioned(tenant as Document, (one) => tenantEdit(one as unknown as Parameters<typeof tenantEdit>[0])),
      ),
    );
    for (const [place, grant] of grants.entries())
      add(`${at}.grants[${place}]`, () => grantEditOf(tenant.id, grant as Document));
    if (own !== undefined && isTenantId(tenant.id)) lists(at, budgetList(tenant.id), own as Document[]);
    for (const [place, client] of clients.entries())
      add(`${at}.clients[${place}]`, () => clientEditOf(tenant.id, client as Document));
  }
  // After the tenants, which they may be of.
  if (alerts !== undefined) lists('', ALERT_LIST, alerts as Document[]);
  problems.push(...twice(edits));
  if (problems.length > 0) throw badEntries(problems);
  return edits;
}

function naming(before: Document | undefined): string {
  return before === undefined ? 'create' : 'replace';
}

function given<Entry>(
  kind: Kind<Entry>,
  {
    key,
    make,
    version,
  }: { key: Key; make: (stamp: never, before: Document | undefined) => Document; version?: number | undefined },
): Omit<Edit, 'at' | 'change'> {
  return {
    kind: kind as Kind<unknown>,
    key,
    base: version,
    make: (stamp, before) => make(stamp as never, before?.document),
  };
}

/** A version in an entry is the one that its editor saw. */
function versioned<Of extends { key: Key }>({ version, ...content }: Document, edit: (content: Document) => Of) {
  return { ...edit(content), version: versionIn(version) };
}

function versionIn(version: Plain | undefined): number | undefined {
  if (version === undefined || typeof version === 'number') return version;
  throw badEntries([{ path: 'version', reason: 'not-a-number' }]);
}

function grantEditOf(tenant: string, { version, ...grant }: Document): Omit<Edit, 'at' | 'change'> {
  const of =
    grant.bundle === undefined ? { model: textOf(grant.model, 'model') } : { bundle: textOf(grant.bundle, 'bundle') };
  const key = grantKey({ tenant: asTenantId(tenant), ...of });
  return {
    ...{ kind: GRANT as Kind<unknown>, key, base: versionIn(version) },
    make: (_stamp, before) =>
      merged({ actions: [...ACTIONS], ...before?.document }, { ...grant, v: SCHEMA_VERSION, tenant }),
  };
}

function clientEditOf(tenant: string, { issuer, client, version, ...more }: Document): Omit<Edit, 'at' | 'change'> {
  const name = { issuer: textOf(issuer, 'issuer'), client: textOf(client, 'client') };
  checkClientName(name);
  return {
    ...{ kind: CLIENT as Kind<unknown>, key: clientKey(name), base: versionIn(version) },
    make: (_, before) => merged(before?.document, { ...more, ...name, v: SCHEMA_VERSION, tenant }),
  };
}

function textOf(value: Plain | undefined, path: string): string {
  if (typeof value === 'string') return value;
  throw badEntries([{ path, reason: value === undefined ? 'missing' : 'not-text' }]);
}

function joined(at: string, path: string): string {
  return at === '' ? path : `${at}.${path}`;
}

/** An entry that is a list of things with ids. */
interface ListOf {
  kind: Kind<unknown>;
  key: Key;
  member: string;
  /** What its entry holds beside the list. */
  common: Document;
  /** Of one thing. @throws TollgateError `bad_entry` */
  parse(thing: unknown): unknown;
}

const ALIAS_LIST: ListOf = {
  ...{ kind: ALIASES as Kind<unknown>, key: ALIASES_KEY, member: 'aliases', common: {} },
  parse: parseAlias,
};

const ALERT_LIST: ListOf = {
  ...{ kind: ALERTS as Kind<unknown>, key: ALERTS_KEY, member: 'alerts', common: {} },
  parse: parseReceiver,
};

const TEMPLATE_LIST: ListOf = {
  ...{ kind: EVALUATIONS as Kind<unknown>, key: EVALUATIONS_KEY, member: 'evaluations', common: {} },
  parse: parseTemplate,
};

function budgetList(owner: BudgetOwner): ListOf {
  return {
    ...{ kind: BUDGETS as Kind<unknown>, key: budgetsKey(owner), member: 'budgets', common: { owner } },
    parse: parseBudget,
  };
}

/** Each thing takes the place of the one of its id. A version in one is that of the entry which holds them all. */
function listEdit(
  { kind, key, member, common }: ListOf,
  all: readonly Document[],
  prune: boolean,
): Omit<Edit, 'at' | 'change'> {
  const things = all.map(({ version: _, ...thing }) => thing);
  const given = new Map(things.map((thing) => [thing.id, thing]));
  const seen = new Set(all.flatMap(({ version }) => versionIn(version) ?? []));
  if (seen.size > 1) throw badEntries([{ path: `${member}[0].version`, reason: 'not-of-one-version' }]);
  const [base] = seen;
  return {
    ...{ kind, key, base },
    make: (_, before) => {
      const there = before?.document[member];
      const old = (Array.isArray(there) ? there : []) as Document[];
      const ids = new Set(old.map(({ id }) => id));
      const all = [
        ...old.flatMap((one) => given.get(one.id) ?? (prune ? [] : [one])),
        ...things.filter(({ id }) => !ids.has(id)),
      ];
      if (all.length === 0) return before === undefined ? undefined : null;
      return { v: SCHEMA_VERSION, ...common, [member]: all };
    },
  };
}

/** One that stands twice would be two answers to one question. */
function twice(edits: readonly Edit[]): Problem[] {
  const seen = new Map<string, string>();
  return edits.flatMap(({ key, at = '' }) => {
    const first = seen.get(nameOf(key));
    if (first === undefined) seen.set(nameOf(key), at);
    return first === undefined ? [] : [{ path: at, reason: 'listed-twice', message: `It stands at ${first} already.` }];
  });
}
