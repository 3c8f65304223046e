import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiKey,
  ApiKeySourceType,
  type AuthorizationType,
  EndpointType,
  IdentitySource,
  type IResource,
  type IRestApi,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RequestAuthorizer,
  ResponseTransferMode,
  RestApi,
  UsagePlan,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { NO_TENANT } from '../contract/identity.ts';
import { OPEN_PATHS } from '../contract/open-paths.ts';
import { defaultPlanName, usageKey } from '../policies/usage-key.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { acknowledge } from './nag.ts';
import type { Names } from './names.ts';
import { removalOfData } from './removal.ts';
import type { InfraSettings } from './settings/index.ts';

/**
 * What an access log line holds. No header, no query and no path as it was written, since a caller may put a token into any
 * of them; the function's own lines know which model was asked for.
 */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  at: '$context.requestTimeEpoch',
  sourceIp: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  responseBytes: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  integrationMs: '$context.integration.latency',
  integrationStatus: '$context.integration.status',
  authorizerMs: '$context.authorizer.latency',
  authorizerStatus: '$context.authorizer.status',
  tenant: '$context.authorizer.tenant',
  refusal: '$context.error.responseType',
};

/** Who called, and what came of it. `scope` is the API's, also where there is none. */
export function accessLogs(scope: Construct, settings: InfraSettings, names: Names): LogGroup {
  return new LogGroup(scope, 'AccessLogs', {
    logGroupName: names.logGroup('access'),
    retention: settings.logRetentionDays,
    removalPolicy: removalOfData(settings),
  });
}

export interface ApiFunctions {
  authorizer: IFunction;
  invoke: IFunction;
  /** Where the registry has an API. */
  admin?: IFunction;
  /** Where there is a console. */
  pages?: IFunction;
}

