import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { documentOf, type PermissionStatement } from '../policies/document.ts';
import type { Names } from './names.ts';

/** The role by which EventBridge Scheduler, for this account alone, starts a function. @param more what else it may do */
export function schedulerRole(
  scope: Construct,
  names: Names,
  { name, functionArn, more = [] }: { name: string; functionArn: string; more?: readonly PermissionStatement[] },
): CfnRole {
  const starts: PermissionStatement = { Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [functionArn] };
  return new CfnRole(scope, 'Role', {
    roleName: names.role(name),
    assumeRolePolicyDocument: documentOf([
      {
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Action: ['sts:AssumeRole'],
        Condition: { StringEquals: { 'aws:SourceAccount': names.account } },
      },
    ]),
    policies: [{ policyName: 'own', policyDocument: documentOf([starts, ...more]) }],
  });
}
