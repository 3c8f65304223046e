import { Duration } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { invokerRolePolicy, invokerTrustPolicy } from '../policies/roles.ts';
import { acknowledgeWildcards } from './nag.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings.ts';

/**
 * The role that is assumed for every call, under a session policy for the one model called. A plain CfnRole, so that both
 * documents are deployed exactly as they are tested.
 */
export class InvokerRole extends Construct {
  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names) {
    super(scope, id);
    const policy = invokerRolePolicy({
      partition: settings.partition,
      account: names.account,
      regions: settings.modelRegions,
      globalProfiles: settings.globalProfiles,
    });
    const role = new CfnRole(this, 'Role', {
      roleName: names.of('invoker'),
      description: 'Tollgate: assumed for every call, narrowed by its session policy to one model',
      maxSessionDuration: Duration.hours(1).toSeconds(),
      assumeRolePolicyDocument: invokerTrustPolicy({ trustedRoleArn: names.trustedRoleArn }),
      policies: [{ policyName: 'models', policyDocument: policy }],
    });
    acknowledgeWildcards(
      role,
      policy,
      'The upper bound of every session: each call narrows it to one model by a session policy. The lone * is in a Deny.',
    );
  }
}
