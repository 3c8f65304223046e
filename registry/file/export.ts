import { ALERTS, EVALUATIONS } from '../all-kinds.ts';
import { contentOf } from '../difference.ts';
import { type Document, type Item, type Items, isOf } from '../items.ts';
import { tenantPartition } from '../keys.ts';
import {
  ALIASES,
  BUDGETS,
  BUNDLE,
  CLIENT,
  DEFAULTS,
  GRANT,
  type Kind,
  MODEL,
  read,
  TENANT,
  type Unusable,
} from '../kinds.ts';
import { asTenantId } from '../tenant.ts';

/** The registry as a file of entries, which entries.ts reads back to nothing to change. */
export interface Exported {
  models: Document[];
  bundles: Document[];
  aliases: Document[];
  /** What holds of every tenant that does not say it itself; absent: nothing does. */
  defaults?: Document;
  /** The stage's. */
  budgets: Document[];
  tenants: Document[];
  /** With the URLs of webhooks, which are secrets: without them the file could not be applied. Absent: nobody is told of anything. */
  alerts?: Document[];
  /** How models are evaluated; absent: not by any template. */
  evaluations?: Document[];
  unusable: Unusable[];
}

/**
 * @param only one tenant and what is its own, with no models
 * @returns entries without who wrote them and when, sorted by id
 */
export async function exported(items: Items, only?: string): Promise<Exported> {
  const unusable: Unusable[] = [];
  const documents = <Entry>(found: readonly Item[], kind: Kind<Entry>): Document[] =>
    found.flatMap((item) => {
      const one = read(item, kind);
      if ('entry' in one) return [plain(kind.document(one.entry))];
      unusable.push(one.unusable);
      return [];
    });
  const own = only === undefined ? undefined : await items.partition(tenantPartition(asTenantId(only)));
  const all = async <Entry>(kind: Kind<Entry>): Promise<Document[]> => {
    if (own === undefined) return documents(await items.scan(kind.sk), kind);
    const { sk } = kind;
    return documents(
      own.filter(({ key }) => isOf(key, sk)),
      kind,
    );
  };
  const [models, bundles, aliases, defaults, tenants, grants, budgets, clients, alerts, evaluations] =
    await Promise.all([
      all(MODEL),
      all(BUNDLE),
      all(ALIASES),
      all(DEFAULTS),
      all(TENANT),
      all(GRANT),
      all(BUDGETS),
      items.scan(CLIENT.sk).then((found) => documents(found, CLIENT)),
      all(ALERTS),
      all(EVALUATIONS),
    ]);
  const grantsOf = Map.groupBy(grants, ({ tenant }) => tenant);
  const clientsOf = Map.groupBy(clients, ({ tenant }) => tenant);
  const budgetsOf = new Map(budgets.map((one) => [one.owner, one.budgets as Document[]]));
  return {
    models: models.sort(by('id')),
    bundles: bundles.sort(by('id')),
    aliases: aliases.flatMap((one) => one.aliases as Document[]),
    ...(defaults[0] === undefined ? {} : { defaults: defaults[0] }),
    budgets: only === undefined ? (budgetsOf.get('*') ?? []) : [],
    tenants: tenants.sort(by('id')).map((tenant) => ({
      ...tenant,
      ...some('grants', grantsOf.get(tenant.id), 'model'),
      ...some('budgets', budgetsOf.get(tenant.id), 'id'),
      ...some('clients', clientsOf.get(tenant.id), 'client'),
    })),
    ...(alerts.length === 0 ? {} : { alerts: alerts.flatMap((one) => one.alerts as Document[]) }),
    ...(evaluations.length === 0 ? {} : { evaluations: evaluations.flatMap((one) => one.evaluations as Document[]) }),
    unusable,
  };
}

function plain(document: Document): Document {
  const { v: _, ...content } = contentOf(document);
  return content;
}

function some(member: string, list: readonly Document[] | undefined, name: string): Document {
  if (list === undefined) return {};
  return { [member]: list.map(({ tenant: _, ...one }) => one).sort(by(name)) };
}

function by(name: string): (a: Document, b: Document) => number {
  // A grant of a bundle has no model.
  const nameOf = (one: Document): string => String(one[name] ?? `bundle ${one.bundle}`);
  return (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1);
}
