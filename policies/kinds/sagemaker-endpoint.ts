import type { TargetOf } from '../../contract/model.ts';
import { allow, bad, inRegion, type Kind, type ModelArn, namesOf, type Shape } from './kind.ts';

const CALLS = { invoke: 'sagemaker:InvokeEndpoint', stream: 'sagemaker:InvokeEndpointWithResponseStream' } as const;

// CreateEndpoint, CreateInferenceComponent. SageMaker keeps the case that a name was created with.
const NAMED: Shape = { service: 'sagemaker', id: /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/ };

/** An endpoint of SageMaker, or the inference component that it hosts among others. */
export const sagemakerEndpoint: Kind<TargetOf<'sagemaker-endpoint'>> = {
  name: 'a SageMaker endpoint',
  runtime: 'sagemaker-runtime',
  paidBy: 'hour',
  shapes: { endpoint: NAMED, 'inference-component': NAMED },
  role: [{ actions: Object.values(CALLS), on: ['endpoint', 'inference-component'] }],
  // A container reads what it likes: there is no one member that limits its answer.
  restrictedBy: [],

  arns: ({ arn, componentArn }) => (componentArn === undefined ? [arn] : [arn, componentArn]),
  calledOn: ({ arn, componentArn }) => componentArn ?? arn,
  nativeId: ({ endpointName }) => endpointName,

  statements(target, wanted, parse) {
    const endpoint = parse(target.arn, 'target.arn', ['endpoint']);
    inRegion(endpoint, target);
    const arns = [endpoint];
    if (target.componentArn !== undefined) {
      const component = parse(target.componentArn, 'target.componentArn', ['inference-component']);
      if (component.partition !== endpoint.partition) throw bad('target.componentArn', 'partition-differs');
      if (component.account !== endpoint.account) throw bad('target.componentArn', 'account-differs');
      if (component.region !== endpoint.region) throw bad('target.componentArn', 'region-differs');
      arns.push(component);
    }
    return allow(namesOf(CALLS, wanted), arns);
  },

  fault({ endpointName, arn, inferenceComponent: name, componentArn }, parse) {
    if (!isNamed(endpointName, parse(arn, 'target.arn', ['endpoint'])))
      return { field: 'target.endpointName', reason: 'differs-from-arn' };
    if (name === undefined && componentArn === undefined) return undefined;
    if (name === undefined) return { field: 'target.inferenceComponent', reason: 'missing' };
    if (componentArn === undefined) return { field: 'target.componentArn', reason: 'missing' };
    const component = parse(componentArn, 'target.componentArn', ['inference-component']);
    return isNamed(name, component) ? undefined : { field: 'target.inferenceComponent', reason: 'differs-from-arn' };
  },

  paths({ arn, componentArn }, action) {
    // SageMaker has nothing that counts.
    if (action === 'count') return [];
    const name = action === 'stream' ? 'sagemaker:InvokeEndpointWithResponseStream' : 'sagemaker:InvokeEndpoint';
    const arns = componentArn === undefined ? [arn] : [arn, componentArn];
    return [arns.map((resource) => ({ action: name, resource, context: {} }))];
  },
};

// SageMaker has written names into its ARNs in lower case and as they were created.
function isNamed(name: string, arn: ModelArn): boolean {
  return name.toLowerCase() === arn.resourceId.toLowerCase();
}
