import type { Access } from '../../../policies/simulate/types.ts';
import { answer } from '../answer/answer.ts';
import { createPromptCache } from '../answer/cache.ts';
import { digest } from '../digest.ts';
import { AwsError } from '../error.ts';
import { EVENT_STREAM, frame, restJsonError } from '../frames.ts';
import { parseBody } from '../read.ts';
import type { Store } from '../s3/store.ts';
import type { AwsRequest, Reply, Service, WholeReply } from '../service.ts';
import { CONTAINERS, type Container, containerFormat } from './container.ts';
import { controlPlane, isControl } from './control-plane.ts';
import { runLater } from './later.ts';

/**
 * Endpoints of the local account: the demo's, and any whose name ends in what it runs (`-lmi`, `-tgi`, `-jumpstart`, `-tei`,
 * `-rerank`, `-echo`). One whose name begins with `pool-` hosts inference components, of any name, and is called with one; one
 * whose name begins with `multi-` hosts models of any name, and is called with one of those; one whose name begins with `async-` reads
 * from S3 and writes to it, and answers later.
 */
const DEMO = 'mixtral-8x7b';
const POOL = /^pool-/;
const MULTI = /^multi-/;
const ASYNC = /^async-/;

const PATH = /^\/endpoints\/([A-Za-z0-9-]{1,63})\/(invocations|invocations-response-stream|async-invocations)$/;

const COMPONENT = 'x-amzn-sagemaker-inference-component';
const TARGET_MODEL = 'x-amzn-sagemaker-target-model';

/** Bytes of a payload part of TGI's, which cuts its events anywhere; the others' parts are an event each. */
const TGI_PART_BYTES = 23;

const OPERATIONS: Readonly<Record<string, string>> = {
  invocations: 'InvokeEndpoint',
  'invocations-response-stream': 'InvokeEndpointWithResponseStream',
  'async-invocations': 'InvokeEndpointAsync',
};

const runs = (endpoint: string) => CONTAINERS.find((name) => endpoint.endsWith(`-${name}`));
const exists = (endpoint: string) => endpoint === DEMO || runs(endpoint) !== undefined;

