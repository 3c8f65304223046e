import { isTollgateError } from '../../contract/errors.ts';
import { MODEL_ID_MAX_CHARS } from '../../contract/limits/contract.ts';
import { DISPLAY_NAME_MAX_CHARS, MODEL_ARNS_MAX, PROVENANCE_MAX_CHARS } from '../../contract/limits/registry.ts';
import { PLACES_MAX } from '../../contract/limits/routing.ts';
import { MODALITIES, type Target } from '../../contract/model.ts';
import { targetsOf } from '../../contract/places.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import { isModelId, isoMilliseconds, SCHEMA_VERSION } from '../fields.ts';
import type { Document } from '../items.ts';
import { type ModelEntry, parseModel } from '../model.ts';
import type { Catalog, Endpoint, FoundationModel, Profile } from './catalog.ts';
import { modelOf } from './profiles.ts';

/** Forms of an answer that a call can wait for; speech and films are made later, and put into a bucket. */
const OUTPUTS = ['TEXT', 'EMBEDDING', 'IMAGE'];

/**
 * What AWS has and no entry points at, each as a document of a draft: without a price, and granted to nobody. What is on its
 * way out, or cannot be called by itself, is left out.
 */
export function draftsOf(catalog: Catalog, entries: readonly ModelEntry[]): Draft[] {
  const targets = entries.flatMap(targetsOf);
  const models = new Set(targets.map(baseModelOf));
  const arns = new Set(targets.map(({ arn }) => arn));
  const found = [
    ...[...Map.groupBy(catalog.models, ({ id }) => id)]
      .filter(([id]) => !models.has(id))
      .flatMap(([id, of]) => modelDraft(id, of, catalog.profiles)),
    ...catalog.endpoints.filter(({ arn }) => !arns.has(arn)).flatMap(endpointDraft),
  ];
  const taken = new Set(entries.map(({ id }) => id));
  const shorts = Map.groupBy(found, ({ names: [short] }) => short);
  return found.flatMap(({ names, document }) => {
    const [short] = names;
    const id = freeOf((shorts.get(short)?.length ?? 0) > 1 ? names.slice(1) : names, taken);
    taken.add(id);
    return drafted({ id, ...document }) ?? [];
  });
}

/** A new model. */
export interface Draft {
  entry: ModelEntry;
  /** As a file has it. */
  document: Document;
}

interface Found {
  /** What its registry id might be, the best first. */
  names: [string, ...string[]];
  document: Document;
}

function modelDraft(id: string, found: readonly FoundationModel[], profiles: readonly Profile[]): Found[] {
  const [first] = found;
  if (first === undefined || found.every(({ lifecycle }) => lifecycle.legacy)) return [];
  if (!first.output.some((modality) => OUTPUTS.includes(modality))) return [];
  const targets = found.flatMap((model) => targetOf(model, profiles) ?? []).slice(0, PLACES_MAX);
  if (targets.length === 0) return [];
  return [{ names: namesOf(id), document: { ...described(first), ...placed(targets), ...FRESH } }];
}

const FRESH: Document = { lifecycle: { status: 'draft' }, prices: [] };

/** Its own id where that is called, and else the profile that runs it in the fewest regions. */
function targetOf({ id, arn, region, onDemand }: FoundationModel, profiles: readonly Profile[]): Target | undefined {
  if (onDemand) return { kind: 'bedrock-model', modelId: id, region, arn };
  const [profile] = profiles
    .filter((one) => one.region === region && !one.application && one.id.endsWith(`.${id}`))
    .filter(({ modelArns }) => modelArns.length > 0 && modelArns.every((one) => modelOf(one) === id))
    .sort((a, b) => a.modelArns.length - b.modelArns.length || (a.id < b.id ? -1 : 1));
  if (profile === undefined || profile.modelArns.length > MODEL_ARNS_MAX) return undefined;
  const modelArns = [...profile.modelArns];
  return { kind: 'bedrock-profile', modelId: profile.id, region, arn: profile.arn, modelArns };
}

function endpointDraft({ name, arn, region, status, isAsync }: Endpoint): Found[] {
  // What an endpoint that answers later reads from is not to be known from it.
  if (status !== 'InService' || isAsync) return [];
  const target: Target = { kind: 'sagemaker-endpoint', endpointName: name, region, arn };
  return [{ names: [asId(name), asId(`${name}-${region}`)], document: { ...placed([target]), ...FRESH } }];
}

function placed(targets: readonly Target[]): Document {
  const [first] = targets;
  return targets.length === 1 ? { target: { ...first } } : { targets: targets.map((target) => ({ target })) };
}

/** Nothing that AWS does not say of it. */
function described({ name, provider, input, output, streaming }: FoundationModel): Document {
  const displayName = printable(name).slice(0, DISPLAY_NAME_MAX_CHARS);
  const source = printable(provider).slice(0, PROVENANCE_MAX_CHARS);
  const modalities = (said: readonly string[]) => MODALITIES.filter((one) => said.includes(one.toUpperCase()));
  const lists = Object.entries({ input: modalities(input), output: modalities(output) });
  const capabilities = {
    ...Object.fromEntries(lists.filter(([, list]) => list.length > 0)),
    ...(streaming === undefined ? {} : { streaming }),
  };
  return {
    ...(displayName === '' ? {} : { displayName }),
    ...(Object.keys(capabilities).length === 0 ? {} : { capabilities }),
    ...(source === '' ? {} : { provenance: { source } }),
  };
}

function printable(text = ''): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ').trim();
}

/** `anthropic.claude-haiku-4-5-20251001-v1:0`: `claude-haiku-4-5`, or with more of it where others are called so, too. */
function namesOf(id: string): [string, ...string[]] {
  const [, vendorless = id] = /^[a-z0-9-]+\.(.+)$/.exec(id) ?? [];
  const short = vendorless.replace(/(-\d{8})?(-v\d+(:\d+)*|:\d+)?$/, '') || vendorless;
  // `embed`, `rerank`: a kind of models, and no name.
  const names: [string, ...string[]] = [asId(vendorless), asId(id)];
  return short.includes('-') ? [asId(short), ...names] : names;
}

function asId(text: string): string {
  const id = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  return id.slice(0, MODEL_ID_MAX_CHARS - 4) || 'model';
}

function freeOf(names: readonly string[], taken: ReadonlySet<string>): string {
  const free = names.find((name) => isModelId(name) && !taken.has(name));
  if (free !== undefined) return free;
  const last = names.at(-1) ?? 'model';
  let number = 2;
  while (taken.has(`${last}-${number}`)) number++;
  return `${last}-${number}`;
}

/** A session for it must fit, and its ARNs be such as can be granted: what `put` would refuse is not proposed. */
function drafted(document: Document): Draft | undefined {
  try {
    const stamps = { v: SCHEMA_VERSION, version: 1, updatedAt: isoMilliseconds(0), updatedBy: 'sync' };
    return { entry: parseModel({ ...document, ...stamps }), document };
  } catch (error) {
    if (isTollgateError(error)) return undefined;
    throw error;
  }
}
