import { TollgateError } from '../contract/errors.ts';
import { aliasDocument } from '../registry/alias.ts';
import { EVERY_TENANT } from '../registry/budget.ts';
import { noSuchBudget } from '../registry/budgets.ts';
import type { Listing } from '../registry/edit.ts';
import { templateDocument } from '../registry/evaluation/template.ts';
import { parseSeconds } from '../registry/fields.ts';
import type { Document } from '../registry/items.ts';
import { idAt } from '../registry/keys.ts';
import { BUDGETS, BUNDLE, CLIENT, GRANT, type Kind, MODEL, TENANT } from '../registry/kinds.ts';
import type { Named } from '../registry/named.ts';
import type { Resource } from '../registry/rights.ts';
import type { Writer } from '../registry/writer.ts';
import type { Parameter, Query } from './asked.ts';
import { membersOf } from './body.ts';
import { decoded, encoded, type Page } from './page.ts';

/** What the API has of the registry: a collection of entries each, by the same names as a file of entries has them. */
export interface Collection {
  name: Resource;
  /** Path parameters of one entry, below the collection’s path. */
  item: readonly string[];
  /** Beside `limit`, `cursor` and `prefix`. */
  filters: readonly Parameter[];
  /** Of what history, versions and the rest are told. */
  named(params: Params): Named;
  /** Whose it is; undefined: the stage’s. */
  tenantOf(params: Params): string | undefined;
  /** It is held in one entry with others, whose version is its own. */
  within?: true;
  list(writer: Writer, query: Query): Promise<Document[]>;
  /** The same of one page, where nothing is searched for: reads no more than it. Absent: a list is short. */
  page?(writer: Writer, query: Query): Promise<Page>;
  show(writer: Writer, params: Params): Promise<Document>;
  idOf(document: Document): string;
  /** The file of entries that says what a body asks of one entry; and where in it that stands. */
  file(params: Params, body: Document): { value: Document; at: string };
  /** Absent: an entry does not go by itself. */
  remove?(writer: Writer, params: Params): Promise<unknown>;
  /** Verbs of one entry: what each does with a body. */
  actions?: Readonly<Record<string, (writer: Writer, params: Params, body: Document) => Promise<unknown>>>;
}

export type Params = Readonly<Record<string, string>>;

const of = ({ tenant = '', model, bundle }: Params) =>
  bundle === undefined ? { tenant, model: model ?? '' } : { tenant, bundle };

const grantedIn = ({ model = '', bundle }: Params): string | { bundle: string } =>
  bundle === undefined ? model : { bundle };

function documents<Entry>(kind: Kind<Entry>, { entries }: Listing<Entry>): Document[] {
  return entries.map((entry) => kind.document(entry));
}

const ended = (body: Document) => {
  const { sunsetAt, successor } = membersOf(body, { sunsetAt: 'text', successor: 'text' });
  return {
    ...(sunsetAt === undefined ? {} : { sunsetAt: parseSeconds(sunsetAt, 'sunsetAt') }),
    ...(successor === undefined ? {} : { successor }),
  };
};

/** Of a verb that takes nothing. */
const nothing = (body: Document) => membersOf(body, {});

const grants = (item: readonly string[]): Collection => ({
  name: 'grants',
  item,
  filters: ['tenant', 'tenants', 'model', 'bundle'],
  named: (params) => of(params),
  tenantOf: ({ tenant }) => tenant,
  list: async (writer, { tenant, tenants, model, bundle }) => {
    const more = { ...(model === undefined ? {} : { model }), ...(bundle === undefined ? {} : { bundle }) };
    const asked = tenant === undefined ? (tenants ?? [undefined]) : [tenant];
    const found = await Promise.all(
      asked.map((one) => writer.listGrants(one === undefined ? more : { ...more, tenant: one })),
    );
    return found.flatMap((listing) => documents(GRANT, listing));
  },
  show: async (writer, params) => GRANT.document(await writer.showGrant(params.tenant ?? '', grantedIn(params))),
  idOf: ({ tenant, model, bundle }) => `${tenant}/${model ?? `bundles/${bundle}`}`,
  file: ({ tenant = '', model, bundle }, body) => ({
    value: {
      tenants: [{ id: tenant, grants: [{ ...body, ...(bundle === undefined ? { model: model ?? '' } : { bundle }) }] }],
    },
    at: 'tenants[0].grants[0]',
  }),
  remove: (writer, params) => writer.revoke(params.tenant ?? '', grantedIn(params)),
});

