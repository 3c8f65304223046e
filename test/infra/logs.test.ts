import { describe, expect, test } from 'vitest';
import { faultsOf } from './schema.ts';
import {
  flat,
  MAXIMAL,
  ofType,
  only,
  type Resource,
  resourcesOf,
  rolesOf,
  SIEM,
  SIEM_ELSEWHERE,
  stackOf,
  statementsOf,
} from './synth.ts';

const plain = resourcesOf(stackOf().stack);
const maximal = resourcesOf(stackOf(MAXIMAL).stack);

/** Of the stage with one setting more: what is there now, by type. */
const added = (resources: Record<string, Resource>): string[] =>
  Object.keys(resources)
    .filter((id) => plain[id] === undefined)
    .map((id) => `${resources[id]?.Type}`)
    .sort();

/** Without what an option must have changed, nothing of the stage has. */
const unchanged = (resources: Record<string, Resource>): Record<string, Resource> =>
  Object.fromEntries(Object.keys(plain).map((id) => [id, resources[id] as Resource]));

// That every group says it, with every option, is schema.test.ts's.
describe('logs are kept for as long as the setting says', () => {
  test('a week, where it says so', () => {
    const groups = ofType(resourcesOf(stackOf({ 'tollgate:logRetentionDays': 7 }).stack), 'AWS::Logs::LogGroup');
    expect(groups.map(({ RetentionInDays }) => RetentionInDays)).toEqual(groups.map(() => 7));
  });

  test('that of CDK’s own function is there where the function is, and nowhere else', () => {
    const thrown = resourcesOf(stackOf({ 'tollgate:protect': 'none' }).stack);
    const names = (resources: Record<string, Resource>) =>
      ofType(resources, 'AWS::Logs::LogGroup').map(({ LogGroupName }) => flat(LogGroupName));
    expect(names(thrown).filter((name) => !names(plain).includes(name))).toEqual([
      '/tollgate/dev/Custom-S3AutoDeleteObjectsCustomResourceProvider/Handler',
    ]);
  });
});