/** The REST API: one authorizer, one function behind it, answers streamed. */
export class GatewayApi extends Construct {
  readonly api: RestApi;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, functions: ApiFunctions) {
    super(scope, id);
    this.api = new RestApi(this, 'Api', {
      restApiName: names.of('gateway'),
      description: 'Tollgate: models for tenants',
      // Streams may be silent for five minutes on a regional endpoint and for thirty seconds on an edge one.
      endpointTypes: [EndpointType.REGIONAL],
      // Bodies reach the function as the bytes they are.
      binaryMediaTypes: ['*/*'],
      // Whose usage plan counts a call is the authorizer's to say; the caller's x-api-key header is not looked at.
      ...(settings.usagePlans ? { apiKeySourceType: ApiKeySourceType.AUTHORIZER } : {}),
      cloudWatchRole: settings.apiGatewayLogRole,
      ...(settings.apiGatewayLogRole ? { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE } : {}),
      deployOptions: {
        stageName: settings.stage,
        throttlingRateLimit: settings.throttleRate,
        throttlingBurstLimit: settings.throttleBurst,
        accessLogDestination: new LogGroupLogDestination(accessLogs(this, settings, names)),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
        loggingLevel: MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        metricsEnabled: true,
      },
    });
    this.#addRoutes(settings, names, functions);
    this.#addDefaultPlan(settings, names);
    addGatewayResponses(this.api, settings.corsOrigins.length > 0, settings.waf !== undefined);
    this.#acknowledge(settings);
  }

  #addRoutes(settings: InfraSettings, names: Names, functions: ApiFunctions): void {
    // Whose environment a call goes to is taken from the authorizer's answer alone: a mapping replaces a header of that name.
    const integrationFor = (tenant: string): LambdaIntegration =>
      new LambdaIntegration(functions.invoke, {
        proxy: true,
        responseTransferMode: ResponseTransferMode.STREAM,
        timeout: Duration.minutes(15),
        allowTestInvoke: false,
        ...(settings.tenantIsolation
          ? { requestParameters: { 'integration.request.header.X-Amz-Tenant-Id': tenant } }
          : {}),
      });
    const integration = integrationFor('context.authorizer.tenant');
    const open = integrationFor(`'${NO_TENANT}'`);
    const authorizer = new RequestAuthorizer(this, 'Authorizer', {
      authorizerName: names.of('authorizer'),
      handler: functions.authorizer,
      // The one identity source: without the header API Gateway answers 401 by itself, and its value keys the cache.
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: Duration.seconds(settings.authorizerTtlSeconds),
    });
    const guarded = { authorizer, apiKeyRequired: settings.usagePlans };
    this.api.root.addMethod('ANY', integration, guarded);
    const proxied = this.api.root.addResource('{proxy+}');
    proxied.addMethod('ANY', integration, guarded);
    if (functions.admin !== undefined) {
      const admin = new LambdaIntegration(functions.admin, {
        proxy: true,
        responseTransferMode: ResponseTransferMode.STREAM,
        timeout: Duration.minutes(5),
        allowTestInvoke: false,
      });
      this.api.root.addResource('admin').addResource('{proxy+}').addMethod('ANY', admin, guarded);
    }
    if (functions.pages !== undefined) {
      const pages = new LambdaIntegration(functions.pages, { proxy: true, allowTestInvoke: false });
      const console = this.api.root.addResource('console');
      for (const resource of [console, console.addResource('{proxy+}')])
        for (const verb of ['GET', 'HEAD']) this.#addOpen(resource, verb, pages);
    }
    // HEAD too: that is how some load balancers ask.
    const openRoutes = OPEN_PATHS.map((path) => [this.api.root.addResource(path.slice(1)), ['GET', 'HEAD']] as const);
    for (const [resource, verbs] of openRoutes) for (const verb of verbs) this.#addOpen(resource, verb, open);
    // A browser asks without a token whether its page may call.
    if (settings.corsOrigins.length > 0)
      for (const resource of [this.api.root, proxied, ...openRoutes.map(([one]) => one)])
        this.#addOpen(resource, 'OPTIONS', open);
  }

  #addOpen(resource: IResource, verb: string, integration: LambdaIntegration): void {
    const method = resource.addMethod(verb, integration, { authorizationType: 'NONE' as AuthorizationType });
    const reason = `${verb} ${resource.path} is served without a token on purpose; it says nothing of any tenant.`;
    acknowledge(method, 'AwsSolutions-APIG4', reason);
  }

  /**
   * The key and plan of the tenants that have none of their own. They share the key, so the plan has no limits: the stage's
   * own throttling holds for them. There also where plans are not in use, so that turning them on refuses nobody.
   */
  #addDefaultPlan({ stage, region }: InfraSettings, { account }: Names): void {
    const name = defaultPlanName(stage);
    const key = new ApiKey(this, 'DefaultKey', {
      apiKeyName: name,
      description: 'Tenants without a usage plan of their own. It opens nothing: only the authorizer can name it.',
      value: usageKey({ account, region, stage }, null),
    });
    const plan = new UsagePlan(this, 'DefaultPlan', {
      name,
      description: 'Tenants without a usage plan of their own',
      // The cast: CDK's own class and interface differ under exactOptionalPropertyTypes.
      apiStages: [{ api: this.api as IRestApi, stage: this.api.deploymentStage }],
    });
    plan.addApiKey(key);
  }

  #acknowledge({ waf }: InfraSettings): void {
    const say = (id: string, reason: string): void => acknowledge(this, `AwsSolutions-${id}`, reason);
    say('APIG2', 'Bodies are streamed to the function as bytes and checked there, in the shape of each wire format.');
    if (waf === undefined) say('APIG3', 'A web ACL is an option (tollgate:waf), since it has a price by the month.');
    say('APIG6', 'Execution logs may hold headers and bodies: tokens and prompts. Access logs say who, what and when.');
    say('COG4', 'Tokens come from any OpenID issuer, not from one Cognito pool; our authorizer verifies them.');
    say(
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      'The managed policy that API Gateway asks for, to write its access logs.',
    );
  }
}
