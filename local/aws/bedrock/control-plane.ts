import { AwsError } from '../error.ts';
import type { AwsRequest, Plan } from '../service.ts';
import { type FoundationModel, foundationModel, foundationModels, inferenceProfile, modalityOf } from './catalog.ts';
import { applicationProfile } from './owned.ts';
import { modelArn } from './resolve.ts';

const PATH = /^\/(foundation-models|inference-profiles)(?:\/([^/]+))?$/;

/** Reading what exists: ListFoundationModels, GetFoundationModel, GetInferenceProfile. Undefined for any other request. */
export function controlPlane({ method, path, region }: AwsRequest, account: string): Plan | undefined {
  const [, kind, segment] = PATH.exec(path) ?? [];
  if (method !== 'GET' || kind === undefined) return undefined;
  const id = segment === undefined ? '' : (decodeURIComponent(segment).split('/').at(-1) ?? '');
  if (kind === 'inference-profiles') {
    const application = applicationProfile(id, region);
    const profileArn = `arn:aws:bedrock:${region}:${account}:${application ? 'application-' : ''}inference-profile/${id}`;
    return plan('GetInferenceProfile', profileArn, () => {
      const profile = application ?? inferenceProfile(id);
      if (profile === undefined || !profile.regions.includes(region)) throw notFound();
      return {
        inferenceProfileId: id,
        inferenceProfileName: id,
        inferenceProfileArn: profileArn,
        models: profile.regions.map((each) => ({ modelArn: modelArn(profile.model.id, each) })),
        status: 'ACTIVE',
        type: application ? 'APPLICATION' : 'SYSTEM_DEFINED',
      };
    });
  }
  if (id === '')
    return plan('ListFoundationModels', '*', () => ({
      modelSummaries: foundationModels().map((model) => details(model, region)),
    }));
  return plan('GetFoundationModel', modelArn(id, region), () => {
    const model = foundationModel(id);
    if (model === undefined) throw notFound();
    return { modelDetails: details(model, region) };
  });
}

function plan(operation: string, resource: string, answer: () => object): Plan {
  return {
    operation,
    needs: [{ action: `bedrock:${operation}`, resource, context: {} }],
    serve: () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer()),
    }),
  };
}

function details(model: FoundationModel, region: string): object {
  const { id, format, profileOnly } = model;
  return {
    modelArn: modelArn(id, region),
    modelId: id,
    inputModalities: ['TEXT'],
    outputModalities: [modalityOf(model)],
    responseStreamingSupported: modalityOf(model) === 'TEXT',
    inferenceTypesSupported: [profileOnly ? 'INFERENCE_PROFILE' : 'ON_DEMAND'],
    modelLifecycle: { status: format === 'claude-legacy' ? 'LEGACY' : 'ACTIVE' },
  };
}

function notFound(): AwsError {
  return new AwsError(404, 'ResourceNotFoundException', 'Could not find the resource.');
}
