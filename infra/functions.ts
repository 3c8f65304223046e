import type { Duration } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  TenancyConfig,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { PermissionStatement } from '../policies/document.ts';
import { type FunctionName, functionRolePolicy } from '../policies/roles.ts';
import { codeOf } from './bundling.ts';
import { acknowledgeWildcards } from './nag.ts';
import type { Names } from './names.ts';
import { removalOfData } from './removal.ts';
import type { InfraSettings } from './settings/index.ts';

export interface FunctionOptions {
  name: FunctionName;
  description: string;
  timeout: Duration;
  memoryMb: number;
  environment: Record<string, string>;
  /** What its role may do beyond what every function of its name may, where an option asks for it. */
  more?: readonly PermissionStatement[];
  /** Whether Lambda gives each tenant execution environments of its own. Default false. */
  tenantIsolation?: boolean;
  /** What may run of it at once, kept free for it; 0 or absent: it shares the account's. */
  reservedConcurrency?: number;
}

/** What a function wrote: usage, decisions, refusals. `scope` is the function's, also where the function is turned off. */
export function functionLogs(scope: Construct, settings: InfraSettings, names: Names, name: FunctionName): LogGroup {
  return new LogGroup(scope, 'Logs', {
    logGroupName: names.logGroup(name),
    retention: settings.logRetentionDays,
    removalPolicy: removalOfData(settings),
  });
}

/** One Lambda function with its own role and its own log group; its code is `<name>/handler.ts`. */
export class TollgateFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, options: FunctionOptions) {
    super(scope, id);
    const { name, tenantIsolation = false, reservedConcurrency = 0 } = options;
    this.logGroup = functionLogs(this, settings, names, name);
    this.function = new LambdaFunction(this, 'Function', {
      functionName: names.functionName(name),
      description: options.description,
      code: codeOf(name),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: options.timeout,
      memorySize: options.memoryMb,
      environment: { TOLLGATE_STAGE: settings.stage, ...options.environment },
      role: this.#role(names, name, settings.sync, options.more ?? []),
      logGroup: this.logGroup,
      // The functions write JSON lines themselves; this makes the runtime's own lines JSON too.
      loggingFormat: LoggingFormat.JSON,
      ...(tenantIsolation ? { tenancyConfig: TenancyConfig.PER_TENANT } : {}),
      ...(reservedConcurrency === 0 ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
    });
  }

  /** The policy is part of the role, so the role never exists without it, nor with anything that CDK would add. */
  #role(names: Names, name: FunctionName, catalogue: boolean, more: readonly PermissionStatement[]) {
    const { brokerArn, keys, alerts } = names;
    const policy = functionRolePolicy(name, {
      tableArn: names.tableArn,
      countersTableArn: names.countersTableArn,
      answersTableArn: names.answersTableArn,
      eventBusArn: names.eventBusArn,
      bucketArn: names.bucketArn,
      invokerRoleArn: names.invokerRoleArn,
      contextKeyArn: names.contextKeyArn,
      functionArn: names.functionArn(name),
      catalogue,
      ...(brokerArn === undefined ? {} : { brokerArn }),
      ...(keys === undefined ? {} : { keys }),
      ...(alerts === undefined ? {} : { alerts }),
      logGroupArn: names.logGroupArn(name),
      more,
    });
    const role = new Role(this, 'Role', {
      roleName: names.role(name),
      description: `Tollgate: what the ${name} function itself may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { own: PolicyDocument.fromJson(policy) },
    });
    acknowledgeWildcards(
      role,
      policy,
      'Log streams and usage objects are named while running; GetMetricData takes no resource; a Deny is of everything.',
    );
    return role.withoutPolicyUpdates();
  }
}
