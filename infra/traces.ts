import { Aspects, CfnResource, type IAspect, Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { PermissionStatement } from '../policies/document.ts';
import { documentOf } from '../policies/document.ts';
import { acknowledge } from './nag.ts';
import type { Names } from './names.ts';
import { propertiesOf } from './properties.ts';
import type { InfraSettings } from './settings/index.ts';
import type { OtlpExport } from './settings/traces.ts';

/** What invoke and the container are told of a collector. */
export function otlpEnvironment(otlp: OtlpExport | undefined): Record<string, string> {
  if (otlp === undefined) return {};
  const { endpoint, headersSecret, sample } = otlp;
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...(headersSecret === undefined ? {} : { TOLLGATE_OTLP_HEADERS_SECRET: headersSecret }),
    ...(sample === undefined
      ? {}
      : { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(sample) }),
  };
}

/**
 * X-Ray, and the layer that a collector is in. An aspect: it looks at each resource as it is, so that no function is left out, also of
 * those that CDK makes for itself.
 */
export class Traces implements IAspect {
  readonly #settings: InfraSettings;
  readonly #names: Names;

  /** Nothing is added where both settings are off. To be called when all roles are there, and before who looks at their rights. */
  static of(stack: Stack, settings: InfraSettings, names: Names): void {
    const { tracing, otlp } = settings;
    if (otlp?.headersSecret !== undefined) mayRead(stack, names, otlp.headersSecret);
    if (tracing || otlp?.layer !== undefined) Aspects.of(stack).add(new Traces(settings, names));
  }

  private constructor(settings: InfraSettings, names: Names) {
    this.#settings = settings;
    this.#names = names;
  }

  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node)) return;
    const { tracing, otlp } = this.#settings;
    switch (node.cfnResourceType) {
      case 'AWS::ApiGateway::Stage':
        if (tracing) node.addPropertyOverride('TracingEnabled', true);
        return;
      case 'AWS::Lambda::Function':
        if (tracing) this.#trace(node);
        if (otlp?.layer !== undefined && propertiesOf(node).FunctionName === this.#names.functionName('invoke'))
          node.addPropertyOverride('Layers', [otlp.layer]);
    }
  }

  #trace(node: CfnResource): void {
    node.addPropertyOverride('TracingConfig', { Mode: 'Active' });
    const { FunctionName: name, Role: role } = propertiesOf(node);
    const [id] = (role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
    const found = Stack.of(node)
      .node.findAll()
      .find((one) => CfnResource.isCfnResource(one) && Stack.of(node).resolve(one.logicalId) === id) as CfnResource;
    const arn = typeof name === 'string' ? this.#functionArn(name) : undefined;
    addPolicy(found, 'traces', tracingStatements(arn));
    acknowledge(
      found,
      'AwsSolutions-IAM5[Resource::*]',
      'Actions of X-Ray take no resource; segments are put by the one function that has the role.',
    );
  }

  #functionArn(name: string): string {
    const { partition, region } = this.#settings;
    return `arn:${partition}:lambda:${region}:${this.#names.account}:function:${name}`;
  }
}

/** For invoke and the container, whose spans they are. Invoke's role denies whoever else has it to read any secret. */
function mayRead(stack: Stack, names: Names, secretArn: string): void {
  const policyDocument = documentOf([
    { Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: [secretArn] },
  ]);
  const sending = ['invoke', 'container'].map((who) => names.role(who));
  for (const one of stack.node.findAll())
    if (one instanceof CfnRole && sending.includes(String(one.roleName)))
      one.policies = [...stack.resolve(one.policies ?? []), { policyName: 'spans', policyDocument }];
}

/**
 * Lambda puts segments itself, outside of the function's code but by its role, and names the function in that call as in those of
 * the code (https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html): so the role is of no use to another
 * function for that, either. Whether it does so where it tells how it fares, which says nothing of a call, is not documented.
 */
function tracingStatements(functionArn: string | undefined): PermissionStatement[] {
  const may = {
    Effect: 'Allow',
    Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    Resource: ['*'],
  } as const;
  if (functionArn === undefined) return [may];
  const elsewhere = { ArnNotLike: { 'lambda:SourceFunctionArn': [functionArn, `${functionArn}:*`] } };
  return [may, { Effect: 'Deny', Action: ['xray:PutTraceSegments'], Resource: ['*'], Condition: elsewhere }];
}

/** Beside those that a role has, whichever class made it. */
function addPolicy(role: CfnResource, name: string, statements: PermissionStatement[]): void {
  const { Policies = [] } = propertiesOf(role) as { Policies?: unknown[] };
  role.addPropertyOverride('Policies', [...Policies, { PolicyName: name, PolicyDocument: documentOf(statements) }]);
}
