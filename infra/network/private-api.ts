import type { CfnRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { documentOf } from '../../policies/document.ts';
import type { NetworkSettings } from '../settings/index.ts';

/**
 * Nobody reaches the API but by an endpoint of these.
 *
 * By a Deny: a Lambda authorizer's Allow is enough where the API's policy says nothing
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html, table A). All keys stand in one
 * statement, so it denies what none of them lets in; a negated operator also holds where a key is absent, so what API Gateway does not
 * show is not let in either. Callers sign nothing, so no key of a principal can be there: the organisation is that of the endpoint's
 * owner (`aws:VpceOrgID`), and not `aws:PrincipalOrgID`, which needs IAM's own authorization
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html).
 *
 * @param endpoint the one that this stack made; undefined: the network had one
 */
export function makePrivate(api: RestApi, network: NetworkSettings, endpoint: string | undefined): void {
  const { callers, vpc } = network;
  const ids = [...(endpoint === undefined ? [] : [endpoint]), ...callers.endpoints];
  const from = {
    ...(ids.length === 0 ? {} : { 'aws:SourceVpce': ids }),
    ...(endpoint === undefined && 'id' in vpc ? { 'aws:SourceVpc': [vpc.id] } : {}),
    ...(callers.organization === undefined ? {} : { 'aws:VpceOrgID': [callers.organization] }),
  };
  const invoking = { Principal: '*', Action: ['execute-api:Invoke'], Resource: ['execute-api:/*'] } as const;
  const rest = api.node.defaultChild as CfnRestApi;
  rest.endpointConfiguration = {
    types: ['PRIVATE'],
    // A name of its own for each endpoint, which resolves everywhere to the endpoint's private addresses.
    ...(endpoint === undefined ? {} : { vpcEndpointIds: [endpoint] }),
  };
  rest.policy = documentOf([
    { Effect: 'Allow', ...invoking },
    { Effect: 'Deny', ...invoking, Condition: { StringNotEquals: from } },
  ]);
}
