import { PLACES_MAX } from '../contract/limits/routing.ts';
import type { Place, Target } from '../contract/model.ts';
import type { Distribution } from '../contract/routing.ts';
import { partitionOf } from '../policies/partition.ts';
import type { BadPrice } from './prices/import/reading.ts';
import { membersOf, parseTree, type Tree } from './prices/import/tree.ts';

/** The file of AWS's Bedrock Connect Helper (https://github.com/aws-samples/amazon-bedrock-connect-helper), its `bedrock_endpoints.conf`. */

export interface EndpointsOptions {
  /** What the file's users call: `anthropic.claude-3-haiku-20240307-v1:0`. */
  nativeId: string;
  /**
   * By `region_profile_prefix`: the regions that its inference profile of the model may run in, which the file does not say.
   * Endpoints of other prefixes become the model in their region, as they are for the helper unless it is told otherwise.
   */
  profiles: ReadonlyMap<string, readonly string[]>;
  /** Of the profiles; twelve digits. */
  account: string;
}

export interface Endpoints {
  places: Place[];
  /** As the helper goes through them: one of the primaries at random, or, where there is none, the first. */
  distribution: Distribution;
  /** Everything that is wrong with the file: nothing of it is to be used then. */
  bad: BadPrice[];
  /** What the places do not have of it, each in a sentence. */
  left: string[];
}

/** By member: what it may not be. The helper writes the time itself; a place that cools is found out by its calls. */
const MEMBERS: Readonly<Record<string, (value: Tree) => string | undefined>> = {
  region: (value) => (value.is === 'text' && partitionOf(value.text) !== undefined ? undefined : 'not-a-region'),
  primary: (value) => (value.is === 'other' && value.value !== null ? undefined : 'not-true-or-false'),
  next_available_time: (value) => (value.is === 'number' ? undefined : 'not-a-number'),
  region_profile_prefix: (value) =>
    (value.is === 'text' && /^[a-z-]*$/.test(value.text)) || isNull(value) ? undefined : 'not-a-prefix',
};

/**
 * @param text the file
 * @throws TollgateError `bad_entry` naming the line where it is no JSON
 */
export function readEndpoints(text: string, options: EndpointsOptions): Endpoints {
  const tree = parseTree(text);
  const read: Endpoints = { places: [], distribution: 'first', bad: [], left: [] };
  const wrong = ({ line }: Tree, { at }: Tree, field: string, reason: string): void => {
    read.bad.push({ line, at, field, reason });
  };
  if (tree.is !== 'list') wrong(tree, tree, 'file', 'not-a-list');
  else if (tree.items.length === 0) wrong(tree, tree, 'file', 'empty');
  else if (tree.items.length > PLACES_MAX) wrong(tree, tree, 'file', 'too-many');
  const prefixes = new Set<string>();
  const called = new Set<string>();
  for (const endpoint of tree.is === 'list' ? tree.items : []) {
    if (endpoint.is !== 'object') {
      wrong(endpoint, endpoint, 'endpoint', 'not-an-object');
      continue;
    }
    for (const [name, value] of membersOf(endpoint)) {
      const fault = Object.hasOwn(MEMBERS, name) ? MEMBERS[name]?.(value) : 'unknown-member';
      if (fault !== undefined) wrong(value, endpoint, name, fault);
    }
    const { region, primary, region_profile_prefix: named } = Object.fromEntries(endpoint.members);
    if (region === undefined) wrong(endpoint, endpoint, 'region', 'missing');
    if (region?.is !== 'text') continue;
    if (called.has(region.text)) wrong(region, endpoint, 'region', 'listed-twice');
    called.add(region.text);
    const prefix = named?.is === 'text' && named.text !== '' ? named.text : undefined;
    const regions = prefix === undefined ? undefined : options.profiles.get(prefix);
    if (prefix !== undefined && regions === undefined) prefixes.add(prefix);
    if (regions?.some((one) => partitionOf(one) !== partitionOf(region.text)))
      wrong(region, endpoint, 'region', 'partition-differs');
    const isPrimary = primary?.is === 'other' && primary.value === true;
    if (isPrimary) read.distribution = 'equal';
    read.places.push({
      target: targetIn(region.text, options, prefix && regions && { prefix, regions }),
      group: isPrimary ? 'primary' : 'normal',
    });
  }
  for (const prefix of prefixes)
    read.left.push(
      `the profile ${prefix}.${options.nativeId}, since the file does not say in which regions it may run`,
    );
  return read;
}

function targetIn(
  region: string,
  { nativeId, account }: EndpointsOptions,
  profile: { prefix: string; regions: readonly string[] } | '' | undefined,
): Target {
  const partition = partitionOf(region);
  const modelIn = (there: string): string => `arn:${partition}:bedrock:${there}::foundation-model/${nativeId}`;
  if (!profile) return { kind: 'bedrock-model', modelId: nativeId, region, arn: modelIn(region) };
  const modelId = `${profile.prefix}.${nativeId}`;
  return {
    kind: 'bedrock-profile',
    modelId,
    region,
    arn: `arn:${partition}:bedrock:${region}:${account}:inference-profile/${modelId}`,
    modelArns: profile.regions.map(modelIn),
  };
}

function isNull(value: Tree): boolean {
  return value.is === 'other' && value.value === null;
}
