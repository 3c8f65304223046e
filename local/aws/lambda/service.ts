import { randomUUID } from 'node:crypto';
import { AwsError } from '../error.ts';
import { restJsonError } from '../frames.ts';
import { parseBody } from '../read.ts';
import type { Reply, Service } from '../service.ts';

/**
 * A function of this account.
 *
 * @param payload the event, parsed
 * @returns what its handler answers, which may reject; undefined when there is no such function
 */
export type InvokeFunction = (name: string, payload: unknown, requestId: string) => Promise<unknown> | undefined;

export interface LambdaOptions {
  account: string;
  invoke: InvokeFunction;
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Name of at most 64 characters, or the whole ARN of the function (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). */
const FUNCTION = /^(?:arn:aws:lambda:[a-z0-9-]+:\d{12}:function:)?([A-Za-z0-9_-]{1,64})$/;

/** Lambda: Invoke, synchronously. */
export function createLambda({ account, invoke }: LambdaOptions): Service {
  return {
    name: 'lambda',
    // As with the stores: whoever reaches the loopback interface is the account's operator, who may invoke any function. What
    // a function believes of an event is the function's to prove.
    strict: () => false,
    fail: restJsonError,
    plan(request) {
      const [, name] = FUNCTION.exec(decodeURIComponent(PATH.exec(request.path)?.[1] ?? '')) ?? [];
      if (request.method !== 'POST' || name === undefined)
        throw new AwsError(404, 'UnknownOperationException', 'Unknown operation.');
      const resource = `arn:aws:lambda:${request.region}:${account}:function:${name}`;
      return {
        operation: 'Invoke',
        needs: [{ action: 'lambda:InvokeFunction', resource, context: {} }],
        serve: () => answer(resource, invoke(name, parseBody(request.body), randomUUID())),
      };
    },
  };
}

async function answer(resource: string, running: Promise<unknown> | undefined): Promise<Reply> {
  if (running === undefined) throw new AwsError(404, 'ResourceNotFoundException', `Function not found: ${resource}`);
  const headers = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' };
  try {
    const result = (await running) ?? null;
    return { status: 200, headers, body: Buffer.isBuffer(result) ? result : JSON.stringify(result) };
  } catch (error) {
    // What a handler throws is an answer, too.
    const { name, message } = error instanceof Error ? error : new Error('not an Error');
    const body = JSON.stringify({ errorType: name, errorMessage: message });
    return { status: 200, headers: { ...headers, 'x-amz-function-error': 'Unhandled' }, body };
  }
}
