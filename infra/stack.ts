import { type App, Aspects, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SslPolicy } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { AlertDelivery } from './alerts.ts';
import { UsageQueries } from './athena.ts';
import { BenchmarkUpstream } from './benchmark/upstream.ts';
import { UsageBucket } from './bucket.ts';
import { consoleEnvironment } from './console.ts';
import { ContainerDoor } from './container.ts';
import { ContainerRole } from './container-role.ts';
import { UsageDashboard } from './dashboard.ts';
import { StageDomain } from './domain.ts';
import { StageKey } from './encryption/stage-key.ts';
import { assertFits } from './fits.ts';
import { functionLogs, TollgateFunction } from './functions.ts';
import { GatewayKeys } from './gateway-keys.ts';
import { InvokerRole } from './invoker-role.ts';
import { lambdaDoor, lambdaDoorLogs } from './lambda-door.ts';
import { KeptLogs } from './log-groups.ts';
import { Names } from './names.ts';
import { zones } from './network/public.ts';
import { StageNetwork } from './network/stage-network.ts';
import { AggregationSchedule } from './schedule.ts';
import type { InfraSettings } from './settings/index.ts';
import { SiemSubscriptions } from './siem.ts';
import { SignIn } from './sign-in/sign-in.ts';
import { apiExport, stackNamed } from './stack-name.ts';
import { DriftSchedule } from './sync.ts';
import { StageTable } from './table.ts';
import { otlpEnvironment, Traces } from './traces.ts';
import { StageTrail } from './trail.ts';
import { UsageDelivery } from './usage-delivery.ts';
import { ownVersion } from './version.ts';
import { Waf } from './waf.ts';

