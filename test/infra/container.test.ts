import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CALL_TOTAL_MS } from '../../contract/limits/invoke.ts';
import { CONTAINER as BOUNDS } from '../../contract/limits/server.ts';
import { HEALTH_COMMAND } from '../../infra/container.ts';
import { serverSettings } from '../../server/settings.ts';
import {
  BOTH,
  CONTAINER,
  flat,
  IRSA,
  ofType,
  only,
  POD_IDENTITY,
  type Resource,
  resourcesOf,
  rolesOf,
  stackOf,
  statementsOf,
} from './synth.ts';

const plain = resourcesOf(stackOf().stack);
const alone = resourcesOf(stackOf(CONTAINER).stack);
const both = resourcesOf(stackOf(BOTH).stack);

const ROLE = (name: string) => `arn:aws:iam::111122223333:role/tollgate-dev-${name}-us-east-1`;

const trusted = (resources: Record<string, Resource>) => [
  ...new Set(
    rolesOf(resources)
      .find(({ name }) => name === 'tollgate-dev-invoker-us-east-1')
      ?.trust.flatMap(({ Principal = {} }) => [Principal.AWS].flat().map(flat)),
  ),
];

const containerOf = (resources: Record<string, Resource>) => {
  const [definition] = only(resources, 'AWS::ECS::TaskDefinition').ContainerDefinitions as Record<string, unknown>[];
  return definition as Record<string, unknown> & { Environment: { Name: string; Value: unknown }[] };
};

/** What the second door is made of, and the first. */
const SECOND = /^AWS::(EC2|ECS|EKS|ElasticLoadBalancingV2|ApplicationAutoScaling)::/;
const FIRST = /^AWS::(ApiGateway|SecretsManager)::/;
const typesOf = (resources: Record<string, Resource>, of: RegExp) =>
  Object.values(resources).filter(({ Type }) => of.test(Type)).length;

describe('which doors there are', () => {
  test('without a container, not one resource of it', () => {
    expect(typesOf(plain, SECOND)).toBe(0);
    expect(JSON.stringify(plain)).not.toMatch(/container|load-balancer/i);
    expect(resourcesOf(stackOf({ 'tollgate:runtime': 'lambda', 'tollgate:minTasks': 3 }).stack)).toEqual(plain);
  });

  test('a container alone has neither API Gateway nor authorizer and invoke, and no key between the two', () => {
    expect(typesOf(alone, FIRST)).toBe(0);
    expect(ofType(alone, 'AWS::Lambda::Function').map(({ FunctionName }) => FunctionName)).toEqual([
      'tollgate-dev-metering',
    ]);
    expect(rolesOf(alone).map(({ name }) => name)).not.toContain('tollgate-dev-invoke-us-east-1');
  });

  test('both doors are all of the one and all of the other', () => {
    for (const [id, resource] of Object.entries(plain))
      if (FIRST.test(resource.Type) || resource.Type === 'AWS::Lambda::Function')
        expect(both[id], id).toEqual(resource);
    expect(typesOf(both, SECOND)).toBe(typesOf(alone, SECOND));
  });
});

describe('who may assume the invoker role', () => {
  test.each([
    ['a container alone', CONTAINER, ['container']],
    ['both doors', BOTH, ['invoke', 'container']],
    ['a pod alone', IRSA, ['container']],
    ['Lambda and a pod', POD_IDENTITY, ['invoke', 'container']],
    ['a container behind a broker', { ...CONTAINER, 'tollgate:broker': true }, ['broker']],
    ['both doors before a broker', { ...BOTH, 'tollgate:broker': true }, ['broker']],
  ])('%s', (_, overrides, names) => {
    const resources = resourcesOf(stackOf(overrides).stack);
    expect(trusted(resources)).toEqual(names.map(ROLE));
    const assuming = rolesOf(resources).filter(({ own }) =>
      own.some(({ Effect, Action }) => Effect === 'Allow' && Action.includes('sts:AssumeRole')),
    );
    expect(assuming.map(({ name }) => name).sort()).toEqual(names.map((name) => ROLE(name).split('/')[1]).sort());
    const role = Object.values(resources).find(
      ({ Properties }) => Properties?.RoleName === 'tollgate-dev-invoker-us-east-1',
    );
    // IAM refuses a trust policy that names a role which is not there yet.
    const before = [role?.DependsOn ?? []].flat().map((id) => resources[id]?.Properties.RoleName);
    for (const name of names) expect(before).toContain(`tollgate-dev-${name}-us-east-1`);
  });
});

