import { readFileSync } from 'node:fs';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPrivate, parseCidr, partOf } from '../../infra/network/cidr.ts';
import { SERVICE_NAMES } from '../../infra/network/services.ts';
import { evaluate } from '../../policies/simulate/evaluate.ts';
import type { Policy, RequestContext } from '../../policies/simulate/types.ts';
import {
  CONTAINER,
  flat,
  GIVEN,
  MADE,
  MAXIMAL,
  ofType,
  only,
  type Resource,
  resourcesOf,
  rolesOf,
  stackOf,
  statementsOf,
} from './synth.ts';

const plain = resourcesOf(stackOf().stack);
const made = resourcesOf(stackOf(MADE).stack);
const given = resourcesOf(stackOf(GIVEN).stack);
const contained = resourcesOf(stackOf({ ...CONTAINER, ...MADE }).stack);
const maximal = resourcesOf(stackOf(MAXIMAL).stack);

const network = (members: Record<string, unknown>) => ({
  'tollgate:network': { cidr: '10.20.0.0/20', reachable: ['login.example.com'], ...members },
});
const functionsOf = (resources: Record<string, Resource>) =>
  Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
const services = (resources: Record<string, Resource>) =>
  ofType(resources, 'AWS::EC2::VPCEndpoint').map(({ ServiceName }) =>
    flat(ServiceName).replace(/^com\.amazonaws\.[^.]+\./, ''),
  );
/** Every address range that a rule of a security group names. */
const ranges = (resources: Record<string, Resource>): unknown[] =>
  Object.values(resources)
    .filter(({ Type }) => Type.startsWith('AWS::EC2::SecurityGroup'))
    .flatMap(({ Properties }) => [
      Properties,
      ...((Properties.SecurityGroupIngress ?? []) as object[]),
      ...((Properties.SecurityGroupEgress ?? []) as object[]),
    ])
    .flatMap((rule) => Object.values(rule as Record<string, unknown>))
    .filter((value) => typeof value === 'string' && /\/\d+$|::/.test(value));

test('without it there is no network, and no function is in one', () => {
  expect(Object.values(plain).filter(({ Type }) => Type.startsWith('AWS::EC2::'))).toEqual([]);
  for (const { Properties } of functionsOf(plain)) expect(Properties).not.toHaveProperty('VpcConfig');
  expect(JSON.stringify(plain)).not.toMatch(/"ec2:|PRIVATE"|vpce/);
  expect(
    Object.keys(plain)
      .filter((id) => made[id] === undefined)
      .map((id) => plain[id]?.Type),
  ).toEqual(['AWS::ApiGateway::Deployment']);
});

