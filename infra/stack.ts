import { type App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { GatewayApi } from './api.ts';
import { UsageQueries } from './athena.ts';
import { UsageBucket } from './bucket.ts';
import { ContextKey } from './context-key.ts';
import { UsageDashboard } from './dashboard.ts';
import { functionLogs, TollgateFunction } from './functions.ts';
import { InvokerRole } from './invoker-role.ts';
import { Names } from './names.ts';
import { AggregationSchedule } from './schedule.ts';
import type { InfraSettings } from './settings.ts';
import { StageTable } from './table.ts';
import { UsageDelivery } from './usage-delivery.ts';

/** One stage of Tollgate: everything in one stack, because nothing of it is of use without the rest. */
export class TollgateStack extends Stack {
  constructor(app: App, settings: InfraSettings) {
    const { stage, region, account } = settings;
    super(app, `tollgate-${stage}`, {
      description: `Tollgate, stage ${stage}: a multi-tenant gateway in front of Amazon Bedrock and SageMaker`,
      env: { region, ...(account === undefined ? {} : { account }) },
      terminationProtection: settings.protect === 'all',
      tags: { application: 'tollgate', stage },
    });
    const names = new Names(settings);
    const ttl = { TOLLGATE_AUTHORIZER_TTL: String(settings.authorizerTtlSeconds) };
    const { table } = new StageTable(this, 'Registry', settings, names.of('registry'));
    const { table: counters } = new StageTable(this, 'Counters', settings, names.of('counters'));
    const { bucket, answers } = new UsageBucket(this, 'Usage', settings, names);

    const key = new ContextKey(this, 'ContextKey', settings, names);
    const contextKey = { TOLLGATE_CONTEXT_KEY: names.contextKey };

    const authorizer = new TollgateFunction(this, 'Authorizer', settings, names, {
      name: 'authorizer',
      description: 'Verifies the token and looks up what its tenant may call',
      timeout: Duration.seconds(10),
      memoryMb: 512,
      reservedConcurrency: settings.authorizerConcurrency,
      environment: { TOLLGATE_TABLE: table.tableName, TOLLGATE_ISSUERS: settings.issuersJson, ...contextKey, ...ttl },
    });
    const broker = settings.broker
      ? new TollgateFunction(this, 'Broker', settings, names, {
          name: 'broker',
          description: 'Verifies the token again and issues credentials for the one model called',
          // Keys, registry and AssumeRole have 9 seconds of their own; whoever asks waits for 10.
          timeout: Duration.seconds(10),
          memoryMb: 512,
          reservedConcurrency: settings.authorizerConcurrency,
          environment: {
            TOLLGATE_TABLE: table.tableName,
            TOLLGATE_ISSUERS: settings.issuersJson,
            TOLLGATE_INVOKER_ROLE_ARN: names.invokerRoleArn,
            ...ttl,
          },
        })
      : undefined;
    // Its log outlives the broker, so that turning it on again does not meet a log that is there already.
    if (broker === undefined) functionLogs(new Construct(this, 'Broker'), settings, names, 'broker');
    const invoke = new TollgateFunction(this, 'Invoke', settings, names, {
      name: 'invoke',
      description: 'Calls the model under a session policy that names only it',
      timeout: Duration.minutes(15),
      memoryMb: 1_024,
      environment: {
        TOLLGATE_TABLE: table.tableName,
        TOLLGATE_COUNTERS_TABLE: counters.tableName,
        TOLLGATE_EVENT_BUS: settings.eventBus,
        TOLLGATE_INVOKER_ROLE_ARN: names.invokerRoleArn,
        ...(broker === undefined ? {} : { TOLLGATE_BROKER_FUNCTION: names.of('broker') }),
        ...contextKey,
        ...ttl,
      },
      tenantIsolation: settings.tenantIsolation,
      reservedConcurrency: settings.invokeConcurrency,
    });
    for (const reader of [authorizer, invoke]) reader.node.addDependency(key);
    // IAM refuses a trust policy that names a role which is not there yet.
    new InvokerRole(this, 'Invoker', settings, names).node.addDependency(broker ?? invoke);
    const metering = new TollgateFunction(this, 'Metering', settings, names, {
      name: 'metering',
      description: 'Turns an hour of usage lines into the ledger and the report',
      timeout: Duration.minutes(15),
      memoryMb: 2_048,
      environment: {
        TOLLGATE_TABLE: table.tableName,
        TOLLGATE_COUNTERS_TABLE: counters.tableName,
        TOLLGATE_BUCKET: bucket.bucketName,
      },
    });

    const delivery = new UsageDelivery(this, 'Delivery', settings, names, invoke.logGroup);
    delivery.stream.node.addDependency(bucket);
    delivery.filter.node.addDependency(invoke);
    const schedule = new AggregationSchedule(this, 'Schedule', names, metering.function);
    const { api } = new GatewayApi(this, 'Gateway', settings, names, {
      authorizer: authorizer.function,
      invoke: invoke.function,
    });
    new UsageQueries(this, 'Queries', settings, names, answers as IBucket);
    const functions = {
      authorizer: authorizer.function,
      ...(broker === undefined ? {} : { broker: broker.function }),
      invoke: invoke.function,
      metering: metering.function,
    };
    new UsageDashboard(this, 'Overview', names, { functions, api });
    new Alarms(this, 'Alarms', settings, names, {
      functions: { ...functions, seal: key.rotation.function },
      delivery: delivery.stream,
      deadLetters: schedule.deadLetters,
    });
    for (const [id, value] of Object.entries({
      Url: api.url,
      Table: table.tableName,
      CountersTable: counters.tableName,
      Bucket: bucket.bucketName,
      InvokerRole: names.invokerRoleArn,
    }))
      new CfnOutput(this, id, { value });
  }
}