describe('the tasks', () => {
  const task = only(alone, 'AWS::ECS::TaskDefinition');
  const service = only(alone, 'AWS::ECS::Service');

  test('find the environment that the process reads at its start, and none that is a secret', () => {
    const env = Object.fromEntries(containerOf(alone).Environment.map(({ Name, Value }) => [Name, flat(Value)]));
    // The region is what ECS itself tells a task on Fargate.
    expect(serverSettings({ ...env, AWS_REGION: 'us-east-1' })).toMatchObject({
      authorizer: { stage: 'dev' },
      invoke: { invokerRoleArn: ROLE('invoker'), eventBus: 'default' },
      port: 8080,
      graceMs: 110_000,
    });
    expect(env).not.toHaveProperty('TOLLGATE_CONTEXT_KEY');
    const { stack } = stackOf({ ...CONTAINER, 'tollgate:broker': true });
    expect(containerOf(resourcesOf(stack)).Environment).toContainEqual({
      Name: 'TOLLGATE_BROKER_FUNCTION',
      Value: 'tollgate-dev-broker',
    });
  });

  test('are arm64, without a writable root or a capability, and run in the roles that are tested', () => {
    expect(task).toMatchObject({ RuntimePlatform: { CpuArchitecture: 'ARM64' }, NetworkMode: 'awsvpc' });
    expect(containerOf(alone)).toMatchObject({
      ReadonlyRootFilesystem: true,
      LinuxParameters: { Capabilities: { Drop: ['ALL'] } },
    });
    for (const [property, name] of [
      ['TaskRoleArn', 'container'],
      ['ExecutionRoleArn', 'launcher'],
    ] as const) {
      const id = flat(task[property]).replace(/[<>]/g, '').split('.')[0] ?? '';
      expect(alone[id]?.Properties.RoleName).toBe(`tollgate-dev-${name}-us-east-1`);
    }
  });

  test('write into the log that invoke writes into, and wait rather than lose a line', () => {
    expect(containerOf(alone)).toMatchObject({
      LogConfiguration: { LogDriver: 'awslogs', Options: { mode: 'blocking' } },
    });
    const { Options } = containerOf(alone).LogConfiguration as { Options: Record<string, unknown> };
    const logs = alone[flat(Options['awslogs-group']).replace(/[<>]/g, '')]?.Properties;
    expect(logs?.LogGroupName).toBe('/tollgate/dev/invoke');
    const filter = only(alone, 'AWS::Logs::SubscriptionFilter');
    expect(filter).toEqual(only(plain, 'AWS::Logs::SubscriptionFilter'));
  });

  test('are two or more over two zones, as many as there is work for', () => {
    expect(service).not.toHaveProperty('DesiredCount');
    expect(only(alone, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 10,
    });
    const by = ofType(alone, 'AWS::ApplicationAutoScaling::ScalingPolicy').map(
      ({ TargetTrackingScalingPolicyConfiguration: of }) =>
        (of as { PredefinedMetricSpecification: { PredefinedMetricType: string } }).PredefinedMetricSpecification
          .PredefinedMetricType,
    );
    expect(by).toEqual(['ECSServiceAverageCPUUtilization', 'ALBRequestCountPerTarget']);
    const zones = ofType(alone, 'AWS::EC2::Subnet').map(({ AvailabilityZone }) => JSON.stringify(AvailabilityZone));
    expect(new Set(zones).size).toBe(2);
    expect(JSON.stringify(alone)).not.toContain('dummy1');
  });

  test('a deployment that does not become ready is taken back, and no call is broken off by one', () => {
    expect(service).toMatchObject({
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
      },
    });
    expect(only(alone, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({
      HealthCheckPath: '/ready',
      TargetGroupAttributes: expect.arrayContaining([
        { Key: 'deregistration_delay.timeout_seconds', Value: String(CALL_TOTAL_MS / 1_000) },
      ]),
    });
    const grace = containerOf(alone).Environment.find(({ Name }) => Name === 'TOLLGATE_GRACE_MS');
    expect(Number(grace?.Value)).toBeLessThan(Number(containerOf(alone).StopTimeout) * 1_000);
  });

  test('are asked whether they live as the image says', () => {
    expect(containerOf(alone).HealthCheck).toMatchObject({ Command: ['CMD', ...HEALTH_COMMAND] });
    const dockerfile = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
    const [, command = ''] = /HEALTHCHECK [^\n]*\\\n\s+CMD (.*)/.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(HEALTH_COMMAND);
  });
});

describe('the load balancer', () => {
  test('speaks TLS alone, and waits for as long as a call may be silent', () => {
    expect(ofType(alone, 'AWS::ElasticLoadBalancingV2::Listener')).toMatchObject([
      { Port: 443, Protocol: 'HTTPS', Certificates: [{ CertificateArn: CONTAINER['tollgate:certificateArn'] }] },
    ]);
    const attributes = Object.fromEntries(
      (
        only(alone, 'AWS::ElasticLoadBalancingV2::LoadBalancer').LoadBalancerAttributes as {
          Key: string;
          Value: unknown;
        }[]
      ).map(({ Key, Value }) => [Key, Value]),
    );
    const idleMs = Number(attributes['idle_timeout.timeout_seconds']) * 1_000;
    expect(idleMs).toBeGreaterThan(CALL_TOTAL_MS);
    // The process ends an idle connection later than what is in front of it.
    expect(BOUNDS.patience.idleMs).toBeGreaterThan(idleMs);
    expect(attributes).toMatchObject({
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'routing.http.desync_mitigation_mode': 'strictest',
      'access_logs.s3.enabled': 'true',
    });
  });

  test('is all that reaches a task', () => {
    const rules = ofType(alone, 'AWS::EC2::SecurityGroupIngress');
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({ FromPort: 8080, ToPort: 8080 });
    expect(flat(rules[0]?.SourceSecurityGroupId)).toMatch(/FrontGroup/);
    const open = ofType(alone, 'AWS::EC2::SecurityGroup').flatMap(({ SecurityGroupIngress: list = [] }) => list);
    expect(open).toMatchObject([{ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 }]);
  });

  test('and the network write down who came where the stage’s other access logs are', () => {
    const statements = ofType(alone, 'AWS::S3::BucketPolicy').flatMap(({ PolicyDocument }) =>
      statementsOf(PolicyDocument),
    );
    const written = statements
      .filter(({ Effect, Action }) => Effect === 'Allow' && Action.includes('s3:PutObject'))
      .flatMap(({ Resource }) => Resource);
    expect(written.filter((arn) => arn.includes('/load-balancer/AWSLogs/111122223333/*'))).not.toEqual([]);
    expect(written.filter((arn) => arn.includes('/network/AWSLogs/111122223333/*'))).not.toEqual([]);
    expect(only(alone, 'AWS::EC2::FlowLog')).toMatchObject({ TrafficType: 'ALL', LogDestinationType: 's3' });
  });
});

describe('what is watched', () => {
  const alarms = ofType(alone, 'AWS::CloudWatch::Alarm');

  test.each([
    ['container-unready', 'UnHealthyHostCount'],
    ['container-5xx', 'HTTPCode_ELB_5XX_Count'],
    ['container-cpu', 'CPUUtilization'],
  ])('%s', (name, metric) => {
    expect(alarms.find(({ AlarmName }) => AlarmName === `tollgate-dev-${name}`)).toMatchObject({ MetricName: metric });
  });

  test('no alarm and no graph asks for a function or an API that is not there', () => {
    const asked = JSON.stringify([alarms, only(alone, 'AWS::CloudWatch::Dashboard')]);
    expect(asked).not.toMatch(/AWS\/ApiGateway|authorizer-errors|invoke-errors/);
    expect(asked).toMatch(/TargetResponseTime/);
    expect(JSON.stringify(only(both, 'AWS::CloudWatch::Dashboard'))).toMatch(/AWS\/ApiGateway.*TargetResponseTime/);
  });
});

describe('on Kubernetes', () => {
  test.each([
    ['by the cluster’s OpenID provider', IRSA],
    ['by Pod Identity', POD_IDENTITY],
  ])('%s the stack has the role, and nothing of Fargate', (_, overrides) => {
    const resources = resourcesOf(stackOf(overrides).stack);
    expect(typesOf(resources, /^AWS::(EC2|ECS|ElasticLoadBalancingV2)::/)).toBe(0);
    const own = (given: Record<string, Resource>) =>
      rolesOf(given).find(({ name }) => name === 'tollgate-dev-container-us-east-1')?.own;
    expect(own(resources)).toEqual(own(alone));
  });

  test('Pod Identity’s tags are not handed on to the sessions that name a tenant', () => {
    expect(only(resourcesOf(stackOf(POD_IDENTITY).stack), 'AWS::EKS::PodIdentityAssociation')).toMatchObject({
      ClusterName: 'prod',
      Namespace: 'models',
      ServiceAccount: 'gateway',
      DisableSessionTags: true,
    });
  });
});