describe('a network that is made', () => {
  test('has a private subnet in each zone, and no address, gateway or route of the internet', () => {
    expect(only(made, 'AWS::EC2::VPC')).toMatchObject({
      CidrBlock: '10.20.0.0/20',
      EnableDnsHostnames: true,
      EnableDnsSupport: true,
    });
    const subnets = ofType(made, 'AWS::EC2::Subnet');
    expect(subnets.map(({ CidrBlock }) => CidrBlock)).toEqual(['10.20.0.0/22', '10.20.4.0/22']);
    for (const subnet of subnets) expect(subnet.MapPublicIpOnLaunch).toBe(false);
    for (const type of ['InternetGateway', 'NatGateway', 'EIP', 'Route'])
      expect(ofType(made, `AWS::EC2::${type}`), type).toEqual([]);
    expect(JSON.stringify(subnets)).toContain('Fn::GetAZs');
  });

  test('a zone or a NAT gateway more moves no subnet', () => {
    const where = (members: Record<string, unknown>) =>
      Object.entries(resourcesOf(stackOf(network(members)).stack))
        .filter(([, { Type }]) => Type === 'AWS::EC2::Subnet')
        .map(([id, { Properties }]) => [id, Properties.CidrBlock] as const);
    const before = where({});
    for (const more of [{ zones: 3 }, { nat: 1 }, { zones: 3, nat: 3 }]) {
      const after = where(more);
      for (const one of before) expect(after).toContainEqual(one);
      expect(new Set(after.map(([, cidr]) => cidr)).size).toBe(after.length);
    }
    expect(where({ zones: 3, nat: 3 }).map(([, cidr]) => cidr)).toEqual([
      ...['10.20.12.0/24', '10.20.13.0/24', '10.20.14.0/24'],
      ...['10.20.0.0/22', '10.20.4.0/22', '10.20.8.0/22'],
    ]);
  });

  test('is in the zones that are named', () => {
    const resources = resourcesOf(stackOf(network({ zones: ['us-east-1b', 'us-east-1d'] })).stack);
    expect(ofType(resources, 'AWS::EC2::Subnet').map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
      'us-east-1b',
      'us-east-1d',
    ]);
  });

  test('has a way out where one was asked for, and then to TLS alone', () => {
    const resources = resourcesOf(stackOf(network({ nat: 2 })).stack);
    expect(ofType(resources, 'AWS::EC2::NatGateway')).toHaveLength(2);
    const open = ofType(resources, 'AWS::EC2::SecurityGroup').flatMap(({ SecurityGroupEgress = [] }) =>
      (SecurityGroupEgress as { CidrIp?: string }[]).filter(({ CidrIp }) => CidrIp === '0.0.0.0/0'),
    );
    expect(open).toEqual([expect.objectContaining({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })]);
    expect(ranges(resources)).not.toContain('::/0');
  });

  test('its flows are written down where the settings say', () => {
    const destination = (members: Record<string, unknown>) =>
      ofType(resourcesOf(stackOf(network(members)).stack), 'AWS::EC2::FlowLog').map(
        ({ LogDestinationType }) => LogDestinationType,
      );
    expect(destination({})).toEqual(['s3']);
    expect(destination({ flowLogs: 'cloudwatch' })).toEqual(['cloud-watch-logs']);
    expect(destination({ flowLogs: 'none' })).toEqual([]);
    const flows = rolesOf(maximal).find(({ name }) => name === 'tollgate-dev-flows-us-east-1');
    expect(flows?.trust[0]?.Condition).toEqual({ StringEquals: { 'aws:SourceAccount': '111122223333' } });
  });
});

describe('a network that is there', () => {
  test('nothing of it is made or looked up but groups and endpoints, under the ids that were given', () => {
    const types = new Set(
      Object.values(given)
        .map(({ Type }) => Type)
        .filter((type) => type.startsWith('AWS::EC2::')),
    );
    expect([...types].sort()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
      'AWS::EC2::VPCEndpoint',
    ]);
    for (const endpoint of ofType(given, 'AWS::EC2::VPCEndpoint'))
      if (endpoint.VpcEndpointType === 'Gateway')
        expect(endpoint).toMatchObject({ VpcId: 'vpc-0a1b2c3d4e5f67890', RouteTableIds: ['rtb-0a1b2c3d4e5f67890'] });
      else
        expect(endpoint).toMatchObject({
          VpcId: 'vpc-0a1b2c3d4e5f67890',
          SubnetIds: ['subnet-0a1b2c3d4e5f67890', 'subnet-0a1b2c3d4e5f67891'],
        });
  });

  test('endpoints that it has are not made again, and yours are the groups that reach them', () => {
    const there = ['s3', 'dynamodb', 'sts', 'secretsmanager', 'execute-api'];
    const resources = resourcesOf(
      stackOf({
        'tollgate:network': {
          ...GIVEN['tollgate:network'],
          ...{ routeTables: [], endpoints: there, securityGroups: ['sg-0a1b2c3d4e5f67899'], egress: true },
        },
      }).stack,
    );
    expect(services(resources).filter((service) => there.includes(service))).toEqual([]);
    expect(services(resources)).toEqual(services(made).filter((service) => !there.includes(service)));
    for (const { Properties } of functionsOf(resources))
      expect(Properties.VpcConfig).toMatchObject({ SecurityGroupIds: ['sg-0a1b2c3d4e5f67899'] });
    expect(ranges(resources)).not.toContain('0.0.0.0/0');
    // Its endpoint is not known here, so the API asks for the network.
    expect(JSON.stringify(only(resources, 'AWS::ApiGateway::RestApi').Policy)).toContain(
      '"aws:SourceVpc":["vpc-0a1b2c3d4e5f67890"]',
    );
  });
});

