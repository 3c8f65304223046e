import { type App, Aws, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Construct } from 'constructs';
import type { PolicyDocument } from '../policies/document.ts';

/** Every synthesis fails on a finding of the AWS Solutions pack that nobody has acknowledged. */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

/** Says on `construct` why a rule does not hold there; a reviewer reads the reason. */
export function acknowledge(construct: Construct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/** Acknowledges each resource with a wildcard that `document` names, and no other. */
export function acknowledgeWildcards(construct: Construct, document: PolicyDocument, reason: string): void {
  const resources = document.Statement.flatMap(({ Resource }) => Resource);
  for (const resource of new Set(resources))
    if (resource.includes('*'))
      acknowledge(
        construct,
        // The rule writes a reference as <AWS::AccountId>.
        `AwsSolutions-IAM5[Resource::${resource.replaceAll(Aws.ACCOUNT_ID, '<AWS::AccountId>')}]`,
        reason,
      );
}
