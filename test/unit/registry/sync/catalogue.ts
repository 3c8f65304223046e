import type { AwsLifecycle, Catalog, Endpoint, FoundationModel, Profile } from '../../../../registry/sync/catalog.ts';

const ACCOUNT = '111122223333';

export function aModel(id: string, region: string, more: Partial<FoundationModel> = {}): FoundationModel {
  const arn = `arn:aws:bedrock:${region}::foundation-model/${id}`;
  return { region, id, arn, input: ['TEXT'], output: ['TEXT'], onDemand: true, lifecycle: { legacy: false }, ...more };
}

export function ending(dates: Omit<AwsLifecycle, 'legacy'>): AwsLifecycle {
  return { legacy: true, ...dates };
}

export function aProfile(id: string, region: string, regions: readonly string[]): Profile {
  const model = id.slice(id.indexOf('.') + 1);
  const modelArns = regions.map((each) => `arn:aws:bedrock:${each}::foundation-model/${model}`);
  const arn = `arn:aws:bedrock:${region}:${ACCOUNT}:inference-profile/${id}`;
  return { region, id, arn, modelArns, application: false };
}

export function anEndpoint(name: string, region: string, more: Partial<Endpoint> = {}): Endpoint {
  const arn = `arn:aws:sagemaker:${region}:${ACCOUNT}:endpoint/${name}`;
  return { region, name, arn, status: 'InService', isAsync: false, ...more };
}

/** All of it read, in every region that is named. */
export function aCatalog(has: Partial<Catalog>, regions = ['us-east-1', 'us-west-2']): Catalog {
  const read = regions.flatMap((region) =>
    (['models', 'profiles', 'endpoints'] as const).map((what) => ({ what, region })),
  );
  return { models: [], profiles: [], endpoints: [], read, ...has };
}