/** One stage of Tollgate: everything in one stack, because nothing of it is of use without the rest. */
export class TollgateStack extends Stack {
  constructor(app: App, settings: InfraSettings) {
    const [id, props] = stackNamed(settings, 'a multi-tenant gateway in front of Amazon Bedrock and SageMaker');
    super(app, id, { ...props, terminationProtection: settings.protect === 'all' });
    const names = new Names(settings);
    Aspects.of(this).add(new KeptLogs(settings));
    if (settings.siem !== undefined) new SiemSubscriptions(this, 'Siem', names, settings.siem);
    if (settings.encryption !== undefined) new StageKey(this, 'Encryption', settings, names, settings.encryption);
    const registry = new StageTable(this, 'Registry', settings, names.of('registry'));
    registry.addListIndex();
    const { table } = registry;
    const { table: counters } = new StageTable(this, 'Counters', settings, names.of('counters'));
    const { table: kept } = new StageTable(this, 'Answers', settings, names.of('answers'), false);
    const { bucket, answers, access } = new UsageBucket(this, 'Usage', settings, names);

    if (settings.trail !== undefined) new StageTrail(this, 'Trail', settings, names, settings.trail, access as IBucket);
    const network =
      settings.network &&
      new StageNetwork(this, 'Network', { settings, names, network: settings.network, bucket: access as IBucket });

    const ttl = { TOLLGATE_AUTHORIZER_TTL: String(settings.authorizerTtlSeconds) };
    const { keyMaxDays } = settings;
    const keys = keyMaxDays === undefined ? undefined : new GatewayKeys(this, 'Keys', settings, names, keyMaxDays);
    const { cognito } = settings;
    const signIn = cognito === undefined ? undefined : new SignIn(this, 'SignIn', settings, names, cognito);
    const console = consoleEnvironment(settings, signIn);
    const decisions = {
      TOLLGATE_TABLE: table.tableName,
      TOLLGATE_ISSUERS: signIn?.issuersJson ?? settings.issuersJson,
      ...ttl,
      ...keys?.environment,
    };
    const domain =
      settings.domain === undefined ? undefined : new StageDomain(this, 'Domain', settings.domain, settings);
    const base = settings.domain?.basePath ? { TOLLGATE_BASE_PATH: settings.domain.basePath } : {};
    const benchmark = settings.benchmark ? new BenchmarkUpstream(this, 'Benchmark', names) : undefined;
    const assuming = {
      TOLLGATE_INVOKER_ROLE_ARN: names.invokerRoleArn,
      ...(settings.spokes.length === 0 ? {} : { TOLLGATE_SPOKES: settings.spokes.join() }),
    };
    const calls = {
      TOLLGATE_TABLE: table.tableName,
      TOLLGATE_COUNTERS_TABLE: counters.tableName,
      TOLLGATE_ANSWERS_TABLE: kept.tableName,
      TOLLGATE_ANSWER_MINUTES: String(settings.answerMinutes),
      ...(settings.storeResponses ? { TOLLGATE_STORE_RESPONSES: 'true' } : {}),
      ...(Object.keys(settings.routing).length > 0 ? { TOLLGATE_ROUTING: JSON.stringify(settings.routing) } : {}),
      ...(settings.tellRoute ? { TOLLGATE_TELL_ROUTE: 'true' } : {}),
      ...(settings.sharedHealth ? { TOLLGATE_SHARED_HEALTH: 'true' } : {}),
      TOLLGATE_EVENT_BUS: settings.eventBus,
      ...assuming,
      ...(settings.broker ? { TOLLGATE_BROKER_FUNCTION: names.of('broker') } : {}),
      ...ttl,
      ...base,
      ...(settings.corsOrigins.length === 0 ? {} : { TOLLGATE_CORS_ORIGINS: settings.corsOrigins.join() }),
      ...otlpEnvironment(settings.otlp),
      ...benchmark?.environment,
    };

    const usage = { TOLLGATE_BUCKET: bucket.bucketName };
    const counted = { TOLLGATE_COUNTERS_TABLE: counters.tableName };
    const looks = settings.sync ? { TOLLGATE_SYNC: 'true' } : {};
    const administered = settings.admin ? { TOLLGATE_ADMIN: 'true', ...usage, ...looks } : {};
    const lambda =
      settings.runtime === 'container'
        ? undefined
        : lambdaDoor(this, settings, names, {
            registry: {
              TOLLGATE_TABLE: table.tableName,
              ...usage,
              ...counted,
              ...looks,
              ...keys?.environment,
              ...base,
            },
            decisions,
            calls,
            console,
          });
    const logGroup = lambda?.invoke.logGroup ?? lambdaDoorLogs(this, settings, names);
    const broker = settings.broker
      ? new TollgateFunction(this, 'Broker', settings, names, {
          name: 'broker',
          description: 'Verifies the token again and issues credentials for the one model called',
          // Keys, registry and AssumeRole have 9 seconds of their own; whoever asks waits for 10.
          timeout: Duration.seconds(10),
          memoryMb: 512,
          reservedConcurrency: settings.authorizerConcurrency,
          environment: { ...decisions, ...assuming },
        })
      : undefined;
    // Its log outlives the broker, so that turning it on again does not meet a log that is there already.
    if (broker === undefined) functionLogs(new Construct(this, 'Broker'), settings, names, 'broker');
    const containerRole =
      settings.runtime === 'lambda' ? undefined : new ContainerRole(this, 'ContainerRights', settings, names);
    const invoker = new InvokerRole(this, 'Invoker', settings, names);
    // IAM refuses a trust policy that names a role which is not there yet.
    for (const trusted of broker === undefined ? [lambda?.invoke, containerRole] : [broker])
      if (trusted !== undefined) invoker.node.addDependency(trusted);
    const container =
      containerRole === undefined || settings.kubernetes !== undefined
        ? undefined
        : new ContainerDoor(this, 'Container', settings, names, {
            environment: { ...decisions, ...calls, ...administered, ...console },
            role: containerRole.role,
            logGroup,
            accessLogs: access as IBucket,
            certificateArn: settings.certificateArn ?? domain?.certificateArn ?? '',
            sslPolicy: domain?.sslPolicy ?? SslPolicy.RECOMMENDED_TLS,
            network: network?.container,
          });
    if (settings.waf !== undefined)
      new Waf(this, 'Waf', settings.waf, settings, names, {
        stageArn: lambda?.api.deploymentStage.stageArn,
        loadBalancerArn: container?.loadBalancer.loadBalancerArn,
      });
    const metering = new TollgateFunction(this, 'Metering', settings, names, {
      name: 'metering',
      description: 'Turns an hour of usage lines into the ledger and the report',
      timeout: Duration.minutes(15),
      memoryMb: 2_048,
      environment: {
        TOLLGATE_TABLE: table.tableName,
        ...counted,
        ...usage,
        TOLLGATE_EVENT_BUS: settings.eventBus,
      },
    });

    const delivery = new UsageDelivery(this, 'Delivery', settings, names, logGroup);
    delivery.stream.node.addDependency(bucket);
    if (lambda !== undefined) delivery.filter.node.addDependency(lambda.invoke);
    const schedule = new AggregationSchedule(this, 'Schedule', names, metering.function);
    if (settings.sync) new DriftSchedule(this, 'Drift', settings, names);
    const alerts = settings.alerts
      ? new AlertDelivery(this, 'Alerting', settings, names, schedule.deadLetters)
      : undefined;
    new UsageQueries(this, 'Queries', settings, names, answers as IBucket);
    const functions = {
      ...(lambda?.admin === undefined ? {} : { admin: lambda.admin.function }),
      ...(lambda === undefined ? {} : { authorizer: lambda.authorizer.function }),
      ...(broker === undefined ? {} : { broker: broker.function }),
      ...(lambda === undefined ? {} : { invoke: lambda.invoke.function }),
      metering: metering.function,
    };
    new UsageDashboard(this, 'Overview', names, {
      functions,
      sync: settings.sync,
      ...(lambda === undefined ? {} : { api: lambda.api }),
      ...(container === undefined ? {} : { container }),
    });
    new Alarms(this, 'Alarms', settings, names, {
      functions: {
        ...functions,
        ...(lambda === undefined ? {} : { seal: lambda.key.rotation.function }),
        ...(alerts === undefined ? {} : { alerts: alerts.function }),
        ...(signIn === undefined ? {} : { pool: signIn.function }),
      },
      ...(container === undefined ? {} : { container }),
      delivery: delivery.stream,
      deadLetters: schedule.deadLetters,
      logs: [lambda?.admin, lambda?.authorizer, broker, metering]
        .flatMap((one) => one?.logGroup ?? [])
        .concat(logGroup),
    });
    Traces.of(this, settings, names);
    for (const [id, value] of Object.entries({
      ...(lambda === undefined ? {} : { Url: domain?.url ?? lambda.api.url }),
      // The certificate's name is to be an alias of it.
      ...(container === undefined ? {} : { LoadBalancer: container.loadBalancer.loadBalancerDnsName }),
      ...(containerRole === undefined ? {} : { ContainerRole: containerRole.role.attrArn }),
      // A pod's environment is not written here.
      ...(benchmark === undefined ? {} : { BenchmarkUrl: benchmark.url }),
      Table: table.tableName,
      CountersTable: counters.tableName,
      Bucket: bucket.bucketName,
      InvokerRole: names.invokerRoleArn,
      Version: ownVersion(),
      ...signIn?.outputs,
    }))
      new CfnOutput(this, id, { value });
    network?.enclose(lambda?.api);
    if (lambda !== undefined) domain?.leadToApi(lambda.api);
    if (container !== undefined) domain?.leadToLoadBalancer(container.loadBalancer);
    // Units that have this one for their parent put their plans on its API.
    if (settings.unit !== undefined && lambda !== undefined)
      new CfnOutput(this, 'ApiId', { value: lambda.api.restApiId, exportName: apiExport(settings.stage) });
    assertFits(this);
  }

  /** Without it CDK would ask the account for its zones, and a template is made without one. */
  override get availabilityZones(): string[] {
    return zones();
  }
}
