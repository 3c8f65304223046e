import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  AwsLogDriverMode,
  Capability,
  Cluster,
  ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  type ICluster,
  LinuxParameters,
  LogDriver,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationProtocolVersion,
  type ApplicationTargetGroup,
  DesyncMitigationMode,
  type SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnRole, type IRole, Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CALL_TOTAL_MS } from '../contract/limits/invoke.ts';
import { launcherRolePolicy, launcherTrustPolicy } from '../policies/container.ts';
import { acknowledge, acknowledgeWildcards } from './nag.ts';
import type { Names } from './names.ts';
import { PublicNetwork } from './network/public.ts';
import type { ContainerNetwork } from './network/stage-network.ts';
import type { InfraSettings } from './settings/index.ts';

const ROOT = join(import.meta.dirname, '..');

const PORT = 8080;

/** One process uses one core; Fargate gives a core no less memory than this. */
const CPU_UNITS = 1_024;
export const MEMORY_MIB = 2_048;

/**
 * Percent of a task's core, and calls a minute that come to one task: what autoscaling keeps them near. A core makes more calls
 * than 200 a second, but a call of ten seconds is then there 2,000 times, with its bodies.
 */
const CPU_TARGET = 60;
const REQUESTS_TARGET = 12_000;

/**
 * A call may be silent for as long as it may last, so the load balancer waits a little longer. The process must keep an idle
 * connection longer still, or it closes one that the load balancer is about to use.
 */
export const IDLE_SECONDS = CALL_TOTAL_MS / 1_000 + 20;

/** Seconds from SIGTERM to SIGKILL: the most that Fargate takes. The process has ten less for what is in flight. */
const STOP_SECONDS = 120;

/** Whether the process answers; the image has no shell, and no curl. The Dockerfile has the same, which ECS does not look at. */
export const HEALTH_COMMAND = [
  'node',
  '-e',
  "fetch('http://127.0.0.1:'+(process.env.PORT||8080)+'/health').then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))",
];

export interface ContainerOptions {
  environment: Record<string, string>;
  role: CfnRole;
  logGroup: LogGroup;
  /** Of the stage's access logs. */
  accessLogs: IBucket;
  certificateArn: string;
  sslPolicy: SslPolicy;
  /** The stage's private network, if it has one; else a public one is made for the container. */
  network?: ContainerNetwork | undefined;
}

/** The container on Fargate, behind a load balancer that speaks TLS alone. */
export class ContainerDoor extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  readonly service: FargateService;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, options: ContainerOptions) {
    super(scope, id);
    const { network } = options;
    const { vpc } = network ?? new PublicNetwork(this, 'Network', options.accessLogs);
    const front = new SecurityGroup(this, 'FrontGroup', {
      vpc,
      description: 'Tollgate: the load balancer',
      allowAllOutbound: false,
    });
    for (const caller of network?.callers ?? []) front.addIngressRule(caller, Port.tcp(443), 'TLS from callers');
    if (network === undefined) {
      front.addIngressRule(Peer.anyIpv4(), Port.tcp(443), 'TLS from anywhere');
      acknowledge(
        front,
        'AwsSolutions-EC23',
        'A public endpoint, as the REST API is; every call needs a verified token.',
      );
    }
    const inner = new SecurityGroup(this, 'TaskGroup', {
      vpc,
      description: 'Tollgate: the tasks',
      // In a private network they reach what the network's own group lets them.
      allowAllOutbound: network === undefined,
    });

