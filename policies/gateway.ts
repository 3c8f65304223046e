import { TollgateError } from '../contract/errors.ts';
import type { CountedBy } from '../contract/identity.ts';
import { documentOf, type PolicyDocument } from './document.ts';
import { usageKey } from './usage-key.ts';

/**
 * What a REQUEST authorizer returns to API Gateway
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html).
 */
export interface AuthorizerAnswer {
  readonly principalId: string;
  readonly policyDocument: PolicyDocument;
  readonly context: Readonly<Record<string, string>>;
  /**
   * The API key whose usage plan counts this call. Whoever chooses it chooses whose limits apply, so it is derived from the
   * verified tenant and from the stage that API Gateway itself names, and from nothing that the caller sends. The API takes
   * its keys from here and not from the `x-api-key` header. Absent from a denial, which needs none.
   */
  readonly usageIdentifierKey?: string;
}

// arn:partition:execute-api:region:account:api/stage/METHOD/path. The path is the caller's and may hold anything; nothing
// of it is used.
const METHOD_ARN =
  /^(?<all>arn:aws(?:-us-gov|-cn|-eusc)?:execute-api:(?<region>[a-z0-9-]{1,20}):(?<account>\d{12}):[A-Za-z0-9]{1,64}\/(?<stage>[A-Za-z0-9_-]{1,128}))\/[A-Z]{1,16}\//;

/**
 * Allows every method of the stage, because API Gateway caches the answer and applies it to whatever the same header
 * calls next; a policy for the one method asked for would refuse the others. Which model is allowed is decided later.
 *
 * @param methodArn `event.methodArn`
 * @param principalId who, for API Gateway's own log
 * @param context flat strings, as `encodeContext` makes them
 * @param countedBy as the tenant's entry says: the tenant itself, its unit, or the stage's default plan
 * @throws TollgateError `forbidden` with reason method-arn
 */
export function allowStage(
  methodArn: string,
  principalId: string,
  context: Readonly<Record<string, string>>,
  countedBy: CountedBy,
): AuthorizerAnswer {
  const { all, ...stage } = stageOf(methodArn);
  return { ...answer('Allow', all, principalId, context), usageIdentifierKey: usageKey(stage, countedBy) };
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
  return answer('Deny', stageOf(methodArn).all, principalId, context);
}

function stageOf(methodArn: unknown): Record<'all' | 'account' | 'region' | 'stage', string> {
  const found = typeof methodArn === 'string' ? METHOD_ARN.exec(methodArn)?.groups : undefined;
  if (found === undefined) throw new TollgateError('forbidden', { reason: 'method-arn' });
  return found as ReturnType<typeof stageOf>;
}

function answer(
  effect: 'Allow' | 'Deny',
  stageArn: string,
  principalId: string,
  context: Readonly<Record<string, string>>,
): AuthorizerAnswer {
  return {
    principalId,
    policyDocument: documentOf([{ Effect: effect, Action: ['execute-api:Invoke'], Resource: [`${stageArn}/*/*`] }]),
    context,
  };
}
