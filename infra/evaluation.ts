import type { PermissionStatement } from '../policies/document.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';
import type { Evaluation } from './settings/operations.ts';

/** What an evaluation may be of: these, and what Bedrock finds in a knowledge base. Of the account, but for foundation models. */
const EVALUATED = [
  ...['application-inference-profile', 'custom-model', 'default-prompt-router', 'imported-model'],
  ...['inference-profile', 'knowledge-base', 'prompt-router', 'provisioned-model'],
];

/**
 * What the daily look's role may do so that it evaluates models again: start jobs under the stage's own tag with the roles that are
 * named, read what came of them where that is named, and write models' entries with their history. The resources of
 * CreateEvaluationJob are more than the Service Authorization Reference lists for it (no inference profile, no knowledge base), which
 * the API takes all the same; tags of a job need TagResource (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html).
 */
export function evaluating(
  { roles, buckets }: Evaluation,
  { stage, partition }: Pick<InfraSettings, 'stage' | 'partition'>,
  names: Names,
): PermissionStatement[] {
  const may = (
    Action: readonly string[],
    Resource: readonly string[],
    Condition?: PermissionStatement['Condition'],
  ): PermissionStatement => ({ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) });
  // Models are called in other regions, too.
  const bedrock = `arn:${partition}:bedrock:*:`;
  const own = `${bedrock}${names.account}:`;
  const job = `${own}evaluation-job/*`;
  const tagged = { StringEquals: { 'aws:RequestTag/tollgate:stage': stage } };
  const objects = buckets.map((bucket) => `arn:${partition}:s3:::${bucket}`);
  const items = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['MODEL#*', 'HISTORY#MODEL#*', 'LOG'] } };
  return [
    may(
      ['bedrock:CreateEvaluationJob'],
      [`${bedrock}:foundation-model/*`, job, ...EVALUATED.map((kind) => `${own}${kind}/*`)],
      tagged,
    ),
    may(['bedrock:TagResource'], [job], tagged),
    may(['bedrock:GetEvaluationJob'], [job]),
    may(['bedrock:ListEvaluationJobs'], ['*']),
    may(['iam:PassRole'], roles, { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } }),
    may(['s3:ListBucket'], objects),
    may(
      ['s3:GetObject'],
      objects.map((bucket) => `${bucket}/*`),
    ),
    may(['dynamodb:PutItem'], [names.tableArn], { ...items, Null: { 'dynamodb:LeadingKeys': 'false' } }),
  ];
}
