import { Duration, type Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { accessLogs, GatewayApi } from './api.ts';
import { ConsolePages } from './console.ts';
import { ContextKey } from './context-key.ts';
import { functionLogs, TollgateFunction } from './functions.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';

/** The first door: API Gateway, the authorizer and invoke, and the key that ties one's answer to the other. */
export interface LambdaDoor {
  authorizer: TollgateFunction;
  invoke: TollgateFunction;
  /** The registry's API, where there is one. */
  admin?: TollgateFunction;
  key: ContextKey;
  api: RestApi;
}

/** Environment variables of each, but for the key. */
export interface DoorEnvironment {
  registry: Record<string, string>;
  decisions: Record<string, string>;
  calls: Record<string, string>;
  /** None where there is no console. */
  console: Record<string, string>;
}

/** All of it lies in the stack itself: what is deployed already is known by where it lies. */
export function lambdaDoor(stack: Stack, settings: InfraSettings, names: Names, told: DoorEnvironment): LambdaDoor {
  const key = new ContextKey(stack, 'ContextKey', settings, names);
  const contextKey = { TOLLGATE_CONTEXT_KEY: names.contextKey };
  const authorizer = new TollgateFunction(stack, 'Authorizer', settings, names, {
    name: 'authorizer',
    description: 'Verifies the token and looks up what its tenant may call',
    timeout: Duration.seconds(10),
    memoryMb: 512,
    reservedConcurrency: settings.authorizerConcurrency,
    environment: { ...told.decisions, ...contextKey },
  });
  const invoke = new TollgateFunction(stack, 'Invoke', settings, names, {
    name: 'invoke',
    description: 'Calls the model under a session policy that names only it',
    timeout: Duration.minutes(15),
    memoryMb: 1_024,
    environment: { ...told.calls, ...contextKey },
    tenantIsolation: settings.tenantIsolation,
    reservedConcurrency: settings.invokeConcurrency,
  });
  const admin = settings.admin
    ? new TollgateFunction(stack, 'Admin', settings, names, {
        name: 'admin',
        description: 'The registry, for those to whom it is delegated',
        timeout: Duration.minutes(5),
        // Lambda gives a processor by memory, and who reads the log of calls waits for that.
        memoryMb: 1_024,
        environment: { ...told.registry, ...contextKey },
      })
    : undefined;
  for (const reader of [authorizer, invoke, ...(admin === undefined ? [] : [admin])]) reader.node.addDependency(key);
  const pages =
    settings.console === undefined ? undefined : new ConsolePages(stack, 'Console', settings, names, told.console);
  const { api } = new GatewayApi(stack, 'Gateway', settings, names, {
    authorizer: authorizer.function,
    invoke: invoke.function,
    ...(admin === undefined ? {} : { admin: admin.function }),
    ...(pages === undefined ? {} : { pages: pages.function }),
  });
  return { authorizer, invoke, ...(admin === undefined ? {} : { admin }), key, api };
}

/**
 * Its logs where the door is not: they outlive it, so that opening it again meets none that is there already.
 *
 * @returns invoke's, which the container writes into
 */
export function lambdaDoorLogs(stack: Stack, settings: InfraSettings, names: Names): LogGroup {
  accessLogs(new Construct(stack, 'Gateway'), settings, names);
  functionLogs(new Construct(stack, 'Authorizer'), settings, names, 'authorizer');
  functionLogs(new Construct(new Construct(stack, 'ContextKey'), 'Rotation'), settings, names, 'seal');
  return functionLogs(new Construct(stack, 'Invoke'), settings, names, 'invoke');
}
