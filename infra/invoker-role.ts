import { Duration } from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { invokerRolePolicies, invokerTrustPolicy } from '../policies/roles.ts';
import { spokesPolicy } from '../policies/spoke.ts';
import { acknowledgeWildcards } from './nag.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';

/**
 * The role that is assumed for every call, under a session policy for the one model called. A plain CfnRole, so that both
 * documents are deployed exactly as they are tested.
 */
export class InvokerRole extends Construct {
  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names) {
    super(scope, id);
    const documents = invokerRolePolicies({
      partition: settings.partition,
      account: names.account,
      regions: settings.modelRegions,
      globalProfiles: settings.globalProfiles,
      kinds: settings.kinds,
    });
    const policies = documents.map((policyDocument, index) => {
      const policy = new CfnManagedPolicy(this, `Models${index + 1}`, { policyDocument });
      acknowledgeWildcards(
        policy,
        policyDocument,
        'The upper bound of every session: each call narrows it to one model by a session policy. The lone * is in a Deny, or of an action that takes no resource.',
      );
      return policy.ref;
    });
    if (settings.spokes.length > 0) {
      const policyDocument = spokesPolicy(settings.spokes);
      const policy = new CfnManagedPolicy(this, 'Spokes', { policyDocument });
      acknowledgeWildcards(
        policy,
        policyDocument,
        'Every role of this stage’s name in an account that the setting lists: which there are, that account says.',
      );
      policies.push(policy.ref);
    }
    new CfnRole(this, 'Role', {
      roleName: names.role('invoker'),
      description: 'Tollgate: assumed for every call, narrowed by its session policy to one model',
      maxSessionDuration: Duration.hours(1).toSeconds(),
      assumeRolePolicyDocument: invokerTrustPolicy({ trustedRoleArn: names.trustedRoleArn }),
      managedPolicyArns: policies,
    });
  }
}
