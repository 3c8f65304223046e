import {
  BedrockClient,
  type FoundationModelLifecycle,
  type FoundationModelSummary,
  GetFoundationModelCommand,
  GetInferenceProfileCommand,
  type InferenceProfileSummary,
  ListFoundationModelsCommand,
  paginateListInferenceProfiles,
} from '@aws-sdk/client-bedrock';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { SYNC_ATTEMPTS, SYNC_PAGE } from '../contract/limits/sync.ts';
import { targetsOf } from '../contract/places.ts';
import { baseModelOf } from '../policies/kinds.ts';
import type { ModelEntry } from '../registry/model.ts';
import type { AwsLifecycle, Catalog, Endpoint, FoundationModel, Profile, Read } from '../registry/sync/catalog.ts';
import { eachOf } from './each.ts';
import { type Endpoints, endpointsOf } from './endpoints.ts';

export interface ReadOptions {
  /** Of every client of AWS, in each of the regions. */
  clientConfig: ClientConfig;
  regions: readonly string[];
  /** Of what they point at more is read than the lists say. */
  entries: readonly ModelEntry[];
}

export interface ClientConfig {
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** A list of a region that could not be read, or not whole. */
export interface Unread {
  what: Read;
  region: string;
  /** As AWS names it, e.g. `AccessDeniedException`. */
  reason: string;
}

/** Reads what AWS has; it changes nothing. What cannot be read is told, and nothing is concluded from its absence. */
export async function readCatalog(options: ReadOptions): Promise<{ catalog: Catalog; unread: Unread[] }> {
  const unread: Unread[] = [];
  const read: { what: Read; region: string }[] = [];
  async function reading<Found>(what: Read, region: string, run: () => Promise<Found[]>): Promise<Found[]> {
    try {
      const found = await run();
      read.push({ what, region });
      return found;
    } catch (error) {
      unread.push({ what, region, reason: reasonOf(error) });
      return [];
    }
  }
  const each = await Promise.all(
    options.regions.map(async (region) => {
      const bedrock = bedrockIn(options.clientConfig, region);
      const sagemaker = endpointsOf(bedrock, options.clientConfig.endpoint);
      const [models, profiles, endpoints] = await Promise.all([
        reading('models', region, () => modelsOf(bedrock, region, options.entries)),
        reading('profiles', region, () => profilesOf(bedrock, region, options.entries)),
        reading('endpoints', region, () => endpointsIn(sagemaker, region, options.entries)),
      ]);
      return { models, profiles, endpoints };
    }),
  );
  const catalog: Catalog = {
    models: each.flatMap(({ models }) => models),
    profiles: each.flatMap(({ profiles }) => profiles),
    endpoints: each.flatMap(({ endpoints }) => endpoints),
    read,
  };
  return { catalog, unread };
}

/** Signs as everything of ours does: a bearer key of Bedrock's in the environment is somebody else's right. */
export function bedrockIn(clientConfig: ClientConfig, region: string): BedrockClient {
  return new BedrockClient({
    ...clientConfig,
    region,
    maxAttempts: SYNC_ATTEMPTS,
    // A region that the network does not reach is told of as unread, and the others are read.
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS },
    authSchemePreference: ['sigv4'],
  });
}

/** The list has no pages. It says that a model is a legacy one; since and until when, only the model's own details may. */
async function modelsOf(
  client: BedrockClient,
  region: string,
  entries: readonly ModelEntry[],
): Promise<FoundationModel[]> {
  const { modelSummaries = [] } = await client.send(new ListFoundationModelsCommand({}));
  const wanted = new Set(entries.flatMap((entry) => targetsOf(entry).map(baseModelOf)));
  return eachOf(modelSummaries, async (summary) => {
    if (!wanted.has(summary.modelId ?? '')) return foundationModel(summary, region);
    const { modelDetails } = await client.send(new GetFoundationModelCommand({ modelIdentifier: summary.modelId }));
    return foundationModel({ ...summary, ...modelDetails }, region);
  });
}

function foundationModel(summary: FoundationModelSummary, region: string): FoundationModel {
  const { modelId = '', modelArn = '', modelName, providerName, responseStreamingSupported: streaming } = summary;
  return {
    region,
    id: modelId,
    arn: modelArn,
    ...(modelName === undefined ? {} : { name: modelName }),
    ...(providerName === undefined ? {} : { provider: providerName }),
    input: summary.inputModalities ?? [],
    output: summary.outputModalities ?? [],
    ...(streaming === undefined ? {} : { streaming }),
    onDemand: summary.inferenceTypesSupported?.includes('ON_DEMAND') ?? false,
    lifecycle: lifecycleOf(summary.modelLifecycle),
  };
}

function lifecycleOf(said: FoundationModelLifecycle | undefined): AwsLifecycle {
  const dates = {
    legacyAt: said?.legacyTime,
    extendedAt: said?.publicExtendedAccessTime,
    endAt: said?.endOfLifeTime,
  };
  const given = Object.entries(dates).flatMap(([name, date]) =>
    date === undefined ? [] : [[name, Math.floor(date.getTime() / 1000)]],
  );
  return { legacy: said?.status === 'LEGACY', ...Object.fromEntries(given) };
}

async function profilesOf(client: BedrockClient, region: string, entries: readonly ModelEntry[]): Promise<Profile[]> {
  const found = new Map<string, Profile>();
  const add = (one: InferenceProfileSummary) => {
    const profile = profileOf(one, region);
    found.set(profile.arn, profile);
  };
  for (const typeEquals of ['SYSTEM_DEFINED', 'APPLICATION'] as const)
    for await (const page of paginateListInferenceProfiles({ client, pageSize: SYNC_PAGE }, { typeEquals }))
      page.inferenceProfileSummaries?.forEach(add);
  const own = entries.flatMap((entry) => targetsOf(entry).map(({ arn }) => arn));
  const missing = own.filter((arn) => arn.includes(`:${region}:`) && arn.includes(':application-inference-profile/'));
  await eachOf(
    [...new Set(missing)].filter((arn) => !found.has(arn)),
    async (inferenceProfileIdentifier) => {
      try {
        add(
          (await client.send(
            new GetInferenceProfileCommand({ inferenceProfileIdentifier }),
          )) as InferenceProfileSummary,
        );
      } catch (error) {
        // That of another account is not to be seen from here.
        if (!['ResourceNotFoundException', 'AccessDeniedException'].includes(reasonOf(error))) throw error;
      }
    },
  );
  return [...found.values()];
}

function profileOf(summary: InferenceProfileSummary, region: string): Profile {
  const { inferenceProfileId: id = '', inferenceProfileArn: arn = '', models = [], type } = summary;
  const modelArns = models.flatMap(({ modelArn }) => modelArn ?? []);
  return { region, id, arn, modelArns, application: type === 'APPLICATION' };
}

async function endpointsIn(sagemaker: Endpoints, region: string, entries: readonly ModelEntry[]): Promise<Endpoint[]> {
  const own = entries.flatMap((entry) => targetsOf(entry).map(({ arn }) => arn));
  const pointedAt = own.filter((arn) => arn.includes(`:sagemaker:${region}:`) && arn.includes(':endpoint/'));
  const names = new Set([...(await sagemaker.list()), ...pointedAt.map((arn) => arn.slice(arn.indexOf('/') + 1))]);
  return (await eachOf([...names], (name) => sagemaker.describe(name, region))).filter((one) => one !== undefined);
}

/** The service's own name of an error, or the system's where no service answered. */
export function reasonOf(error: unknown): string {
  const { name, code, type } = error as { name?: string; code?: string; type?: string };
  return type || code || name || 'unknown';
}
