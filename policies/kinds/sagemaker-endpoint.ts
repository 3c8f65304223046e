import { isFolder } from '../../contract/folder.ts';
import type { TargetOf, TargetPurpose } from '../../contract/model.ts';
import type { Condition } from '../document.ts';
import { allow, bad, inRegion, type Kind, type ModelArn, type Shape } from './kind.ts';

export const CALLS = {
  invoke: 'sagemaker:InvokeEndpoint',
  stream: 'sagemaker:InvokeEndpointWithResponseStream',
} as const;

// Of an endpoint alone, and with no condition key: what it is to read is held by our own code.
const LATER = { invoke: 'sagemaker:InvokeEndpointAsync' } as const;

// CreateEndpoint, CreateInferenceComponent. SageMaker keeps the case that a name was created with.
const NAMED: Shape = { service: 'sagemaker', id: /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/ };

/**
 * An object below the prefix of an endpoint of many models, without what a policy or a path would interpret
 * (https://docs.aws.amazon.com/sagemaker/latest/dg/invoke-multi-model-endpoint.html).
 */
const TARGET_MODEL = /^\/?(?:[\w=+-][\w.=+-]*\/)*[\w=+-][\w.=+-]*$/;
const TARGET_MODEL_MAX = 1024;

// The one key that InvokeEndpoint has; neither the stream nor the other calls can name a model
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html).
const KEY = 'sagemaker:TargetModel';

/** An endpoint of SageMaker, or what it hosts among others: an inference component, or one of many models. */
export const sagemakerEndpoint: Kind<TargetOf<'sagemaker-endpoint'>> = {
  name: 'a SageMaker endpoint',
  runtime: 'sagemaker-runtime',
  paidBy: 'hour',
  shapes: { endpoint: NAMED, 'inference-component': NAMED },
  role: [
    { actions: Object.values(CALLS), on: ['endpoint', 'inference-component'] },
    { actions: Object.values(LATER), on: ['endpoint'] },
  ],
  // A container reads what it likes: there is no one member that limits its answer.
  restrictedBy: [],

  arns: ({ arn, componentArn }) => (componentArn === undefined ? [arn] : [arn, componentArn]),
  calledOn: ({ arn, componentArn, targetModel }) =>
    targetModel === undefined ? (componentArn ?? arn) : `${arn} ${targetModel}`,
  nativeId: ({ endpointName }) => endpointName,
  pathId: (target, action) => callsOf(target)[action] && target.endpointName,

  statements(target, wanted, parse) {
    const endpoint = parse(target.arn, 'target.arn', ['endpoint']);
    inRegion(endpoint, target);
    const arns = [endpoint];
    if (target.componentArn !== undefined) {
      const component = parse(target.componentArn, 'target.componentArn', ['inference-component']);
      for (const part of ['partition', 'account', 'region'] as const)
        if (component[part] !== endpoint[part]) throw bad('target.componentArn', `${part}-differs`);
      arns.push(component);
    }
    return allow(callsOf(target), wanted, arns, only(target));
  },

  fault({ endpointName, arn, inferenceComponent: name, componentArn, targetModel, asyncInput }, parse) {
    if (!isNamed(endpointName, parse(arn, 'target.arn', ['endpoint'])))
      return { field: 'target.endpointName', reason: 'differs-from-arn' };
    if (asyncInput !== undefined && !isFolder(asyncInput))
      return { field: 'target.asyncInput', reason: 'not-a-folder' };
    // Its call can name neither.
    if (asyncInput !== undefined && (name ?? componentArn ?? targetModel) !== undefined)
      return { field: 'target.asyncInput', reason: 'beside-a-part' };
    // SageMaker hosts the one or the other behind an endpoint.
    if (targetModel !== undefined && (name ?? componentArn) !== undefined)
      return { field: 'target.targetModel', reason: 'beside-a-component' };
    if (name === undefined && componentArn === undefined) return undefined;
    if (name === undefined) return { field: 'target.inferenceComponent', reason: 'missing' };
    if (componentArn === undefined) return { field: 'target.componentArn', reason: 'missing' };
    const component = parse(componentArn, 'target.componentArn', ['inference-component']);
    return isNamed(name, component) ? undefined : { field: 'target.inferenceComponent', reason: 'differs-from-arn' };
  },
};

/** What was made to answer later takes no other call, and what a call has to name does not stream. */
function callsOf({ targetModel, asyncInput }: TargetOf<'sagemaker-endpoint'>): Partial<Record<TargetPurpose, string>> {
  if (asyncInput !== undefined) return LATER;
  return targetModel === undefined ? CALLS : { invoke: CALLS.invoke };
}

/** That one model, or an endpoint that has no others: what is granted whole must not open what is granted by name. */
function only({ targetModel }: TargetOf<'sagemaker-endpoint'>): Condition {
  if (targetModel === undefined) return { Null: { [KEY]: 'true' } };
  if (targetModel.length > TARGET_MODEL_MAX || !TARGET_MODEL.test(targetModel))
    throw bad('target.targetModel', 'target-model');
  return { StringEquals: { [KEY]: targetModel } };
}

// SageMaker has written names into its ARNs in lower case and as they were created.
function isNamed(name: string, arn: ModelArn): boolean {
  return name.toLowerCase() === arn.resourceId.toLowerCase();
}