describe('who is inside', () => {
  test.each([
    ['made', made],
    ['given', given],
    ['with a container', contained],
    ['with everything', maximal],
  ])('%s: every function, in private subnets', (_, resources) => {
    const inside = functionsOf(resources);
    expect(inside.length).toBeGreaterThan(0);
    for (const { Properties } of inside) {
      const { SubnetIds, SecurityGroupIds } = Properties.VpcConfig as Record<string, unknown[]>;
      expect(SubnetIds?.length).toBeGreaterThanOrEqual(2);
      for (const id of SubnetIds ?? []) expect(flat(id)).not.toContain('public');
      expect(SecurityGroupIds).toHaveLength(1);
    }
  });

  test('each of them waits until its endpoints are there', () => {
    for (const { DependsOn } of functionsOf(made))
      expect(DependsOn).toEqual(
        expect.arrayContaining(Object.keys(made).filter((id) => id.startsWith('NetworkEndpointss'))),
      );
  });

  test('but CDK’s own, which empties buckets when the network is about to go', () => {
    const resources = resourcesOf(stackOf({ ...MADE, 'tollgate:protect': 'none' }).stack);
    const outside = functionsOf(resources).filter(({ Properties }) => Properties.VpcConfig === undefined);
    expect(outside).toHaveLength(1);
    expect(Object.keys(resources).find((id) => resources[id] === outside[0])).toContain('S3AutoDeleteObjects');
  });

  test('tasks, without public addresses, and an internal load balancer that callers’ ranges reach', () => {
    const { AwsvpcConfiguration } = only(contained, 'AWS::ECS::Service').NetworkConfiguration as {
      AwsvpcConfiguration: Record<string, unknown>;
    };
    expect(AwsvpcConfiguration).toMatchObject({ AssignPublicIp: 'DISABLED' });
    expect(AwsvpcConfiguration.SecurityGroups).toHaveLength(2);
    expect(only(contained, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Scheme).toBe('internal');
    expect(ofType(contained, 'AWS::EC2::VPC')).toHaveLength(1);
    const front = ofType(contained, 'AWS::EC2::SecurityGroup').find(({ GroupDescription }) =>
      String(GroupDescription).includes('load balancer'),
    );
    expect(front?.SecurityGroupIngress).toEqual([expect.objectContaining({ CidrIp: '10.20.0.0/20', FromPort: 443 })]);
    for (const service of ['ecr.api', 'ecr.dkr', 'logs', 's3']) expect(services(contained)).toContain(service);
  });
});

test.each([
  ['made', made],
  ['given', given],
  ['with a container', contained],
])('%s: no rule of a group names all addresses, and no group is left with EC2’s own', (_, resources) => {
  expect(ranges(resources).length).toBeGreaterThan(0);
  expect(ranges(resources).filter((range) => /\/0$/.test(String(range)))).toEqual([]);
  for (const { SecurityGroupEgress } of ofType(resources, 'AWS::EC2::SecurityGroup'))
    expect((SecurityGroupEgress as unknown[] | undefined)?.length).toBeGreaterThan(0);
});

test('S3 and DynamoDB are reached by their lists of addresses', () => {
  const lists = ofType(made, 'AWS::EC2::SecurityGroupEgress').flatMap(
    ({ DestinationPrefixListId }) => DestinationPrefixListId ?? [],
  );
  expect(lists).toEqual(['pl-63a5400a', 'pl-02cd2c6b']);
});

describe('the role of a function inside', () => {
  const role = rolesOf(made).find(({ name }) => name === 'tollgate-dev-invoke-us-east-1');
  const rolePolicies = [{ Version: '2012-10-17', Statement: role?.own ?? [] } as Policy];
  const may = (action: string, resource: string, context: RequestContext) =>
    evaluate({ rolePolicies, sessionPolicy: null }, { action, resource, context }).allowed;
  const OWN = 'arn:aws:lambda:us-east-1:111122223333:function:tollgate-dev-invoke';
  const SUBNET = 'arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1';

  test('lets Lambda make interfaces, in this account', () => {
    for (const action of ['CreateNetworkInterface', 'DeleteNetworkInterface', 'AssignPrivateIpAddresses'])
      expect(may(`ec2:${action}`, SUBNET, {}), action).toBe(true);
    expect(may('ec2:DescribeNetworkInterfaces', '*', {})).toBe(true);
    expect(may('ec2:CreateNetworkInterface', SUBNET.replace('111122223333', '444455556666'), {})).toBe(false);
  });

  test('lets no code do it, not its own function’s nor that of one which it is passed to', () => {
    for (const arn of [OWN, `${OWN}:7`, OWN.replace('tollgate-dev-invoke', 'theirs')]) {
      const context = { 'lambda:SourceFunctionArn': arn };
      expect(may('ec2:CreateNetworkInterface', SUBNET, context), arn).toBe(false);
      expect(may('ec2:DescribeNetworkInterfaces', '*', context), arn).toBe(false);
    }
    expect(
      may('dynamodb:GetItem', 'arn:aws:dynamodb:us-east-1:111122223333:table/tollgate-dev-counters', {
        'lambda:SourceFunctionArn': OWN,
      }),
    ).toBe(true);
  });

  test('may use a subnet that another account shares', () => {
    const shared = rolesOf(given).find(({ name }) => name === 'tollgate-dev-seal-us-east-1');
    expect(shared?.own.flatMap(({ Resource }) => Resource)).toContain(
      'arn:aws:ec2:us-east-1:*:subnet/subnet-0a1b2c3d4e5f67890',
    );
  });
});

describe('a private API', () => {
  const callable = (resources: Record<string, Resource>, context: RequestContext): boolean => {
    const Statement = statementsOf(only(resources, 'AWS::ApiGateway::RestApi').Policy).map((statement) => ({
      ...statement,
      Condition: JSON.parse(
        JSON.stringify(statement.Condition ?? {}).replace(/\{"Ref":"NetworkEndpointsexecuteapi[^"]*"\}/, '"vpce-own"'),
      ),
    }));
    const policy = { Version: '2012-10-17', Statement } as unknown as Policy;
    const asked = { action: 'execute-api:Invoke', resource: 'execute-api:/dev/POST/v1/chat/completions', context };
    return evaluate({ rolePolicies: [policy], sessionPolicy: null }, asked).allowed;
  };

  test('is called by the endpoint of its network, and by none else, nor from the internet', () => {
    const { EndpointConfiguration } = only(made, 'AWS::ApiGateway::RestApi') as { EndpointConfiguration: object };
    expect(EndpointConfiguration).toEqual({
      Types: ['PRIVATE'],
      VpcEndpointIds: [{ Ref: expect.stringContaining('executeapi') }],
    });
    expect(callable(made, { 'aws:SourceVpce': 'vpce-own' })).toBe(true);
    expect(callable(made, { 'aws:SourceVpce': 'vpce-other' })).toBe(false);
    expect(callable(made, {})).toBe(false);
  });

  test('denies the others itself: where a policy says nothing, an authorizer’s Allow is enough', () => {
    expect(statementsOf(only(made, 'AWS::ApiGateway::RestApi').Policy).map(({ Effect }) => Effect)).toEqual([
      'Allow',
      'Deny',
    ]);
  });

  test('is called by endpoints that are listed, and by those of an organisation', () => {
    const callers = { endpoints: ['vpce-0a1b2c3d4e5f67890'], organization: 'o-a1b2c3d4e5' };
    const resources = resourcesOf(stackOf(network({ callers })).stack);
    expect(callable(resources, { 'aws:SourceVpce': 'vpce-0a1b2c3d4e5f67890' })).toBe(true);
    expect(callable(resources, { 'aws:SourceVpce': 'vpce-theirs', 'aws:VpceOrgID': 'o-a1b2c3d4e5' })).toBe(true);
    expect(callable(resources, { 'aws:SourceVpce': 'vpce-theirs', 'aws:VpceOrgID': 'o-another000' })).toBe(false);
    expect(callable(resources, { 'aws:SourceVpce': 'vpce-own' })).toBe(true);
  });

  test('a public one is as it was, and has no endpoint', () => {
    const resources = resourcesOf(stackOf(network({ api: 'public' })).stack);
    expect(only(resources, 'AWS::ApiGateway::RestApi')).toEqual(only(plain, 'AWS::ApiGateway::RestApi'));
    expect(services(resources)).not.toContain('execute-api');
  });
});

describe('keys of issuers', () => {
  const warnings = (settings: Record<string, unknown>) =>
    Annotations.fromStack(stackOf(settings).stack)
      .findWarning('*', Match.stringLikeRegexp('has its keys at'))
      .map(({ entry }) => String(entry.data));

  test('a host of which nothing is known is told of, by the issuer’s name, and not where something leads to it', () => {
    const [told, ...more] = warnings({ 'tollgate:network': { cidr: '10.20.0.0/20' } });
    expect(told).toContain('tollgate:issuers[0].issuer has its keys at login.example.com');
    expect(more).toEqual([]);
    for (const way of [MADE, network({ nat: 1, reachable: [] }), GIVEN]) expect(warnings(way)).toEqual([]);
  });

  test('are fetched by the proxy that is given, by who fetches any, and its group lets that out', () => {
    const environment = (name: string) =>
      functionsOf(given).find(({ Properties }) => Properties.FunctionName === `tollgate-dev-${name}`)?.Properties
        .Environment;
    expect(environment('authorizer')).toMatchObject({
      Variables: { HTTPS_PROXY: 'http://proxy.corp.example:3128', NODE_USE_ENV_PROXY: '1' },
    });
    for (const name of ['invoke', 'metering', 'seal'])
      expect(environment(name)).not.toHaveProperty('Variables.HTTPS_PROXY');
    const [group] = ofType(given, 'AWS::EC2::SecurityGroup');
    expect(group?.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '10.9.0.0/24', FromPort: 3128, ToPort: 3128 }),
    ]);
  });
});

