import type { Stack } from 'aws-cdk-lib';
import {
  CfnSecurityGroup,
  type IPeer,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { NetworkSettings } from '../settings/index.ts';

const HTTPS = Port.tcp(443);

/** Whom callers of the private API, and of what else takes calls in the network, are known by. */
export function callersOf(scope: Construct, { callers }: NetworkSettings): IPeer[] {
  return [
    ...[...new Set(callers.cidrs)].map((cidr) => Peer.ipv4(cidr)),
    ...callers.groups.map((id) => named(scope, id)),
  ];
}

/** What functions and tasks are in: groups of yours, or one that reaches endpoints and nothing else, unless a way out was asked for. */
export function innerGroups(scope: Construct, vpc: IVpc, network: NetworkSettings): ISecurityGroup[] {
  if (network.securityGroups.length > 0) return network.securityGroups.map((id) => named(scope, id));
  const group = new SecurityGroup(scope, 'InnerGroup', {
    vpc,
    description: 'Tollgate: functions and tasks',
    allowAllOutbound: false,
  });
  const { prefixLists, proxy, wayOut } = network;
  if (prefixLists !== undefined) {
    group.addEgressRule(Peer.prefixList(prefixLists.s3), HTTPS, 'S3 by its endpoint');
    group.addEgressRule(Peer.prefixList(prefixLists.dynamodb), HTTPS, 'DynamoDB by its endpoint');
  }
  if (proxy !== undefined) group.addEgressRule(Peer.ipv4(proxy.cidr), Port.tcp(proxy.port), 'The proxy');
  if (wayOut) group.addEgressRule(Peer.anyIpv4(), HTTPS, 'TLS to anywhere, by the way out that was asked for');
  return [group as ISecurityGroup];
}

/** What the interfaces of endpoints are in: functions, tasks and callers reach them, and they reach nobody. */
export function endpointsGroup(
  scope: Construct,
  vpc: IVpc,
  {
    inner,
    callers,
    network,
  }: { inner: readonly ISecurityGroup[]; callers: readonly IPeer[]; network: NetworkSettings },
): SecurityGroup {
  const group = new SecurityGroup(scope, 'EndpointsGroup', {
    vpc,
    description: 'Tollgate: endpoints of AWS services',
    allowAllOutbound: false,
  });
  for (const peer of inner) {
    group.addIngressRule(peer, HTTPS, 'Functions and tasks');
    // What yours let out is yours to say.
    if (network.securityGroups.length === 0) peer.addEgressRule(group, HTTPS, 'Endpoints of AWS services');
  }
  for (const peer of callers) group.addIngressRule(peer, HTTPS, 'Callers');
  return group;
}

/** To nowhere: a host's own address is not on the network. */
const NOWHERE = {
  CidrIp: '127.0.0.1/32',
  IpProtocol: 'tcp',
  FromPort: 1,
  ToPort: 1,
  Description: 'Nothing by default',
};

/**
 * A group that is made without a rule of its own may be left with EC2's, which lets everything out
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html): rules that are resources
 * of their own, as between two groups, may not take it away.
 */
export function closeGroups(stack: Stack): void {
  for (const one of stack.node.findAll())
    if (CfnSecurityGroup.isCfnSecurityGroup(one) && (stack.resolve(one.securityGroupEgress) ?? []).length === 0)
      one.addPropertyOverride('SecurityGroupEgress', [NOWHERE]);
}

/** A group of somebody else's, to which nothing is added. */
function named(scope: Construct, id: string): ISecurityGroup {
  const path = `Group${id}`;
  const there = scope.node.tryFindChild(path) as ISecurityGroup | undefined;
  return there ?? SecurityGroup.fromSecurityGroupId(scope, path, id, { mutable: false });
}
