import { ACTIONS, type Restrictions } from '../contract/model.ts';
import { boundsOf } from './bounds.ts';
import type { Change, Edits, Listing, Make } from './edit.ts';
import { merged } from './edits/merge.ts';
import { badEntry, isModelId, SCHEMA_VERSION } from './fields.ts';
import { type Grant, type GrantOf, termsOf } from './grant.ts';
import { grantsOf, type Held } from './held.ts';
import { type Holdable, holdingGrants } from './holders.ts';
import type { Document, Items, Key, Plain } from './items.ts';
import {
  BUNDLE_GRANT_PREFIX,
  BUNDLE_SK_PREFIX,
  DEFAULTS_SK,
  GRANT_SK_PREFIX,
  grantKey,
  STAGE_PARTITION,
  tenantKey,
  tenantPartition,
} from './keys.ts';
import { BUNDLE, DEFAULTS, GRANT, TENANT } from './kinds.ts';
import { asTenantId } from './tenant.ts';
import { audienceOf, TERM_NAMES, termDocument } from './term.ts';

/** A model's id, or which bundle. */
export type Granted = string | { bundle: string };

/** Of a grant's terms the one for exactly these; none of either: the one for everyone. */
export type Audience = Pick<Restrictions, 'roles' | 'principals'>;

/** What is left out stays as an earlier grant had it. */
export interface GrantMore {
  /** Which of the grant's terms is meant; absent: its own. One that is not there yet begins as its own one is. */
  for?: Audience;
  /** Whether credentials for the model may be handed out. */
  direct?: boolean;
  /** Whether guardrails' traces may be shown. */
  trace?: boolean;
  /** Whether calls run without the tenant's default guardrail. */
  unguarded?: boolean;
  /** Each by itself, where not all of them are given; null takes one away. */
  useCases?: Readonly<Record<string, Plain>>;
  /** False: as the model's entry says. */
  fallbacks?: readonly string[] | false;
  /** As the document has them; false takes one away. */
  restrictions?: { [Name in keyof Restrictions]?: Plain };
}

/** Every method throws TollgateError `bad_entry` for an id that is none. */
export interface GrantWriter {
  /** All grants as they were written, or those of a tenant, of a model or a bundle, of both. */
  listGrants(of?: { tenant?: string; model?: string; bundle?: string }): Promise<Listing<Grant>>;
  /** What a tenant holds by its grants: by model, bundles taken apart (held.ts). @throws TollgateError `not_found` */
  holdings(tenant: string): Promise<Held[]>;
  /** The grants by which a model is held, by name or by bundle, or a bundle. */
  holders(of: Holdable): Promise<Listing<Grant>>;
  /** @throws TollgateError `not_found` */
  showGrant(tenant: string, of: Granted): Promise<Grant>;
  /**
   * Lets a tenant use a model or the models of a bundle, or changes what for.
   * @param actions unless given as an earlier grant had them, else all of ACTIONS
   * @param more what else the grant says
   * @throws TollgateError `not_found` when there is no such tenant, model or bundle; `bad_entry` naming the restriction that
   *   a model cannot be called under, or `direct` where credentials would be free of one; `policy_too_large`
   */
  grant(tenant: string, of: Granted, actions?: readonly string[], more?: GrantMore): Promise<Change<Grant>>;
  /** @param from one of its terms; absent: the whole grant. @throws TollgateError `not_found` */
  revoke(tenant: string, of: Granted, from?: Audience): Promise<Change<Grant | undefined>>;
}

export function grantWriter(edits: Edits, items: Items): GrantWriter {
  const listGrants: GrantWriter['listGrants'] = async ({ tenant, model, bundle } = {}) => {
    const found =
      tenant !== undefined
        ? items.partition(tenantPartition(asTenantId(tenant)))
        : model !== undefined
          ? items.list(`${GRANT_SK_PREFIX}${model}`)
          : bundle !== undefined
            ? items.list(`${BUNDLE_GRANT_PREFIX}${bundle}`)
            : items.scan({ beginsWith: GRANT_SK_PREFIX });
    const ofKind = found.then((all) => all.filter(({ key: { sk } }) => sk.startsWith(GRANT_SK_PREFIX)));
    const listing = await edits.list(GRANT, ofKind);
    if (model === undefined && bundle === undefined) return listing;
    const entries = listing.entries.filter((grant) => grant.model === model && grant.bundle === bundle);
    return { ...listing, entries };
  };

  return {
    listGrants,
    async holdings(id) {
      const [tenant, { entries: grants }, stage] = await Promise.all([
        edits.show(TENANT, tenantKey(asTenantId(id))),
        listGrants({ tenant: id }),
        items.partition(STAGE_PARTITION),
      ]);
      const of = (sk: string) => Promise.resolve(stage.filter(({ key }) => key.sk.startsWith(sk)));
      const [bundles, defaults] = await Promise.all([
        edits.list(BUNDLE, of(BUNDLE_SK_PREFIX)),
        edits.list(DEFAULTS, of(DEFAULTS_SK)),
      ]);
      const models = new Map(bundles.entries.map((bundle) => [bundle.id, bundle.models]));
      return grantsOf(grants, models, boundsOf(tenant, defaults.entries[0]));
    },
    holders: (of) => edits.list(GRANT, holdingGrants(items, of)),
    showGrant: async (tenant, of) => edits.show(GRANT, keyOf(tenant, of)),
    async grant(tenant, of, actions, more) {
      const { key, make } = grantEdit(tenant, of, actions, more);
      return edits.put(GRANT, key, make);
    },
    async revoke(tenant, of, from) {
      const key = keyOf(tenant, of);
      const left = from === undefined ? [] : without(await edits.show(GRANT, key), from);
      if (left.length === 0) return edits.remove(GRANT, key, 'revoke');
      return edits.alter(GRANT, key, 'revoke', (grant) => {
        // Whoever else changed it meanwhile is not overruled.
        const [first, ...also] = without(grant, from ?? {}).map(termDocument);
        const { v, version, grantedAt, grantedBy } = GRANT.document(grant);
        const document = { v, tenant, ...grantOf(of), ...first, ...(also.length === 0 ? {} : { also }) } as Document;
        return GRANT.parse({ ...document, version, grantedAt, grantedBy });
      });
    },
  };
}

