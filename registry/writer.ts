import { type AccessRequestWriter, accessRequestWriter } from './access-requests.ts';
import { type AlertWriter, alertWriter } from './alerts.ts';
import { type AliasWriter, aliasWriter } from './aliases.ts';
import { type BudgetWriter, budgetWriter } from './budgets.ts';
import { type BundleWriter, bundleWriter } from './bundles.ts';
import { type ClientWriter, clientWriter } from './clients.ts';
import { type DefaultsWriter, defaultsWriter } from './defaults.ts';
import { type Change, createEdits, type EditOptions, type HistoryRecord } from './edit.ts';
import { type Bulk, type BulkOptions, undoPlan } from './edits/bulk.ts';
import { logBackwards } from './edits/log.ts';
import { type LogFilter, type LoggedChange, readLog } from './edits/log-list.ts';
import { type Past, readPast } from './edits/past.ts';
import { versionOf } from './edits/same.ts';
import type { LoggedEdit } from './edits/types.ts';
import { documentAt } from './edits/undo.ts';
import { type ResultWriter, resultWriter } from './evaluation/results.ts';
import { type TemplateWriter, templateWriter } from './evaluation/templates.ts';
import { type AppliedPlan, applying } from './file/apply.ts';
import { type Exported, exported } from './file/export.ts';
import { type GrantWriter, grantEdit, grantWriter } from './grants.ts';
import type { Document } from './items.ts';
import { GRANT, MODEL, TENANT } from './kinds.ts';
import { type LeavingWriter, leavingWriter } from './leaving.ts';
import { type ModelWriter, modelEdit, modelWriter } from './models.ts';
import { itemNamed, type Named } from './named.ts';
import { type GivenTenant, type TenantWriter, tenantEdit, tenantWriter } from './tenants.ts';

export interface Batch {
  /** As putModel takes them. */
  models: readonly unknown[];
  tenants: readonly GivenTenant[];
  grants: readonly { tenant: string; model: string }[];
}

/** What an operator may do to the registry, and see of it. */
export interface Writer
  extends ModelWriter,
    TenantWriter,
    GrantWriter,
    BudgetWriter,
    AliasWriter,
    AlertWriter,
    ClientWriter,
    BundleWriter,
    DefaultsWriter,
    TemplateWriter,
    ResultWriter,
    LeavingWriter,
    AccessRequestWriter {
  /**
   * Makes those that are absent, all or none, and leaves alone what is there.
   *
   * @param batch at most 49 in all
   * @returns how many were made
   * @throws TollgateError `bad_entry` naming the field, and then nothing was made
   */
  create(batch: Batch): Promise<number>;
  /** Every edit of one item, oldest first. */
  history(of: Named): Promise<HistoryRecord[]>;
  /** The version of an item; 0: there is none. */
  versionNow(of: Named): Promise<number>;
  /** An item as it was written in one of its versions. @throws TollgateError `not_found` */
  version(of: Named, version: number): Promise<Document>;
  /** Brings an item back to one of its versions. @throws TollgateError `not_found` */
  rollback(of: Named, version: number): Promise<Change<unknown>>;
  /**
   * Takes an edit back.
   * @param edit its number in the log
   * @throws TollgateError `not_found`; `conflict` where its item was changed since, telling by what
   */
  undo(edit: number): Promise<Change<unknown>>;
  /** Takes back what a plan made. @param plan as `make` of a plan returned it @throws as undoPlan of edits/bulk.ts */
  undoPlan(plan: string, options?: BulkOptions): Promise<Bulk>;
  /**
   * Decides what a file of entries asks for, and makes nothing yet.
   *
   * @param value what the file holds, not trusted
   * @param options `prune`: what the file does not name goes, of what is a tenant's own, of budgets, aliases, alerts and
   *   templates
   * @throws TollgateError `bad_entry` of all that is wrong
   */
  apply(value: unknown, options?: { prune?: boolean }): Promise<AppliedPlan>;
  /** As a file of entries, of one tenant or of all. */
  export(tenant?: string): Promise<Exported>;
  /** Edits of the whole registry, the newest first. */
  log(filter?: LogFilter): AsyncGenerator<LoggedChange>;
  /** The latest edit of all. */
  lastEdit(): Promise<LoggedEdit | undefined>;
  /** The registry as it was. @param at milliseconds since 1970 */
  asOf(at: number): Promise<Past>;
}

/**
 * @returns a writer whose every edit is validated, made only if the item is still the one that was read (otherwise
 *   TollgateError `conflict`), and recorded under `actor`
 */
export function createWriter(options: EditOptions): Writer {
  const { items, clock } = options;
  const edits = createEdits(options);
  return {
    ...modelWriter(edits, items, clock),
    ...tenantWriter(edits, items),
    ...grantWriter(edits, items),
    ...budgetWriter(edits, items),
    ...aliasWriter(edits),
    ...alertWriter(edits),
    ...clientWriter(edits, items),
    ...bundleWriter(edits, items),
    ...defaultsWriter(edits),
    ...templateWriter(edits),
    ...resultWriter(edits, clock),
    ...leavingWriter(options),
    ...accessRequestWriter(options),
    create: async ({ models, tenants, grants }) =>
      edits.create([
        ...models.map((model) => ({ kind: MODEL, ...modelEdit(model) })),
        ...tenants.map((tenant) => ({ kind: TENANT, ...tenantEdit(tenant) })),
        ...grants.map(({ tenant, model }) => ({ kind: GRANT, ...grantEdit(tenant, model) })),
      ]),
    history: async (of) => edits.history(itemNamed(of).key),
    versionNow: async (of) => versionOf(await items.get(itemNamed(of).key)),
    version: async (of, version) => documentAt(items, itemNamed(of).key, version),
    rollback: async (of, version) => {
      const { kind, key } = itemNamed(of);
      return edits.rollback(kind, key, version);
    },
    undo: (edit) => edits.undo(edit),
    undoPlan: (plan, bulk) => undoPlan(plan, options, bulk),
    apply: (value, more) => applying(value, options, more),
    export: (tenant) => exported(items, tenant),
    log: (filter) => readLog(items, filter),
    lastEdit: async () => (await logBackwards(items).next()).value ?? undefined,
    asOf: (at) => readPast(items, at),
  };
}
