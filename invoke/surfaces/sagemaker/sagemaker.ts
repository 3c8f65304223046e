import { TollgateError } from '../../../contract/errors.ts';
import { parseJson } from '../../../contract/json.ts';
import type { AllowedModel, TargetOf } from '../../../contract/model.ts';
import { eachTarget, targetsOf } from '../../../contract/places.ts';
import { kindOf, pathIdOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import type { EndpointOperation, ProviderRequest } from '../../call.ts';
import { anyBytes } from '../../edge/body.ts';
import type { AskedHeaders, Exchange, Given } from '../../exchange.ts';
import { COMPONENT_HEADER, TARGET_MODEL_HEADER } from '../../providers/sagemaker.ts';
import { checkFields, type Fields, unsupported } from '../fields.ts';
import { relay } from '../relay.ts';
import { checkBody } from './body.ts';
import { ENDPOINT_FRAMES } from './frames.ts';
import { ACCEPT_HEADER, INVOKE_HEADERS, STREAM_HEADERS } from './headers.ts';

/** SageMaker Runtime's own wire format: bytes in, bytes out, whatever the container takes. */

const EVENT_STREAM = 'application/vnd.amazon.eventstream';

const OWN = 'x-amzn-sagemaker-';

/**
 * `POST /endpoints/{name}/invocations` and `/invocations-response-stream`
 *
 * @param named a registry id or an endpoint's own name
 * @throws TollgateError
 */
export async function invokeEndpoint(exchange: Exchange, named: string, operation: EndpointOperation): Promise<Given> {
  const { request } = exchange;
  const stream = operation === 'invocations-response-stream';
  const own = ownHeaders(request.headers, stream ? STREAM_HEADERS : INVOKE_HEADERS);
  const { [COMPONENT_HEADER]: component, [TARGET_MODEL_HEADER]: targetModel, [ACCEPT_HEADER]: accept, ...passed } = own;
  const behind: Behind = { component, targetModel };
  const { body, json } = await anyBytes(request);
  // Strictly, because it is counted by what its first reader finds in it; any other body is counted by its bytes.
  const value = json ? parseJson(body) : undefined;
  const answer = await exchange.run({
    surface: 'sagemaker',
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted: (component ?? targetModel) === undefined ? named : await entryOf(exchange, named, behind),
    action: stream ? 'stream' : 'invoke',
    passes: true,
    prepare: (model): ProviderRequest => {
      checkBehind(endpointsOf(model), behind);
      if (stream && targetsOf(model).every((target) => pathIdOf(target, 'stream') === undefined))
        throw unsupported('name', 'SageMaker streams of no endpoint of many models; call /invocations.');
      checkBody(value, named, model);
      return {
        operation,
        body,
        contentType: request.headers.get('content-type') ?? 'application/octet-stream',
        accept: (stream ? accept : request.headers.get('accept')) ?? '',
        headers: passed,
      };
    },
    waitUntil: exchange.waitUntil,
  });
  const headers = { ...answer.headers, ...lifecycleHeaders(answer.model, exchange.nowSeconds) };
  const { status } = answer;
  if (answer.kind === 'whole') return { status, headers, body: answer.body };
  return {
    status,
    headers: { ...headers, 'content-type': EVENT_STREAM },
    body: relay(answer.events, ENDPOINT_FRAMES, exchange.broke),
  };
}

/** SageMaker's own headers, as their table has them. */
export function ownHeaders(headers: AskedHeaders, fields: Fields): Record<string, string> {
  const own = Object.fromEntries([...headers].filter(([name]) => name.startsWith(OWN)));
  checkFields(fields, own);
  return own;
}

/** What of an endpoint the caller names, where it hosts many things that are granted one by one. */
interface Behind {
  component: string | undefined;
  targetModel: string | undefined;
}

/** The endpoint's name and what is behind it say together which entry is meant. */
async function entryOf({ entries, caller }: Exchange, named: string, behind: Behind): Promise<string> {
  const { models } = await entries(caller);
  const meant = eachTarget(models).find(
    ({ target }) =>
      target.kind === 'sagemaker-endpoint' &&
      target.endpointName === named &&
      target.inferenceComponent === behind.component &&
      target.targetModel === behind.targetModel,
  );
  return meant?.id ?? named;
}

/** @throws TollgateError for what is behind none of the granted model's own endpoints */
function checkBehind(targets: readonly TargetOf<'sagemaker-endpoint'>[], { component, targetModel }: Behind): void {
  if (component !== undefined && !targets.some(({ inferenceComponent }) => inferenceComponent === component))
    throw new TollgateError('model_not_allowed', { reason: 'component-not-granted' });
  if (targetModel === undefined || targets.some((target) => target.targetModel === targetModel)) return;
  if (targets.every((target) => target.targetModel === undefined))
    throw unsupported(TARGET_MODEL_HEADER, 'The entry of this model names no model behind its endpoint.');
  throw new TollgateError('model_not_allowed', { reason: 'target-model-not-granted' });
}

/** In each of its places; what they all have the first has, too. */
export function endpointsOf(
  model: AllowedModel,
): [TargetOf<'sagemaker-endpoint'>, ...TargetOf<'sagemaker-endpoint'>[]] {
  const [first, ...others] = targetsOf(model).filter((target) => target.kind === 'sagemaker-endpoint');
  if (first !== undefined) return [first, ...others];
  throw new TollgateError('invalid_request', {
    field: 'name',
    reason: 'wrong-surface',
    message: `This model is ${kindOf(model.target).name}; it is not called through the paths of endpoints.`,
  });
}