test('docs/network.md says of each endpoint who asks it', () => {
  const page = readFileSync(new URL('../../docs/network.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `[a-z]/.test(line));
  for (const service of SERVICE_NAMES)
    expect(
      rows.some((row) => row.split('|')[1]?.includes(`\`${service}\``)),
      service,
    ).toBe(true);
});

describe('addresses', () => {
  test.each([
    ['10.0.0.0/16', true],
    ['100.64.0.0/10', true],
    ['172.32.0.0/16', false],
    ['192.168.0.0/15', false],
    ['10.0.0.0/7', false],
  ])('%s is private: %s', (text, expected) => {
    const found = parseCidr(text);
    expect(found !== undefined && isPrivate(found)).toBe(expected);
  });

  test.each(['10.0.0.1/16', '10.0.0.0', '10.0.0.0/33', '256.0.0.0/16', '010.0.0.0/16', '10.0.0.0/16 ', ''])(
    '%j is no network',
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  test('parts of a network are networks of it, and no two of them meet', () => {
    const network = fc
      .tuple(fc.nat(2 ** 32 - 1), fc.integer({ min: 8, max: 28 }))
      .map(([address, bits]) => ({ base: Math.floor(address / 2 ** (32 - bits)) * 2 ** (32 - bits), bits }));
    fc.assert(
      fc.property(network, fc.integer({ min: 0, max: 4 }), (whole, more) => {
        const bits = whole.bits + more;
        const parts = Array.from({ length: 2 ** more }, (_, index) => parseCidr(partOf(whole, bits, index)));
        const size = 2 ** (32 - bits);
        expect(parts.map((part) => part?.base)).toEqual(parts.map((_, index) => whole.base + index * size));
        expect(() => partOf(whole, bits, 2 ** more)).toThrow(RangeError);
      }),
    );
  });
});
