/**
 * The part of an API Gateway `REQUEST` authorizer event that is read; all else in it is the caller's and is ignored
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html).
 */
export interface AuthorizerEvent {
  /** `arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}`. */
  methodArn: string;
  /** The last value of each header, under the name as the caller wrote it. */
  headers?: Readonly<Record<string, string | undefined>> | null;
  /** Every value of each header. */
  multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  requestContext?: { readonly requestId?: string };
}
