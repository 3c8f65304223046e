import type { Access } from '../../../policies/simulate/types.ts';
import { answer } from '../answer/answer.ts';
import { createPromptCache } from '../answer/cache.ts';
import { digest } from '../digest.ts';
import { AwsError } from '../error.ts';
import { EVENT_STREAM, frame, restJsonError } from '../frames.ts';
import { parseBody } from '../read.ts';
import type { AwsRequest, Reply, Service } from '../service.ts';
import { containerFormat } from './container.ts';

/** Endpoints of the local account; each runs a container that takes OpenAI messages and `{inputs, parameters}`. */
const ENDPOINTS: ReadonlySet<string> = new Set(['mixtral-8x7b']);

const PATH = /^\/endpoints\/([A-Za-z0-9-]{1,63})\/invocations(-response-stream)?$/;

/** SageMaker Runtime: InvokeEndpoint and InvokeEndpointWithResponseStream. */
export function createSageMaker({ account }: { account: string }): Service {
  const cache = createPromptCache();
  return {
    name: 'sagemaker',
    strict: () => true,
    fail: restJsonError,
    plan(request) {
      const [, endpoint = '', streaming] = PATH.exec(request.path) ?? [];
      if (request.method !== 'POST' || endpoint === '')
        throw new AwsError(404, 'UnknownOperationException', 'Unknown operation.');
      const operation = streaming === undefined ? 'InvokeEndpoint' : 'InvokeEndpointWithResponseStream';
      return {
        operation,
        model: endpoint,
        request: digest(operation, request.body),
        needs: accesses(`sagemaker:${operation}`, endpoint, request),
        serve: () => respond(endpoint, streaming !== undefined, request),
      };
    },
  };

  function respond(endpoint: string, streaming: boolean, request: AwsRequest): Reply {
    if (!ENDPOINTS.has(endpoint)) throw new AwsError(400, 'ValidationError', `Endpoint ${endpoint} not found.`);
    const body = parseBody(request.body);
    const format = containerFormat(body);
    const prompt = format.read(body);
    const given = answer(prompt, cache(endpoint, prompt.parts));
    const headers = { 'x-amzn-invoked-production-variant': 'AllTraffic' };
    if (!streaming)
      return {
        status: 200,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(format.whole(given, endpoint)),
        usage: given.usage,
      };
    const frames = format
      .events(given, endpoint, body)
      .map((event) => frame('PayloadPart', event, 'application/octet-stream'));
    return {
      status: 200,
      headers: { ...headers, 'content-type': EVENT_STREAM, 'x-amzn-sagemaker-content-type': 'text/event-stream' },
      frames,
      usage: given.usage,
    };
  }

  function accesses(action: string, endpoint: string, { region, headers }: AwsRequest): Access[] {
    const on = (resource: string): Access => ({
      action,
      resource: `arn:aws:sagemaker:${region}:${account}:${resource}`,
      context: {},
    });
    const component = headers['x-amzn-sagemaker-inference-component'];
    return [on(`endpoint/${endpoint}`), ...(component === undefined ? [] : [on(`inference-component/${component}`)])];
  }
}
