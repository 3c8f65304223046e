import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type Condition, documentOf, type PermissionStatement } from '../policies/document.ts';
import { acknowledgeWildcards } from './nag.ts';
import type { Names } from './names.ts';

export interface ServiceRole {
  name: string;
  /** The service that takes it, without its domain. */
  service: string;
  statements: readonly PermissionStatement[];
  /** By which the service says for whom it takes it; Lambda says nothing. */
  condition?: Condition;
}

/** A role that a service of AWS takes for this account alone; both documents are deployed exactly as they are written. */
export function serviceRole(scope: Construct, id: string, names: Names, given: ServiceRole): CfnRole {
  const { name, service, statements, condition } = given;
  const policy = documentOf(statements);
  const role = new CfnRole(scope, id, {
    roleName: names.role(name),
    assumeRolePolicyDocument: documentOf([
      {
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: ['sts:AssumeRole'],
        ...(condition === undefined ? {} : { Condition: condition }),
      },
    ]),
    policies: [{ policyName: 'own', policyDocument: policy }],
  });
  acknowledgeWildcards(role, policy, 'Objects and streams are named by the service, below the prefixes given.');
  return role;
}

/** CloudWatch Logs of this account: another account's must not be able to write into our bill. */
export const fromLogs = (names: Names): Pick<ServiceRole, 'service' | 'condition'> => ({
  service: 'logs',
  condition: { StringLike: { 'aws:SourceArn': names.logsArn } },
});
