import { InvalidArgumentError } from 'commander';
import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import type { Place } from '../../contract/model.ts';
import { placesOf } from '../../contract/places.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import { partitionOf } from '../../policies/partition.ts';
import { calledOn } from '../../policies/place.ts';
import { type Endpoints, readEndpoints } from '../../registry/endpoints.ts';
import { isoMilliseconds, SCHEMA_VERSION } from '../../registry/fields.ts';
import type { Document } from '../../registry/items.ts';
import { type ModelEntry, modelDocument, parseModel } from '../../registry/model.ts';
import { placeDocument } from '../../registry/places.ts';
import { type Answer, shown } from '../answer.ts';
import { widening } from '../dangers.ts';
import { bytesOf, tellBad } from '../file.ts';
import { printable, warn } from '../print.ts';
import { accountOf, type Target } from '../target.ts';
import type { At, Noun } from '../verb.ts';
import { told } from './tell.ts';

type Profiles = ReadonlyMap<string, readonly string[]>;

interface Options {
  model: string;
  file: string;
  nativeId?: string;
  profile?: Profiles;
  account?: string;
  dryRun?: true;
  /** What was read, which standard input gives once. */
  read?: Promise<Read>;
}

interface Read {
  document: Document;
  isNew: boolean;
}

export function register(noun: Noun): void {
  noun.verb<Options>('import', {
    about: 'the places of a model from a `bedrock_endpoints.conf` of AWS’s Bedrock Connect Helper',
    args: {
      '<model>': 'one that there is, which keeps all but its places; or a new one',
      '<file>': '- reads standard input',
    },
    options: (verb) =>
      verb
        .option('--native-id <id>', 'what AWS calls a new one: anthropic.claude-3-haiku-20240307-v1:0')
        .option(
          '--profile <prefix=regions>',
          'use the profile of a prefix: us=us-east-1,us-west-2; may be repeated',
          profile,
        )
        .option('--account <id>', 'of the profiles, if not the stage’s own')
        .option('--dry-run', 'print the model as `put` takes it, and change nothing'),
    edits: true,
    hits: async (given, at) => {
      const { document } = await readOnce(given, at);
      return widening(await at.target(), 'model', (writer) => writer.putModel(document));
    },
    run: importPlaces,
  });
}

/** The whole file is read before anything is changed, and the model then changes in one edit. */
async function importPlaces(given: Options, at: At): Promise<Answer> {
  const { document, isNew } = await readOnce(given, at);
  if (given.dryRun) {
    parseModel({ ...document, version: 1, updatedAt: isoMilliseconds(Date.now()), updatedBy: 'dry-run' });
    return shown(given.model, document, () => JSON.stringify(document, null, 2));
  }
  const change = await (await at.registry()).putModel(document);
  if (isNew) warn('tollgate: it has no prices yet, and nobody was granted it');
  return told(change, 'written');
}

function readOnce(given: Options, at: At): Promise<Read> {
  given.read ??= readPlaces(given, at);
  return given.read;
}

async function readPlaces({ model: id, file, ...options }: Options, { target, registry }: At): Promise<Read> {
  const writer = await registry();
  const known = await writer.showModel(id).catch((error: unknown) => {
    if (isTollgateError(error, 'not_found')) return undefined;
    throw error;
  });
  const nativeId = options.nativeId ?? (known && baseModelOf(known.target));
  if (!nativeId)
    throw new TollgateError('bad_setting', {
      field: '--native-id',
      reason: 'missing',
      message: `--native-id is needed: the registry does not say what AWS calls ${id}`,
    });
  const { profile: profiles = new Map(), account = await accountFor(await target(), profiles) } = options;
  const read = readEndpoints(new TextDecoder().decode(bytesOf(file)), { nativeId, profiles, account });
  tellBad(file, read.bad);
  if (read.bad.length > 0) throw nothingDone(read.bad.length);
  for (const what of read.left) warn(printable(`not used: ${what}; --profile does`));
  return { document: documentOf(id, known, read), isNew: known === undefined };
}

/** Only profiles have one in their ARN, and for a stage it costs a call to STS. */
async function accountFor({ clientConfig }: Target, profiles: Profiles): Promise<string> {
  return profiles.size === 0 ? '' : accountOf(clientConfig, '--account');
}

/** A place that was there before keeps its weight and price region, and stays drained. */
function documentOf(id: string, known: ModelEntry | undefined, { places, distribution }: Endpoints): Document {
  const before = new Map(known && placesOf(known).map((place): [string, Place] => [calledOn(place.target), place]));
  const targets = places.map((place) => placeDocument({ ...before.get(calledOn(place.target)), ...place }));
  const fresh = { v: SCHEMA_VERSION, id, lifecycle: { status: 'active' }, prices: [] };
  const { target: _, targets: __, ...rest } = known === undefined ? (fresh as Document) : modelDocument(known);
  return { ...rest, targets, routing: { distribution, ...known?.routing } };
}

/** One more of `us=us-east-1,us-west-2`. */
function profile(text: string, before: Profiles = new Map()): Profiles {
  const [, prefix = '', list = ''] = /^([a-z-]+)=(.+)$/.exec(text) ?? [];
  const regions = list.split(',');
  if (prefix === '' || regions.some((region) => partitionOf(region) === undefined))
    throw new InvalidArgumentError('It must be a prefix and the regions of its profile: us=us-east-1,us-west-2.');
  return new Map([...before, [prefix, regions]]);
}

function nothingDone(count: number): TollgateError {
  const what = count === 1 ? '1 part of the file is wrong' : `${count} parts of the file are wrong`;
  return new TollgateError('bad_entry', { reason: 'bad-endpoints', message: `${what}: nothing was done` });
}