describe('a SIEM', () => {
  const streamed = resourcesOf(stackOf({ 'tollgate:siem': SIEM }).stack);
  const elsewhere = resourcesOf(stackOf({ 'tollgate:siem': SIEM_ELSEWHERE }).stack);
  const whole = resourcesOf(stackOf({ 'tollgate:siem': { destination: SIEM, usage: true } }).stack);

  const filters = (resources: Record<string, Resource>) =>
    ofType(resources, 'AWS::Logs::SubscriptionFilter').filter(({ FilterName }) => FilterName === 'tollgate-dev-siem');
  const patternOf = (resources: Record<string, Resource>, group: string) => {
    const [id] = Object.entries(resources).find(([, { Properties }]) => Properties?.LogGroupName === group) ?? [];
    return filters(resources).find(({ LogGroupName }) => flat(LogGroupName) === `<${id}>`)?.FilterPattern;
  };

  test.each([
    ['behind a stream', streamed, SIEM],
    ['in another account', elsewhere, SIEM_ELSEWHERE],
    ['with all that goes together', maximal, SIEM],
  ])(
    '%s hears of every log group of the stage, once, and none has more subscriptions than it may',
    (_, resources, arn) => {
      const groups = Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::Logs::LogGroup');
      expect(
        filters(resources)
          .map(({ LogGroupName }) => flat(LogGroupName))
          .sort(),
      ).toEqual(groups.map((id) => `<${id}>`).sort());
      for (const { DestinationArn } of filters(resources)) expect(DestinationArn).toBe(arn);
      const all = ofType(resources, 'AWS::Logs::SubscriptionFilter').map(({ LogGroupName }) => flat(LogGroupName));
      for (const id of groups) expect(all.filter((name) => name === `<${id}>`).length).toBeLessThanOrEqual(2);
    },
  );

  test('is told what was refused and what is wrong; of each call only where that is wanted', () => {
    expect(patternOf(streamed, '/tollgate/dev/invoke')).toBe('{ ($.usage NOT EXISTS) && ($.record NOT EXISTS) }');
    expect(patternOf(streamed, '/tollgate/dev/authorizer')).toBe('{ ($.usage NOT EXISTS) && ($.record NOT EXISTS) }');
    expect(patternOf(streamed, '/tollgate/dev/access')).toBe('{ ($.status = "4*") || ($.status = "5*") }');
    for (const group of ['invoke', 'access'])
      expect(patternOf(whole, `/tollgate/dev/${group}`)).toBe('{ $.record NOT EXISTS }');
  });

  test('behind a stream is written to by a role of CloudWatch Logs, which may do that alone; elsewhere by none', () => {
    expect(rolesOf(streamed).find(({ name }) => name === 'tollgate-dev-siem-us-east-1')).toEqual(
      expect.objectContaining({
        own: [{ Effect: 'Allow', Action: ['kinesis:PutRecord', 'kinesis:PutRecords'], Resource: [SIEM] }],
        trust: [
          expect.objectContaining({
            Principal: { Service: 'logs.amazonaws.com' },
            Condition: { StringLike: { 'aws:SourceArn': 'arn:aws:logs:us-east-1:111122223333:*' } },
          }),
        ],
      }),
    );
    for (const filter of filters(elsewhere)) expect(filter).not.toHaveProperty('RoleArn');
    const count = (resources: Record<string, Resource>) => ofType(resources, 'AWS::IAM::Role').length;
    expect([count(streamed), count(elsewhere)]).toEqual([count(plain) + 1, count(plain)]);
  });

  test('that does not get its lines rings', () => {
    const alarm = ofType(streamed, 'AWS::CloudWatch::Alarm').find(
      ({ AlarmName }) => AlarmName === 'tollgate-dev-siem-errors',
    );
    expect(JSON.stringify(alarm)).toContain(`FilterName = 'tollgate-dev-siem'`);
  });

  test('is all that is added, and nothing of it without', () => {
    expect(new Set(added(elsewhere))).toEqual(new Set(['AWS::CloudWatch::Alarm', 'AWS::Logs::SubscriptionFilter']));
    expect(unchanged(elsewhere)).toEqual(plain);
    expect(JSON.stringify(plain)).not.toMatch(/siem/i);
  });
});

interface Selector {
  Name: string;
  FieldSelectors: Record<string, unknown>[];
}

