import { TollgateError } from '../contract/errors.ts';
import { documentOf, type PolicyDocument } from './document.ts';

/**
 * What a REQUEST authorizer returns to API Gateway
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html). There is no
 * `usageIdentifierKey`: it would hand the caller's usage plan to whoever can choose it.
 */
export interface AuthorizerAnswer {
  readonly principalId: string;
  readonly policyDocument: PolicyDocument;
  readonly context: Readonly<Record<string, string>>;
}

// arn:partition:execute-api:region:account:api/stage/METHOD/path. The path is the caller's and may hold anything; nothing
// of it is used.
const METHOD_ARN =
  /^(arn:aws(?:-us-gov|-cn|-eusc)?:execute-api:[a-z0-9-]{1,20}:\d{12}:[A-Za-z0-9]{1,64}\/[A-Za-z0-9_-]{1,128})\/[A-Z]{1,16}\//;

/**
 * Allows every method of the stage, because API Gateway caches the answer and applies it to whatever the same header
 * calls next; a policy for the one method asked for would refuse the others. Which model is allowed is decided later.
 *
 * @param methodArn `event.methodArn`
 * @param principalId who, for API Gateway's own log
 * @param context flat strings, as `encodeContext` makes them
 * @throws TollgateError `forbidden` with reason method-arn
 */
export function allowStage(
  methodArn: string,
  principalId: string,
  context: Readonly<Record<string, string>>,
): AuthorizerAnswer {
  return answer('Allow', methodArn, principalId, context);
}

/**
 * Denies every method of the stage: 403, cached like an allowing answer.
 *
 * @throws TollgateError `forbidden` with reason method-arn
 */
export function denyStage(
  methodArn: string,
  principalId: string,
  context: Readonly<Record<string, string>> = {},
): AuthorizerAnswer {
  return answer('Deny', methodArn, principalId, context);
}

function answer(
  effect: 'Allow' | 'Deny',
  methodArn: unknown,
  principalId: string,
  context: Readonly<Record<string, string>>,
): AuthorizerAnswer {
  const stage = typeof methodArn === 'string' ? METHOD_ARN.exec(methodArn)?.[1] : undefined;
  if (stage === undefined) throw new TollgateError('forbidden', { reason: 'method-arn' });
  return {
    principalId,
    policyDocument: documentOf([{ Effect: effect, Action: ['execute-api:Invoke'], Resource: [`${stage}/*/*`] }]),
    context,
  };
}
