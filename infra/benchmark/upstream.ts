import { Duration, Fn } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  FunctionUrlAuthType,
  InvokeMode,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { codeOf } from '../bundling.ts';
import type { Names } from '../names.ts';

/** Stands in for Bedrock in a stage that is there to be measured (`tollgate:benchmark`), so that a load costs no tokens. */
export class BenchmarkUpstream extends Construct {
  readonly url: string;
  /** What points whoever calls models at it. */
  readonly environment: Record<string, string>;

  constructor(scope: Construct, id: string, names: Names) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      roleName: names.role('benchmark'),
      description: 'Tollgate: what the fake upstream of a benchmark may do, which is nothing',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const upstream = new LambdaFunction(this, 'Function', {
      functionName: names.of('benchmark'),
      description: 'Answers in the place of a model; its requests are signed, and it looks at no signature',
      code: codeOf('infra/benchmark'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(10),
      memorySize: 256,
      role: role.withoutPolicyUpdates(),
    });
    // Signed for Bedrock and not for Lambda, so Lambda cannot check it: whoever knows the URL may call it.
    const { url } = upstream.addFunctionUrl({
      authType: FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
    // Without the slash at its end, which would be one too many before the path.
    this.url = `https://${Fn.select(2, Fn.split('/', url))}`;
    this.environment = { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: this.url };
  }
}
