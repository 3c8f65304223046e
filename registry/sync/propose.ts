import type { Place } from '../../contract/model.ts';
import { type Difference, differencesOf } from '../difference.ts';
import { merged } from '../edits/merge.ts';
import type { Document } from '../items.ts';
import { lifecycleDocument, type ModelEntry, modelDocument } from '../model.ts';
import { placeDocument } from '../places.ts';
import type { Catalog } from './catalog.ts';
import { type Draft, draftsOf } from './drafts.ts';
import { type Finding, findingsOf } from './findings.ts';
import { endOf } from './lifecycle.ts';
import { destinationsOf } from './profiles.ts';

/** What the registry would have to say to agree with AWS. It holds models alone: nothing here can grant anything. */
export interface Proposal {
  /** New ones, as drafts, which nobody can call. */
  drafts: Draft[];
  edits: ModelEdit[];
  /** What only an operator can decide. */
  findings: Finding[];
}

export interface ModelEdit {
  entry: ModelEntry;
  /** `id` and those members that change, each whole. */
  document: Document;
  /** Regions that calls may run in afterwards, and did not before. */
  widens: string[];
}

/**
 * Compares what AWS has with what the registry says. An edit takes over what AWS alone decides: when a model ends, and where
 * a profile runs it. Prices, routing, weights, drained places, names and successors are the operator's.
 *
 * @param entries all that the registry has
 */
export function propose(catalog: Catalog, entries: readonly ModelEntry[]): Proposal {
  const living = entries.filter(({ lifecycle }) => lifecycle.status !== 'retired');
  return {
    drafts: draftsOf(catalog, entries),
    edits: living.flatMap((entry) => editOf(catalog, entry) ?? []),
    findings: living.flatMap((entry) => findingsOf(catalog, entry)),
  };
}

/** As a file of entries has it. */
export function fileOf({ drafts, edits }: Proposal): { models: Document[] } {
  return { models: [...edits, ...drafts].map(({ document }) => document) };
}

export function isEmpty({ drafts, edits, findings }: Proposal): boolean {
  return drafts.length + edits.length + findings.length === 0;
}

/** What an edit changes, member by member. */
export function editDifferences({ entry, document }: Pick<ModelEdit, 'entry' | 'document'>): Difference[] {
  const before = modelDocument(entry);
  const instead = document.targets === undefined ? {} : { target: null };
  return differencesOf(before, merged(before, { ...instead, ...document }));
}

function editOf(catalog: Catalog, entry: ModelEntry): ModelEdit | undefined {
  const { places, widens } = destinationsOf(catalog, entry);
  const lifecycle = endOf(catalog, entry);
  if (places === undefined && lifecycle === undefined) return undefined;
  const document = {
    id: entry.id,
    ...(places === undefined ? {} : whereDocument(entry, places)),
    ...(lifecycle === undefined ? {} : { lifecycle: lifecycleDocument(lifecycle) }),
  };
  return { entry, document, widens };
}

function whereDocument(entry: ModelEntry, places: readonly Place[]): Document {
  const [first] = places;
  if (entry.places === undefined && first !== undefined) return { target: { ...first.target } };
  return { targets: places.map(placeDocument) };
}