export const COLLECTIONS: readonly Collection[] = [
  {
    name: 'models',
    item: ['model'],
    filters: ['status'],
    named: ({ model = '' }) => ({ model }),
    tenantOf: () => undefined,
    list: async (writer) => documents(MODEL, await writer.listModels()),
    show: async (writer, { model = '' }) => MODEL.document(await writer.showModel(model)),
    idOf: ({ id }) => String(id),
    file: ({ model = '' }, body) => ({ value: { models: [{ ...body, id: model }] }, at: 'models[0]' }),
    remove: (writer, { model = '' }) => writer.deleteModel(model),
    actions: {
      activate: (writer, { model = '' }, body) => nothing(body) && writer.activateModel(model),
      deprecate: (writer, { model = '' }, body) => writer.deprecateModel(model, ended(body)),
      retire: (writer, { model = '' }, body) => writer.retireModel(model, ended(body)),
      restore: (writer, { model = '' }, body) => nothing(body) && writer.restoreModel(model),
      drain: (writer, { model = '' }, body) => {
        const { region = '', drained = true } = membersOf(body, { region: 'text', drained: 'boolean' });
        return writer.drainPlaces(model, region, drained);
      },
    },
  },
  {
    name: 'tenants',
    item: ['tenant'],
    filters: ['label', 'status'],
    named: ({ tenant = '' }) => ({ tenant }),
    tenantOf: ({ tenant }) => tenant,
    list: async (writer) => documents(TENANT, await writer.listTenants()),
    async page(writer, { limit = 0, cursor, prefix = '' }) {
      const after = cursor === undefined ? undefined : decoded(cursor);
      const listing = await writer.pageOfTenants({ prefix, after, limit: limit + 1 });
      const ids = [...listing.entries.map(({ id }) => String(id)), ...listing.unusable.map(idAt)];
      const last = ids.sort()[limit - 1];
      const items = documents(TENANT, listing).filter(({ id }) => last === undefined || String(id) <= last);
      return { items, ...(last === undefined || ids.length <= limit ? {} : { next: encoded(last) }) };
    },
    show: async (writer, { tenant = '' }) => TENANT.document(await writer.showTenant(tenant)),
    idOf: ({ id }) => String(id),
    file: ({ tenant = '' }, { grants: _g, budgets: _b, clients: _c, ...body }) => ({
      value: { tenants: [{ ...body, id: tenant }] },
      at: 'tenants[0]',
    }),
    remove: async (writer, { tenant = '' }) => (await writer.deleteTenant(tenant)).make(),
    actions: {
      suspend: (writer, { tenant = '' }, body) => nothing(body) && writer.suspendTenant(tenant),
      resume: (writer, { tenant = '' }, body) => nothing(body) && writer.resumeTenant(tenant),
    },
  },
  {
    name: 'bundles',
    item: ['bundle'],
    filters: [],
    named: ({ bundle = '' }) => ({ bundle }),
    tenantOf: () => undefined,
    list: async (writer) => documents(BUNDLE, await writer.listBundles()),
    show: async (writer, { bundle = '' }) => BUNDLE.document(await writer.showBundle(bundle)),
    idOf: ({ id }) => String(id),
    file: ({ bundle = '' }, body) => ({ value: { bundles: [{ ...body, id: bundle }] }, at: 'bundles[0]' }),
    remove: (writer, { bundle = '' }) => writer.removeBundle(bundle),
  },
  {
    name: 'aliases',
    item: ['alias'],
    filters: [],
    named: () => ({ aliases: true }),
    within: true,
    tenantOf: () => undefined,
    list: async (writer) => (await writer.listAliases()).map(aliasDocument),
    show: async (writer, { alias = '' }) => aliasDocument(await writer.showAlias(alias)),
    idOf: ({ id }) => String(id),
    file: ({ alias = '' }, body) => ({ value: { aliases: [{ ...body, id: alias }] }, at: 'aliases[0]' }),
    remove: (writer, { alias = '' }) => writer.removeAlias(alias),
  },
  {
    name: 'evaluations',
    item: ['template'],
    filters: [],
    named: () => ({ evaluations: true }),
    within: true,
    tenantOf: () => undefined,
    list: async (writer) => (await writer.listTemplates()).map(templateDocument),
    show: async (writer, { template = '' }) => templateDocument(await writer.showTemplate(template)),
    idOf: ({ id }) => String(id),
    file: ({ template = '' }, body) => ({
      value: { evaluations: [{ ...body, id: template }] },
      at: 'evaluations[0]',
    }),
    remove: (writer, { template = '' }) => writer.removeTemplate(template),
  },
  grants(['tenant', 'model']),
  {
    name: 'budgets',
    item: ['owner', 'budget'],
    filters: ['tenant'],
    named: ({ owner = '' }) => ({ budgetsOf: owner }),
    within: true,
    tenantOf: ({ owner }) => (owner === EVERY_TENANT ? undefined : owner),
    list: async (writer, { tenant }) => {
      const owners =
        tenant === undefined
          ? documents(BUDGETS, await writer.listBudgets())
          : [{ owner: tenant, budgets: (await writer.showBudgets(tenant)) as unknown as Document[] }];
      return owners.flatMap(({ owner, budgets }) =>
        (budgets as Document[]).map((budget) => ({ owner: String(owner), ...budget })),
      );
    },
    show: async (writer, { owner = '', budget = '' }) => {
      const found = (await writer.showBudgets(owner)).find(({ id }) => id === budget);
      if (found === undefined) throw noSuchBudget(owner, budget);
      return { owner, ...found } as unknown as Document;
    },
    idOf: ({ owner, id }) => `${owner}/${id}`,
    file: ({ owner = '', budget = '' }, { owner: _, ...body }) => {
      const one = { ...body, id: budget };
      return owner === EVERY_TENANT
        ? { value: { budgets: [one] }, at: 'budgets[0]' }
        : { value: { tenants: [{ id: owner, budgets: [one] }] }, at: 'tenants[0].budgets[0]' };
    },
    remove: (writer, { owner = '', budget = '' }) => writer.removeBudget(owner, budget),
  },
  {
    name: 'clients',
    item: ['tenant', 'client'],
    filters: ['tenant'],
    named: ({ client = '' }) => ({ client: clientIn(client) }),
    tenantOf: ({ tenant }) => tenant,
    list: async (writer, { tenant }) =>
      documents(CLIENT, await writer.listClients(tenant === undefined ? {} : { tenant })).map(withClientId),
    show: async (writer, { tenant = '', client = '' }) => {
      const { issuer, client: name } = clientIn(client);
      const { entries } = await writer.listClients({ tenant });
      const found = entries.find((one) => one.issuer === issuer && one.client === name);
      if (found === undefined) throw noSuchClient();
      return withClientId(CLIENT.document(found));
    },
    idOf: ({ tenant, id }) => `${tenant}/${id}`,
    file: ({ tenant = '', client = '' }, { id: _, ...body }) => ({
      value: { tenants: [{ id: tenant, clients: [{ ...body, ...clientIn(client) }] }] },
      at: 'tenants[0].clients[0]',
    }),
    remove: (writer, { client = '' }) => writer.removeClient(clientIn(client)),
  },
];

/** An issuer is a URL, which no path holds: a client’s id here is base64url of the issuer, a line feed, and its own. */
function withClientId(document: Document): Document {
  return { id: Buffer.from(`${document.issuer}\n${document.client}`).toString('base64url'), ...document };
}

function clientIn(id: string): { issuer: string; client: string } {
  const [issuer = '', client = ''] = Buffer.from(id, 'base64url').toString().split('\n');
  return { issuer, client };
}

/** A grant of a bundle, at a path of its own: a model may have any id. */
export const BUNDLE_GRANTS: Collection = grants(['tenant', 'bundle']);

function noSuchClient(): TollgateError {
  return new TollgateError('not_found', {
    field: 'client',
    reason: 'no-such-item',
    message: 'There is no such client of that tenant.',
  });
}
