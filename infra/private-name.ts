import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import {
  CfnBasePathMappingV2,
  CfnDomainNameAccessAssociation,
  CfnDomainNameV2,
  type CfnRestApi,
  EndpointAccessMode,
  type RestApi,
  type SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import type { IAliasRecordTarget } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';

/** Whether an API is called by endpoints of VPCs alone. */
export function isPrivate(api: RestApi): boolean {
  return endpointOf(api).types?.includes('PRIVATE') ?? false;
}

/**
 * A name of a private API is another resource than that of a public one: it has a policy of its own, the API's once more, and is
 * called by the endpoints that it is associated with
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html).
 *
 * @param basePath '' for none
 * @returns what the name is to lead to; undefined where the network had the endpoint: it is associated and led to from there
 */
export function privateName(
  scope: Construct,
  api: RestApi,
  {
    domainName,
    basePath,
    ...tls
  }: { domainName: string; basePath: string; certificateArn: string; securityPolicy: SecurityPolicy },
): IAliasRecordTarget | undefined {
  const { policy } = api.node.defaultChild as CfnRestApi;
  const name = new CfnDomainNameV2(scope, 'PrivateName', {
    domainName,
    ...tls,
    endpointAccessMode: EndpointAccessMode.STRICT,
    endpointConfiguration: { types: ['PRIVATE'] },
    policy,
  });
  const domainNameArn = name.attrDomainNameArn;
  new CfnBasePathMappingV2(scope, 'PrivateMapping', {
    domainNameArn,
    restApiId: api.restApiId,
    stage: api.deploymentStage.stageName,
    ...(basePath === '' ? {} : { basePath }),
  });
  const [id] = endpointOf(api).vpcEndpointIds ?? [];
  const endpoint = Stack.of(scope)
    .node.findAll()
    .find((one): one is CfnVPCEndpoint => one instanceof CfnVPCEndpoint && one.ref === id);
  if (endpoint === undefined) {
    new CfnOutput(scope, 'Arn', { value: domainNameArn });
    return undefined;
  }
  new CfnDomainNameAccessAssociation(scope, 'Access', {
    domainNameArn,
    accessAssociationSource: endpoint.ref,
    accessAssociationSourceType: 'VPCE',
  });
  // The first is the endpoint's own, for all of its zones: "<hosted zone>:<name>".
  const [hostedZoneId, dnsName] = [0, 1].map((part) =>
    Fn.select(part, Fn.split(':', Fn.select(0, endpoint.attrDnsEntries))),
  );
  return { bind: () => ({ hostedZoneId: hostedZoneId ?? '', dnsName: dnsName ?? '' }) };
}

function endpointOf(api: RestApi): CfnRestApi.EndpointConfigurationProperty {
  const { endpointConfiguration = {} } = api.node.defaultChild as CfnRestApi;
  return endpointConfiguration as CfnRestApi.EndpointConfigurationProperty;
}
