import { TollgateError } from '../../contract/errors.ts';
import type { Clock } from '../../contract/log.ts';
import type { TargetOf } from '../../contract/model.ts';
import { LATER } from '../call.ts';
import { type BasedEndpoint, based, NAME, TOLD } from './endpoint.ts';
import type { Post } from './post.ts';
import type { Provider } from './provider.ts';
import { createRuntime, type RuntimeApi, segment } from './runtime.ts';

/** InvokeEndpoint's; of the others what the container is to answer in: a stream has one form, and so has what says where an answer will be. */
const ACCEPT = {
  invocations: 'accept',
  'invocations-response-stream': 'x-amzn-sagemaker-accept',
  [LATER]: 'x-amzn-sagemaker-accept',
} as const;

/** As `bedrockEndpoint` asks: here, because only a stage that has endpoints loads this file. */
async function sagemakerEndpoint(region: string): Promise<BasedEndpoint> {
  const { SageMakerRuntimeClient, InvokeEndpointCommand } = await import('@aws-sdk/client-sagemaker-runtime');
  return based(`/endpoints/${NAME}/`, (requestHandler) => {
    const client = new SageMakerRuntimeClient({ ...TOLD, region, requestHandler });
    return client.send(new InvokeEndpointCommand({ EndpointName: NAME, Body: '' }));
  });
}

const API: RuntimeApi = {
  service: 'sagemaker',
  endpointOf: sagemakerEndpoint,
  pathOf(target, { operation }) {
    if (target.kind !== 'sagemaker-endpoint' || !(operation in ACCEPT))
      throw new TollgateError('internal', { reason: 'not-an-endpoint' });
    return `/endpoints/${segment(target.endpointName)}/${operation}`;
  },
  headersOf(target, { operation, headers, contentType, accept }) {
    const { inferenceComponent: component, targetModel }: Partial<TargetOf<'sagemaker-endpoint'>> =
      target.kind === 'sagemaker-endpoint' ? target : {};
    return {
      ...headers,
      'content-type': contentType,
      ...(accept === '' ? {} : { [ACCEPT[operation as keyof typeof ACCEPT]]: accept }),
      // Here, and not in each surface: an endpoint of several components or models is never called without the granted one.
      ...(component === undefined ? {} : { [COMPONENT_HEADER]: component }),
      ...(targetModel === undefined ? {} : { [TARGET_MODEL_HEADER]: targetModel }),
    };
  },
};

export const COMPONENT_HEADER = 'x-amzn-sagemaker-inference-component';
export const TARGET_MODEL_HEADER = 'x-amzn-sagemaker-target-model';

/** SageMaker Runtime. */
export function createSageMaker(options: { post: Post; clock: Clock }): Provider {
  return createRuntime(API, options);
}
