import { describe, expect, test } from 'vitest';
import { METRICS } from '../../contract/log.ts';
import { ofType, only, resourcesOf, stackOf, statementsOf } from './synth.ts';

const resources = resourcesOf(stackOf().stack);

describe('the alarms', () => {
  const alarms = ofType(resources, 'AWS::CloudWatch::Alarm');

  test.each([
    METRICS.deniedByIam,
    METRICS.modelNotSubscribed,
    METRICS.credentialsRefused,
    METRICS.undecided,
    METRICS.unusableEntry,
    METRICS.unsettled,
    METRICS.unpriced,
    METRICS.quarantined,
    METRICS.aggregationFailed,
    METRICS.drift,
    METRICS.budgetUnsettled,
    METRICS.budgetEventLost,
    METRICS.reservationsReleased,
  ])('%s is watched over all tenants and models', (metric) => {
    const found = alarms.find(({ Namespace, MetricName }) => Namespace === 'Tollgate/dev' && MetricName === metric);
    expect(found).toMatchObject({ Statistic: 'Sum', ComparisonOperator: 'GreaterThanThreshold' });
    expect(found).not.toHaveProperty('Dimensions');
  });

  test('crashes of each function, a missing run, a failed start and a late delivery are watched', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(
      expect.arrayContaining(
        ['authorizer-errors', 'invoke-errors', 'metering-errors', 'aggregation-missing', 'schedule-failures'].map(
          (name) => `tollgate-dev-${name}`,
        ),
      ),
    );
    expect(alarms.find(({ AlarmName }) => AlarmName === 'tollgate-dev-aggregation-missing')).toMatchObject({
      TreatMissingData: 'breaching',
    });
    expect(alarms.map(({ MetricName }) => MetricName)).toContain('DeliveryToS3.DataFreshness');
  });

  test('throttled writes of the counters are watched, and of no other table', () => {
    const watched = alarms.filter(({ MetricName }) => MetricName === 'WriteThrottleEvents');
    expect(watched.map(({ Dimensions }) => Dimensions)).toEqual([
      [{ Name: 'TableName', Value: 'tollgate-dev-counters' }],
    ]);
  });

  test('every alarm tells the topic, and CloudWatch may publish to it', () => {
    for (const { AlarmActions } of alarms) expect(AlarmActions).toHaveLength(1);
    expect(statementsOf(only(resources, 'AWS::SNS::TopicPolicy').PolicyDocument)).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: ['sns:Publish'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
      }),
    );
  });

  test('an e-mail address is subscribed to the topic that is made', () => {
    const subscribed = ofType(
      resourcesOf(stackOf({ 'tollgate:alarmEmail': 'ops@example.com' }).stack),
      'AWS::SNS::Subscription',
    );
    expect(subscribed).toEqual([expect.objectContaining({ Protocol: 'email', Endpoint: 'ops@example.com' })]);
  });

  test('a topic of your own is used instead of a new one', () => {
    const topic = 'arn:aws:sns:us-east-1:111122223333:ops';
    const own = resourcesOf(stackOf({ 'tollgate:alarmTopicArn': topic }).stack);
    expect(ofType(own, 'AWS::SNS::Topic')).toEqual([]);
    for (const { AlarmActions } of ofType(own, 'AWS::CloudWatch::Alarm')) expect(AlarmActions).toEqual([topic]);
  });
});