/** SageMaker Runtime, and what of SageMaker's own API says which endpoints there are. @param options.objects of S3, for what answers later */
export function createSageMaker(options: { account: string; objects: Store; now: () => number }): Service {
  const { account: own, objects, now } = options;
  const cache = createPromptCache();
  return {
    name: 'sagemaker',
    // Reading which endpoints there are is not calling one.
    strict: (request) => !isControl(request),
    fail: restJsonError,
    plan(request, account = own) {
      if (isControl(request))
        return controlPlane(request, { account, listed: [DEMO], exists, isAsync: (name) => ASYNC.test(name) });
      const [, endpoint = '', way = ''] = PATH.exec(request.path) ?? [];
      if (request.method !== 'POST' || endpoint === '')
        throw new AwsError(404, 'UnknownOperationException', 'Unknown operation.');
      const operation = OPERATIONS[way] ?? '';
      const isLater = operation === 'InvokeEndpointAsync';
      return {
        operation,
        model: endpoint,
        request: digest(operation, request.body),
        needs: accesses(operation, endpoint, request, account),
        serve: () =>
          isLater
            ? later(endpoint, request, account)
            : respond(endpoint, way === 'invocations-response-stream', request, account),
      };
    },
  };

  function later(endpoint: string, request: AwsRequest, account: string): Promise<WholeReply> {
    const container = containerOf(endpoint, false, request, account, true);
    return runLater(request, objects, now, (read) => run(container, endpoint, false, read) as WholeReply);
  }

  function respond(endpoint: string, streaming: boolean, request: AwsRequest, account: string): Reply {
    const container = containerOf(endpoint, streaming, request, account);
    try {
      return run(container, endpoint, streaming, request);
    } catch (error) {
      if (error instanceof AwsError && error.status === 400)
        throw modelError(error.message, endpoint, request.region, account);
      throw error;
    }
  }

  function run(container: Container, endpoint: string, streaming: boolean, request: AwsRequest): Reply {
    const attributes = request.headers['x-amzn-sagemaker-custom-attributes'];
    const headers = {
      'x-amzn-invoked-production-variant': request.headers['x-amzn-sagemaker-target-variant'] ?? 'AllTraffic',
      ...(attributes !== undefined && { 'x-amzn-sagemaker-custom-attributes': attributes }),
    };
    const given = { 'content-type': request.headers['content-type'] ?? 'application/octet-stream' };
    if (container === 'echo') return { status: 200, headers: { ...headers, ...given }, body: request.body };
    const body = parseBody(request.body);
    const format = containerFormat(container, body);
    const prompt = format.read(body);
    const said = answer(prompt, cache(endpoint, prompt.parts));
    const { usage } = said;
    const ran = request.headers[TARGET_MODEL] ?? endpoint;
    if (!streaming)
      return {
        status: 200,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(format.whole(said, ran, body)),
        usage,
      };
    const events = format.events(said, endpoint, body);
    const parts = container === 'tgi' ? cut(Buffer.from(events.join('')), TGI_PART_BYTES) : events;
    return {
      status: 200,
      headers: { ...headers, 'content-type': EVENT_STREAM, 'x-amzn-sagemaker-content-type': 'text/event-stream' },
      frames: parts.map((part) => frame('PayloadPart', part, 'application/octet-stream')),
      usage,
    };
  }

  /** @throws AwsError ValidationError, as for an endpoint or a component that is not there */
  function containerOf(
    endpoint: string,
    streaming: boolean,
    { headers }: AwsRequest,
    account: string,
    isLater = false,
  ): Container {
    const container = runs(endpoint);
    if (!exists(endpoint))
      throw new AwsError(400, 'ValidationError', `Endpoint ${endpoint} of account ${account} not found.`);
    if (ASYNC.test(endpoint) !== isLater)
      throw new AwsError(400, 'ValidationError', `Endpoint ${endpoint} does not support this type of invocation.`);
    if (POOL.test(endpoint) === (headers[COMPONENT] === undefined))
      throw new AwsError(
        400,
        'ValidationError',
        POOL.test(endpoint)
          ? 'Inference Component Name header is required for endpoints to which you plan to deploy inference components.'
          : `Inference Component ${headers[COMPONENT]} not found.`,
      );
    if (MULTI.test(endpoint) === (headers[TARGET_MODEL] === undefined))
      throw new AwsError(
        400,
        'ValidationError',
        MULTI.test(endpoint)
          ? `Endpoint ${endpoint} is a multi-model endpoint and needs a target model header.`
          : `Endpoint ${endpoint} is not a multi-model endpoint and does not support target model header ${headers[TARGET_MODEL]}.`,
      );
    if (MULTI.test(endpoint) && streaming)
      throw new AwsError(400, 'ValidationError', `Endpoint ${endpoint} does not support response streaming.`);
    return container ?? 'lmi';
  }

  /** What a container refuses, in the words that SageMaker puts around it. */
  function modelError(said: string, endpoint: string, region: string, account: string): AwsError {
    const log = `/aws/sagemaker/Endpoints/${endpoint}`;
    return new AwsError(
      424,
      'ModelError',
      `Received client error (400) from primary with message "${said}". See https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=${log} in account ${account} for more information.`,
      {
        OriginalStatusCode: 400,
        OriginalMessage: JSON.stringify({ error: said }),
        LogStreamArn: `arn:aws:logs:${region}:${account}:log-group:${log}`,
      },
    );
  }

  function accesses(operation: string, endpoint: string, { region, headers }: AwsRequest, account: string): Access[] {
    const model = operation === 'InvokeEndpoint' ? headers[TARGET_MODEL] : undefined;
    const on = (resource: string): Access => ({
      action: `sagemaker:${operation}`,
      resource: `arn:aws:sagemaker:${region}:${account}:${resource}`,
      context: model === undefined ? {} : { 'sagemaker:TargetModel': model },
    });
    const component = headers[COMPONENT];
    return [on(`endpoint/${endpoint}`), ...(component === undefined ? [] : [on(`inference-component/${component}`)])];
  }
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}
