import type { Stack } from 'aws-cdk-lib';
import { CfnVPCEndpoint, GatewayVpcEndpointAwsService, InterfaceVpcEndpointAwsService } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { documentOf, type PermissionStatement, type PolicyDocument } from '../../policies/document.ts';
import { bad, PREFIX } from '../settings/setting.ts';
import { ENDPOINT_POLICY_MAX_CHARS, type EndpointStatement, endpointPolicy, imageLayers } from './endpoint-policy.ts';
import { accountsOf, type Inside } from './roles-inside.ts';
import { GATEWAYS, SERVICE_NAMES, SERVICES, type Service } from './services.ts';
import type { Place } from './vpc.ts';

export type EndpointPolicies = Map<Service, PolicyDocument<EndpointStatement>>;

interface Where {
  partition: string;
  region: string;
  account: string;
}

/** The services that are spoken to from inside, and what may pass the endpoint of each. */
export function policiesOf(
  stack: Stack,
  inside: readonly Inside[],
  { partition, region, account }: Where,
): EndpointPolicies {
  const others = accountsOf(inside, account);
  const sessions = inside.filter(({ by }) => by === 'session').flatMap(({ allowed }) => allowed);
  // A session of another account's role calls what is there, and is made by one of the stage's own.
  const called = sessions.filter(({ Action }) => !Action.includes('sts:AssumeRole'));
  const there = others.flatMap((other) => elsewhere(called, stack.resolve(account), other));
  const allowed = [...inside.flatMap((one) => one.allowed), ...there];
  const actions = allowed.flatMap(({ Action }) => Action);
  const unknown = actions.find((action) => !SERVICE_NAMES.some((service) => SERVICES[service].test(action)));
  if (unknown !== undefined)
    throw new Error(`a role in the network may ${unknown}, and infra/network/services.ts names no endpoint for it`);
  const policies: EndpointPolicies = new Map();
  for (const service of SERVICE_NAMES) {
    const isCalled = there.some(({ Action }) => Action.some((action) => SERVICES[service].test(action)));
    const policy = endpointPolicy(service, allowed, isCalled ? [account, ...others] : [account]);
    if (policy === undefined) continue;
    if (JSON.stringify(policy).length > ENDPOINT_POLICY_MAX_CHARS)
      throw bad(
        // Each account of a spoke has all of the regions.
        PREFIX + (others.length === 0 ? 'modelRegions' : 'spokes'),
        `are too many for the policy of the endpoint ${service}`,
      );
    policies.set(service, policy);
  }
  if (inside.some(({ by }) => by === 'task'))
    policies.set('s3', documentOf([...(policies.get('s3')?.Statement ?? []), imageLayers(partition, region)]));
  return policies;
}

/** The same in another account; it is a reference where the stage's own is not known. */
function elsewhere(statements: readonly PermissionStatement[], own: unknown, other: string): PermissionStatement[] {
  const [from, to] = typeof own === 'string' ? [own, other] : [JSON.stringify(own), JSON.stringify(other)];
  return JSON.parse(JSON.stringify(statements).replaceAll(from, to));
}

/** @returns the id of each */
export function addEndpoints(
  scope: Construct,
  { vpc, subnets, routeTables }: Place,
  { policies, groupId }: { policies: EndpointPolicies; groupId: string },
): Map<Service, string> {
  const endpoints = new Construct(scope, 'Endpoints');
  return new Map(
    [...policies].map(([service, policyDocument]) => {
      const reached = GATEWAYS.includes(service)
        ? {
            vpcEndpointType: 'Gateway',
            serviceName: new GatewayVpcEndpointAwsService(service).name,
            routeTableIds: routeTables,
          }
        : {
            vpcEndpointType: 'Interface',
            serviceName: new InterfaceVpcEndpointAwsService(service).name,
            privateDnsEnabled: true,
            subnetIds: subnets.map(({ subnetId }) => subnetId),
            securityGroupIds: [groupId],
          };
      const id = service.replaceAll('.', '-');
      return [service, new CfnVPCEndpoint(endpoints, id, { vpcId: vpc.vpcId, policyDocument, ...reached }).ref];
    }),
  );
}
