import { RegionInfo } from 'aws-cdk-lib/region-info';
import { describe, expect, test } from 'vitest';
import {
  INLINE_POLICIES_MAX_CHARS,
  MANAGED_POLICIES_MAX,
  MANAGED_POLICY_MAX_CHARS,
} from '../../contract/limits/policies.ts';
import { partitionOf } from '../../policies/partition.ts';
import { invokerRolePolicies, invokerRolePolicy } from '../../policies/roles.ts';
import { flat, ofType, type Resource, resourcesOf, stackOf } from './synth.ts';

const inPartition = (wanted: string): string[] =>
  RegionInfo.regions.map(({ name }) => name).filter((name) => partitionOf(name) === wanted);
const REGIONS = inPartition('aws');

/** Kinds of resources whose names a whole account shares, or the world, and the property that names one. */
const OF_NO_REGION: Record<string, string> = {
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
};

const namesIn = (resources: Record<string, Resource>): string[] =>
  Object.entries(OF_NO_REGION).flatMap(([type, property]) =>
    ofType(resources, type).flatMap((properties) => (property in properties ? [flat(properties[property])] : [])),
  );

describe('a stage of one name in two regions of an account', () => {
  const [here, there] = ['us-east-1', 'ap-northeast-1'].map((region) =>
    namesIn(resourcesOf(stackOf({ 'tollgate:region': region }).stack)),
  );

  test('shares no name of what has no region', () => {
    expect(here?.length).toBeGreaterThan(8);
    expect(here?.filter((name) => there?.includes(name))).toEqual([]);
  });

  test('of the longest name and the longest region, every name is as long as AWS takes', () => {
    const longest = [...REGIONS].sort((a, b) => b.length - a.length)[0];
    const stage = 'a'.repeat(20);
    const resources = resourcesOf(
      stackOf({ 'tollgate:stage': stage, 'tollgate:region': longest, 'tollgate:broker': true }).stack,
    );
    for (const { RoleName } of ofType(resources, 'AWS::IAM::Role'))
      expect(flat(RoleName ?? '').length).toBeLessThanOrEqual(64);
    for (const { BucketName } of ofType(resources, 'AWS::S3::Bucket'))
      expect(flat(BucketName ?? '').length).toBeLessThanOrEqual(63);
    for (const type of ['AWS::Lambda::Function', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::Scheduler::Schedule'])
      for (const { FunctionName, DeliveryStreamName, Name } of ofType(resources, type))
        expect(flat(FunctionName ?? DeliveryStreamName ?? Name).length).toBeLessThanOrEqual(64);
  });
});

describe('what the invoker role may do', () => {
  const scope = { partition: 'aws', account: '111122223333', globalProfiles: true };

  test.each(REGIONS.map((_, index) => index + 1))('fits into the policies of a role in %i regions', (count) => {
    const regions = REGIONS.slice(0, count);
    const documents = invokerRolePolicies({ ...scope, regions });
    expect(documents.length).toBeLessThanOrEqual(MANAGED_POLICIES_MAX);
    for (const document of documents)
      expect(JSON.stringify(document).length).toBeLessThanOrEqual(MANAGED_POLICY_MAX_CHARS);
    const resourcesIn = (list: { Statement: readonly { Resource: readonly string[] }[] }[]) =>
      new Set(list.flatMap(({ Statement }) => Statement.flatMap(({ Resource }) => Resource)));
    expect(resourcesIn(documents)).toEqual(resourcesIn([invokerRolePolicy({ ...scope, regions })]));
  });

  test.each(['aws-us-gov', 'aws-cn', 'aws-eusc'])('fits in all regions of %s', (partition) => {
    const regions = inPartition(partition);
    expect(regions.length).toBeGreaterThan(0);
    for (const document of invokerRolePolicies({ ...scope, partition, regions }))
      expect(JSON.stringify(document).length).toBeLessThanOrEqual(MANAGED_POLICY_MAX_CHARS);
  });

  test.each([
    ['known', '111122223333'],
    ['known only when it is deployed', ''],
  ])('leaves the room for inline policies to revocations, its account being %s', (_, account) => {
    const resources = resourcesOf(
      stackOf({ 'tollgate:account': account, 'tollgate:modelRegions': REGIONS, 'tollgate:globalProfiles': true }).stack,
    );
    const role = ofType(resources, 'AWS::IAM::Role').find(
      ({ RoleName }) => RoleName === 'tollgate-dev-invoker-us-east-1',
    );
    expect(JSON.stringify(role?.Policies ?? []).length).toBeLessThan(INLINE_POLICIES_MAX_CHARS / 100);
    const policies = ofType(resources, 'AWS::IAM::ManagedPolicy');
    expect(role?.ManagedPolicyArns).toHaveLength(policies.length);
    expect(policies.length).toBe(invokerRolePolicies({ ...scope, regions: REGIONS }).length);
  });
});
