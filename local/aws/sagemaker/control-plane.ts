import { AwsError, invalid } from '../error.ts';
import { targetOperation } from '../json-rpc.ts';
import { parseBody } from '../read.ts';
import type { AwsRequest, Plan } from '../service.ts';

/** SageMaker's own API speaks AWS JSON 1.1, all of it on one path; its runtime does not. */
export function isControl({ method, path, headers }: Pick<AwsRequest, 'method' | 'path' | 'headers'>): boolean {
  return method === 'POST' && path === '/' && headers['x-amz-target']?.startsWith('SageMaker.') === true;
}

export interface ControlPlaneOptions {
  account: string;
  /** The endpoints that a list names; others are there by their name alone. */
  listed: readonly string[];
  exists(name: string): boolean;
  isAsync(name: string): boolean;
}

/** Reading which endpoints there are: ListEndpoints and DescribeEndpoint. */
export function controlPlane(request: AwsRequest, { account, listed, exists, isAsync }: ControlPlaneOptions): Plan {
  const { headers, region } = request;
  const arnOf = (name: string) => `arn:aws:sagemaker:${region}:${account}:endpoint/${name}`;
  const shared = { EndpointStatus: 'InService', CreationTime: MADE_AT, LastModifiedTime: MADE_AT };
  const operation = targetOperation(headers);
  const body = parseBody(request.body);
  if (operation === 'ListEndpoints') {
    const from = Number(body.NextToken ?? 0);
    const size = Number(body.MaxResults ?? 10);
    return plan(operation, '*', () => {
      if (!(Number.isInteger(from) && from >= 0 && Number.isInteger(size) && size >= 1 && size <= 100))
        throw invalid('1 validation error detected.');
      return {
        Endpoints: listed
          .slice(from, from + size)
          .map((name) => ({ EndpointName: name, EndpointArn: arnOf(name), ...shared })),
        ...(from + size < listed.length ? { NextToken: String(from + size) } : {}),
      };
    });
  }
  if (operation !== 'DescribeEndpoint') throw new AwsError(404, 'UnknownOperationException', 'Unknown operation.');
  const name = String(body.EndpointName);
  return {
    ...plan(operation, arnOf(name), () => {
      if (!exists(name)) throw invalid(`Could not find endpoint "${arnOf(name)}".`);
      return {
        EndpointName: name,
        EndpointArn: arnOf(name),
        EndpointConfigName: name,
        ...shared,
        ...(isAsync(name) ? { AsyncInferenceConfig: { OutputConfig: { S3OutputPath: `s3://${name}/` } } } : {}),
      };
    }),
    model: name,
  };
}

/** Seconds since 1970, as AWS JSON writes a time. */
const MADE_AT = 1_764_547_200;

function plan(operation: string, resource: string, answer: () => object): Plan {
  return {
    operation,
    needs: [{ action: `sagemaker:${operation}`, resource, context: {} }],
    serve: () => ({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(answer()),
    }),
  };
}