describe('a trail', () => {
  const kept = resourcesOf(stackOf({ 'tollgate:trail': true }).stack);
  const given = resourcesOf(stackOf({ 'tollgate:trail': { bucket: 'audit-files', calls: true } }).stack);
  const selectorsOf = (resources: Record<string, Resource>) =>
    (only(resources, 'AWS::CloudTrail::Trail').AdvancedEventSelectors as Selector[]).map(
      ({ Name, FieldSelectors }) => ({
        name: Name,
        fields: Object.fromEntries(FieldSelectors.map(({ Field, ...is }) => [Field, is])),
      }),
    );

  test('selects data events of this stage alone: each names what of it, or whose sessions', () => {
    for (const resources of [kept, given, maximal])
      for (const { name, fields } of selectorsOf(resources)) {
        expect(fields.eventCategory, name).toEqual({ Equals: ['Data'] });
        const named = JSON.stringify([fields['resources.ARN'] ?? [], fields['userIdentity.arn'] ?? []]);
        expect(named, name).toContain('tollgate-dev-');
        expect(fields['resources.type'], name).toEqual({ Equals: [expect.stringMatching(/^AWS::\w+::\w+$/)] });
      }
  });

  test('has edits of what decides who may call what, whoever makes them', () => {
    const [edits] = selectorsOf(maximal);
    expect(edits?.fields).toMatchObject({
      readOnly: { Equals: ['false'] },
      'resources.ARN': {
        Equals: ['registry', 'keys'].map(
          (name) => `arn:aws:dynamodb:us-east-1:111122223333:table/tollgate-dev-${name}`,
        ),
      },
    });
    expect(edits?.fields).not.toHaveProperty('userIdentity.arn');
  });

  test('has whatever others do to any table, and leaves out the roles of the stage that use one, and no other', () => {
    for (const resources of [kept, maximal]) {
      const others = selectorsOf(resources).find(({ name }) => name === 'What others do to tables');
      const tables = ofType(resources, 'AWS::DynamoDB::Table').map(({ TableName }) => `${TableName}`);
      expect(others?.fields['resources.ARN']).toEqual({
        Equals: expect.toSatisfy(
          (arns: string[]) =>
            arns
              .map((arn) => arn.split('/')[1])
              .sort()
              .join() === tables.sort().join(),
        ),
      });
      const using = rolesOf(resources).filter(({ own }) => JSON.stringify(own).includes('"dynamodb:'));
      expect(others?.fields['userIdentity.arn']).toEqual({
        NotStartsWith: expect.toSatisfy(
          (arns: string[]) =>
            arns
              .map((arn) => arn.split('/')[1])
              .sort()
              .join() ===
            using
              .map(({ name }) => name)
              .sort()
              .join(),
        ),
      });
    }
  });

  test('has calls that are data events, of the invoker’s sessions, where that is wanted', () => {
    const types = (resources: Record<string, Resource>) =>
      selectorsOf(resources)
        .filter(({ name }) => name.startsWith('Calls'))
        .map(({ fields }) => fields['resources.type']);
    expect(types(kept)).toEqual([]);
    expect(types(given)).toContainEqual({ Equals: ['AWS::SageMaker::Endpoint'] });
    expect(only(given, 'AWS::CloudTrail::Trail')).toMatchObject({ IsMultiRegionTrail: true });
    expect(only(kept, 'AWS::CloudTrail::Trail')).toMatchObject({ IsMultiRegionTrail: false });
  });

  test('says by a digest when a file was changed, and is written by CloudTrail for this trail alone', () => {
    expect(only(kept, 'AWS::CloudTrail::Trail')).toMatchObject({ EnableLogFileValidation: true, IsLogging: true });
    const [bucketId] = Object.keys(kept).filter(
      (id) => id.startsWith('TrailBucket') && kept[id]?.Type === 'AWS::S3::Bucket',
    );
    const policy = ofType(kept, 'AWS::S3::BucketPolicy').find(({ Bucket }) => flat(Bucket) === `<${bucketId}>`);
    const allowed = statementsOf(policy?.PolicyDocument).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ Action }) => Action)).toEqual([['s3:GetBucketAcl'], ['s3:PutObject']]);
    for (const { Principal, Condition } of allowed) {
      expect(Principal).toEqual({ Service: 'cloudtrail.amazonaws.com' });
      expect(Condition?.StringEquals?.['aws:SourceArn']).toBe(
        'arn:aws:cloudtrail:us-east-1:111122223333:trail/tollgate-dev-trail',
      );
    }
  });

  test('keeps files as long as it is told; locked, nobody deletes one before', () => {
    const bucketOf = (trail: unknown) => {
      const resources = resourcesOf(stackOf({ 'tollgate:trail': trail }).stack);
      const [id = ''] = Object.keys(resources).filter((one) => /^TrailBucket[0-9A-F]{8}$/.test(one));
      return resources[id]?.Properties;
    };
    expect(bucketOf({ days: 30, lock: 'compliance' })).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Days: 30, Mode: 'COMPLIANCE' } } },
      LifecycleConfiguration: { Rules: expect.arrayContaining([expect.objectContaining({ ExpirationInDays: 30 })]) },
    });
    // The lock can be put on later: a bucket that cannot take one would be replaced.
    expect(bucketOf(true)).toMatchObject({ ObjectLockEnabled: true });
    expect(bucketOf(true)).not.toHaveProperty('ObjectLockConfiguration');
    expect(bucketOf(true)).not.toHaveProperty('BucketName');
  });

  test('is all that is added, and nothing of it without', () => {
    expect(added(kept)).toEqual(['AWS::CloudTrail::Trail', 'AWS::S3::Bucket', 'AWS::S3::BucketPolicy']);
    expect(added(given)).toEqual(['AWS::CloudTrail::Trail']);
    expect(unchanged(given)).toEqual(plain);
    expect(JSON.stringify(plain)).not.toMatch(/cloudtrail/i);
    expect(faultsOf({ Resources: { ...kept } as never })).toEqual([]);
  });
});