    this.service = this.#service(settings, names, options, vpc, inner);
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      internetFacing: network === undefined,
      ...(network === undefined ? {} : { vpcSubnets: network.subnets }),
      securityGroup: front,
      idleTimeout: Duration.seconds(IDLE_SECONDS),
      // What a proxy and a server could read in two ways is refused in front already.
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      deletionProtection: settings.protect === 'all',
    });
    this.loadBalancer.logAccessLogs(options.accessLogs, 'load-balancer');
    const listener = this.loadBalancer.addListener('Tls', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      sslPolicy: options.sslPolicy,
      certificates: [{ certificateArn: options.certificateArn }],
      // It is said above, for TLS alone.
      open: false,
    });
    this.targets = listener.addTargets('Tasks', {
      port: PORT,
      protocol: ApplicationProtocol.HTTP,
      protocolVersion: ApplicationProtocolVersion.HTTP1,
      targets: [this.service],
      // ECS waits for this before it sends SIGTERM: no call is broken off by a deployment. Without calls it is over at once.
      deregistrationDelay: Duration.millis(CALL_TOTAL_MS),
      // A task that cannot decide gets no calls, and a deployment of such tasks is taken back; but while nobody can, for the
      // registry or the keys are away, tasks are not replaced at once, with the calls that they hold.
      healthCheck: {
        path: '/ready',
        interval: Duration.seconds(30),
        timeout: Duration.seconds(10),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 10,
      },
    });
    const scaling = this.service.autoScaleTaskCount({
      minCapacity: settings.minTasks,
      maxCapacity: settings.maxTasks,
    });
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: CPU_TARGET });
    scaling.scaleOnRequestCount('Requests', { requestsPerTarget: REQUESTS_TARGET, targetGroup: this.targets });
  }

  #service(
    settings: InfraSettings,
    names: Names,
    { environment, role, logGroup, network }: ContainerOptions,
    vpc: IVpc,
    group: SecurityGroup,
  ): FargateService {
    const image = new DockerImageAsset(this, 'Image', { directory: ROOT, platform: Platform.LINUX_ARM64 });
    const task = new FargateTaskDefinition(this, 'Task', {
      family: names.of('container'),
      cpu: CPU_UNITS,
      memoryLimitMiB: MEMORY_MIB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      taskRole: fixed(this, 'TaskRole', role),
      executionRole: fixed(this, 'LauncherRole', this.#launcher(settings, names, image.repository.repositoryArn)),
    });
    const linuxParameters = new LinuxParameters(this, 'Linux');
    linuxParameters.dropCapabilities(Capability.ALL);
    task.addContainer('gateway', {
      image: ContainerImage.fromDockerImageAsset(image),
      environment: {
        TOLLGATE_STAGE: settings.stage,
        ...environment,
        ...network?.environment,
        PORT: String(PORT),
        // The load balancer, which adds at the end of X-Forwarded-For whom it was asked by.
        TOLLGATE_PROXIES: '1',
        TOLLGATE_GRACE_MS: String((STOP_SECONDS - 10) * 1_000),
      },
      portMappings: [{ containerPort: PORT }],
      readonlyRootFilesystem: true,
      linuxParameters,
      stopTimeout: Duration.seconds(STOP_SECONDS),
      healthCheck: { command: ['CMD', ...HEALTH_COMMAND], interval: Duration.seconds(30), retries: 3 },
      // ECS throws lines away rather than make a process wait, unless it is told: these lines are the bill.
      logging: LogDriver.awsLogs({ logGroup, streamPrefix: 'container', mode: AwsLogDriverMode.BLOCKING }),
    });
    acknowledge(task, 'AwsSolutions-ECS2', 'Names of tables, a role and issuers; no variable of Tollgate is a secret.');
    const cluster = new Cluster(this, 'Cluster', { clusterName: names.of('container'), vpc });
    acknowledge(
      cluster,
      'AwsSolutions-ECS4',
      'Container Insights are paid for by the metric; the load balancer’s, the service’s and our own are on the dashboard.',
    );
    return new FargateService(this, 'Service', {
      cluster: cluster as ICluster,
      serviceName: names.of('container'),
      taskDefinition: task,
      assignPublicIp: network === undefined,
      securityGroups: [group],
      ...(network === undefined ? {} : { vpcSubnets: network.subnets }),
      // How many run is autoscaling's to say: a number here would be set again by every deployment.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriod: Duration.seconds(60),
    });
  }

  #launcher(settings: InfraSettings, names: Names, repositoryArn: string): CfnRole {
    const { partition, region } = settings;
    const policy = launcherRolePolicy({ repositoryArn, logGroupArn: names.logGroupArn('invoke') });
    const role = new CfnRole(this, 'Launcher', {
      roleName: names.role('launcher'),
      description: 'Tollgate: what ECS may do to start the container',
      assumeRolePolicyDocument: launcherTrustPolicy({ partition, region, account: names.account }),
      policies: [{ policyName: 'own', policyDocument: policy }],
    });
    acknowledgeWildcards(role, policy, 'Log streams are named while running; GetAuthorizationToken takes no resource.');
    return role;
  }
}

/** The role as constructs ask for it, to which they can add nothing. */
function fixed(scope: Construct, id: string, role: CfnRole): IRole {
  return Role.fromRoleArn(scope, id, role.attrArn, { mutable: false });
}
