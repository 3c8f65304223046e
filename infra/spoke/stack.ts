import { type App, Aws, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { CfnManagedPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { externalIdOf, spokeRoleName } from '../../contract/spoke-list.ts';
import { invokerRolePolicies, invokerTrustPolicy } from '../../policies/roles.ts';
import { acknowledgeWildcards } from '../nag.ts';
import { bad, PREFIX } from '../settings/setting.ts';
import type { SpokeSettings } from './settings.ts';

/**
 * What another account has for calls of a stage to run there: a role of the name that the stage's own role may assume, which lets in
 * that one role, for its tenant, under the words that the stage gives it; and what bounds it.
 */
export class SpokeStack extends Stack {
  constructor(app: App, settings: SpokeSettings) {
    const { hub, stage, partition, region, account, tenant, name, regions, globalProfiles, budget } = settings;
    const roleName = spokeRoleName(stage, name);
    super(app, roleName, {
      description: `Tollgate, stage ${stage}: calls of ${tenant ?? 'its tenants'} run in this account`,
      env: { region, ...(account === undefined ? {} : { account }) },
      tags: { application: 'tollgate', stage },
    });
    const [policyDocument, ...others] = invokerRolePolicies({
      ...{ partition, account: account ?? Aws.ACCOUNT_ID, regions, globalProfiles },
    });
    // A role has ten managed policies and one boundary.
    if (policyDocument === undefined || others.length > 0)
      throw bad(`${PREFIX}spoke.regions`, 'are more than one permissions boundary has room for');
    const bound = new CfnManagedPolicy(this, 'Bound', {
      policyDocument,
      description: 'What calls of a stage of Tollgate may do here at most',
    });
    acknowledgeWildcards(
      bound,
      policyDocument,
      'The upper bound of every session: each call narrows it to one model by a session policy. The lone * is in a Deny.',
    );
    const externalId = externalIdOf(stage, tenant);
    const role = new CfnRole(this, 'Role', {
      roleName,
      description: `Tollgate: assumed by stage ${stage} for each call, narrowed by its session policy to one model`,
      maxSessionDuration: Duration.hours(1).toSeconds(),
      assumeRolePolicyDocument: invokerTrustPolicy({ trustedRoleArn: hub }, { externalId, tenant }),
      managedPolicyArns: [bound.ref],
      // Whatever else is attached to it, by whomever: it stays what a stage's own role is.
      permissionsBoundary: bound.ref,
    });
    if (budget !== undefined) this.#budget(roleName, budget);
    new CfnOutput(this, 'RoleArn', { value: role.attrArn });
    new CfnOutput(this, 'ExternalId', { value: externalId });
  }

  /** Of the whole account: models of others are sold under services of their own names, so no filter by service has them all. */
  #budget(budgetName: string, { usd, email, topicArn }: NonNullable<SpokeSettings['budget']>): void {
    const subscribers = [
      ...(email === undefined ? [] : [{ subscriptionType: 'EMAIL', address: email }]),
      ...(topicArn === undefined ? [] : [{ subscriptionType: 'SNS', address: topicArn }]),
    ];
    const told = (notificationType: string, threshold: number) => ({
      notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
      subscribers,
    });
    new CfnBudget(this, 'Budget', {
      budget: { budgetName, budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: usd, unit: 'USD' } },
      notificationsWithSubscribers: [told('ACTUAL', 80), told('ACTUAL', 100), told('FORECASTED', 100)],
    });
  }
}