/** @throws TollgateError `bad_entry` where it has no such term */
function without(grant: Grant, from: Audience) {
  const terms = termsOf(grant);
  const left = terms.filter((term) => audienceOf(term) !== audienceOf(sorted(from)));
  if (left.length === terms.length) throw badEntry('for', 'no-such-term');
  return left;
}

/** @throws TollgateError `bad_entry` */
export function grantEdit(
  tenant: string,
  of: Granted,
  actions?: readonly string[],
  more: GrantMore = {},
): { key: Key; make: Make } {
  const make: Make = (_, before) => {
    const { also = [], ...own } = before ?? {};
    const terms = before === undefined ? [] : [own, ...(Array.isArray(also) ? also : [])].map(termOf);
    const wanted = more.for && audienceOf(sorted(more.for));
    const there = wanted === undefined ? 0 : terms.findIndex((term) => audienceOf(term as Audience) === wanted);
    const at = there < 0 ? terms.length : there;
    const base = terms[at] ?? begun(terms[0], more.for);
    terms[at] = merged({ actions: [...ACTIONS], ...base }, { ...termGiven(actions, more), ...listing(base, more) });
    const [first, ...others] = terms;
    // What no version of ours wrote is left for the schema to refuse.
    const rest = Object.fromEntries(Object.entries(own).filter(([name]) => !TERM_NAMES.has(name)));
    return merged(rest, {
      ...{ v: SCHEMA_VERSION, tenant, ...grantOf(of) },
      ...first,
      ...(others.length === 0 ? {} : { also: others }),
    });
  };
  return { key: keyOf(tenant, of), make };
}

/** Of a document, valid or not, what a term has. */
function termOf(document: Plain): Document {
  const given = document !== null && typeof document === 'object' && !Array.isArray(document) ? document : {};
  return Object.fromEntries(Object.entries(given).filter(([name]) => TERM_NAMES.has(name)));
}

/** A term that is not there yet: what is not said of it is as the grant's own has it. */
function begun({ roles: _, principals: __, ...own }: Document = {}, audience: Audience = {}): Document {
  return { ...own, ...(sorted(audience) as Document) };
}

function listing({ useCases }: Document, { useCases: given }: GrantMore): Document {
  if (given === undefined) return {};
  const all = merged(useCases as Document | undefined, given);
  return { useCases: Object.keys(all).length === 0 ? null : all };
}

/** Undefined names nothing, false takes the member away. */
function termGiven(
  actions: readonly string[] | undefined,
  { direct, trace, unguarded, fallbacks, restrictions }: GrantMore,
): Document {
  const given = { ...restrictions, direct, trace, unguarded, fallbacks: fallbacks && [...fallbacks] };
  const named = Object.entries<Plain | undefined>(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value === false ? null : value]],
  );
  return { ...(actions === undefined ? {} : { actions: [...actions] }), ...Object.fromEntries(named) };
}

function sorted({ roles, principals }: Audience): Audience {
  return { ...(roles && { roles: [...roles].sort() }), ...(principals && { principals: [...principals].sort() }) };
}

/** @throws TollgateError `bad_entry` */
function grantOf(of: Granted): GrantOf {
  if (typeof of === 'string') {
    if (!isModelId(of)) throw badEntry('model', 'not-a-model-id');
    return { model: of };
  }
  if (!isModelId(of.bundle)) throw badEntry('bundle', 'not-a-bundle-id');
  return { bundle: of.bundle };
}

function keyOf(tenant: string, of: Granted): Key {
  return grantKey({ tenant: asTenantId(tenant), ...grantOf(of) });
}
