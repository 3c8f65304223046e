import { Duration } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnResourcePolicy, CfnRotationSchedule, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CONTEXT_KEY_CHARS, CONTEXT_KEY_ROTATION_HOURS } from '../contract/limits/seal.ts';
import { contextKeyPolicy } from '../policies/roles.ts';
import { TollgateFunction } from './functions.ts';
import { acknowledge } from './nag.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';

/**
 * The key that the authorizer seals contexts with and the invoke function opens them with. It is made by Secrets Manager and
 * made new by the seal function; no template, variable or person ever holds it. With the stack it goes, and at once: a key
 * is of no use to what comes after it.
 */
export class ContextKey extends Construct {
  readonly rotation: TollgateFunction;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names) {
    super(scope, id);
    const secret = new CfnSecret(this, 'Secret', {
      name: names.contextKey,
      description: 'Tollgate: what the authorizer says of a caller is sealed with it',
      generateSecretString: { passwordLength: CONTEXT_KEY_CHARS, excludePunctuation: true },
    });
    const policy = new CfnResourcePolicy(this, 'Policy', {
      secretId: secret.ref,
      resourcePolicy: contextKeyPolicy({ readers: names.contextKeyReaders }),
      blockPublicPolicy: true,
    });
    this.rotation = new TollgateFunction(this, 'Rotation', settings, names, {
      name: 'seal',
      description: 'Makes the key new that contexts are sealed with',
      timeout: Duration.seconds(30),
      memoryMb: 256,
      environment: {},
    });
    const { function: rotation } = this.rotation;
    rotation.addPermission('Rotates', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: names.account,
      sourceArn: secret.ref,
    });
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: secret.ref,
      rotationLambdaArn: rotation.functionArn,
      // The key of a new stage is as new as it can be.
      rotateImmediatelyOnUpdate: false,
      rotationRules: { scheduleExpression: `rate(${CONTEXT_KEY_ROTATION_HOURS} hours)` },
    });
    // Secrets Manager tries the function when it is given it.
    schedule.node.addDependency(rotation, policy);
    acknowledge(secret, 'AwsSolutions-SMG4', 'It is rotated by a schedule of this stack, which the rule does not see.');
  }
}
