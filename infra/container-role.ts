import { CfnPodIdentityAssociation } from 'aws-cdk-lib/aws-eks';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type ContainerHost, containerRolePolicy, containerTrustPolicy } from '../policies/container.ts';
import { acknowledgeWildcards } from './nag.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';

/** The container's own role, wherever it runs. A plain CfnRole: both documents are deployed exactly as they are tested. */
export class ContainerRole extends Construct {
  readonly role: CfnRole;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names) {
    super(scope, id);
    const { kubernetes } = settings;
    const { brokerArn, keys } = names;
    const allowed = {
      tableArn: names.tableArn,
      countersTableArn: names.countersTableArn,
      answersTableArn: names.answersTableArn,
      eventBusArn: names.eventBusArn,
      bucketArn: names.bucketArn,
      invokerRoleArn: names.invokerRoleArn,
      catalogue: settings.sync,
      ...(brokerArn === undefined ? {} : { brokerArn }),
      ...(keys === undefined ? {} : { keys }),
    };
    const policy = containerRolePolicy(allowed, settings.admin ? ['admin'] : []);
    this.role = new CfnRole(this, 'Role', {
      roleName: names.role('container'),
      description: 'Tollgate: what the container itself may do',
      assumeRolePolicyDocument: containerTrustPolicy(hostOf(settings, names)),
      policies: [{ policyName: 'own', policyDocument: policy }],
    });
    acknowledgeWildcards(this.role, policy, 'Objects of usage are named while running.');
    if (kubernetes?.kind === 'pod-identity')
      new CfnPodIdentityAssociation(this, 'Association', {
        clusterName: kubernetes.arn.slice(kubernetes.arn.indexOf('/') + 1),
        namespace: kubernetes.namespace,
        serviceAccount: kubernetes.serviceAccount,
        roleArn: this.role.attrArn,
        // Its tags are handed on to each session that is made from this one, which is to carry the tenant's and no others.
        disableSessionTags: true,
      });
  }
}

function hostOf({ kubernetes, partition, region }: InfraSettings, { account }: Names): ContainerHost {
  if (kubernetes === undefined) return { kind: 'fargate', partition, account, region };
  const { kind, arn: providerArn, namespace, serviceAccount } = kubernetes;
  return kind === 'irsa' ? { kind, providerArn, namespace, serviceAccount } : { kind };
}
