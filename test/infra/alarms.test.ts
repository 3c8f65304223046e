import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../contract/log.ts';
import { PARTS, WATCHED } from '../../infra/watched.ts';
import { BOTH, flat, ofType, only, resourcesOf, stackOf, statementsOf } from './synth.ts';

const resources = resourcesOf(stackOf({ 'tollgate:alarms': 'each' }).stack);

describe('the alarms', () => {
  const alarms = ofType(resources, 'AWS::CloudWatch::Alarm');
  const alarmOf = (name: string) => {
    const found = alarms.find(({ AlarmName }) => AlarmName === `tollgate-dev-${name}`);
    if (found === undefined) throw new Error(`there is no alarm ${name}`);
    return found;
  };

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
    METRICS.unknownToAws,
    METRICS.budgetUnsettled,
    METRICS.budgetEventLost,
    METRICS.reservationsReleased,
    METRICS.placeCooled,
    METRICS.driftBeyond,
    METRICS.modelDrift,
  ])('%s is watched over all tenants and models', (metric) => {
    const found = alarms.find(({ Namespace, MetricName }) => Namespace === 'Tollgate/dev' && MetricName === metric);
    expect(found).toMatchObject({ Statistic: 'Sum', ComparisonOperator: 'GreaterThanThreshold' });
    expect(found).not.toHaveProperty('Dimensions');
  });

  test('whoever is rung finds each of them in docs/monitoring.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/monitoring.md'), 'utf8');
    const all = ['few', 'each'].flatMap((alarms) => {
      const { stack } = stackOf({ ...BOTH, 'tollgate:broker': true, 'tollgate:alarms': alarms });
      return ofType(resourcesOf(stack), 'AWS::CloudWatch::Alarm');
    });
    const functions = /^(authorizer|broker|invoke|metering|seal)-/;
    for (const { AlarmName } of all) {
      const name = String(AlarmName).replace('tollgate-dev-', '').replace(functions, '<function>-');
      // The second of two that begin alike is written from where they differ.
      expect(page, name).toMatch(new RegExp(`^\\| .*\`(${name}|${name.replace(/^\w+(?=-)/, '')})\``, 'm'));
    }
  });

  test('crashes of each function, a missing run, a failed start and a late delivery are watched', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(
      expect.arrayContaining(
        ['authorizer-errors', 'invoke-errors', 'metering-errors', 'aggregation-missing', 'schedule-failures'].map(
          (name) => `tollgate-dev-${name}`,
        ),
      ),
    );
    expect(alarms.map(({ MetricName }) => MetricName)).toContain('DeliveryToS3.DataFreshness');
  });

  test('calls that go elsewhere ring by their share of all, and a handful never do', () => {
    const { Metrics, Threshold } = alarmOf(METRICS.failedOver);
    expect(Threshold).toBe(10);
    const [ratio, ...asked] = Metrics as { Expression?: string; MetricStat?: { Metric: object; Period: number } }[];
    expect(ratio?.Expression).toBe('IF(moved > 10, 100 * moved / calls, 0)');
    expect(asked.map(({ MetricStat }) => MetricStat)).toMatchObject([
      { Metric: { Namespace: 'Tollgate/dev', MetricName: METRICS.failedOver }, Period: 900 },
      { Metric: { Namespace: 'Tollgate/dev', MetricName: METRICS.calls }, Period: 900 },
    ]);
  });

  test('a place that cools once rings for nobody, one that goes on for a quarter of an hour does', () => {
    expect(alarmOf(METRICS.placeCooled)).toMatchObject({ EvaluationPeriods: 3, Period: 300, Threshold: 5 });
  });

  test('a stage that has not run yet does not ring, and one whose runs stop does', () => {
    const missing = alarmOf('aggregation-missing');
    expect(missing).toMatchObject({ TreatMissingData: 'missing', Period: 7_200 });
    expect(missing.InsufficientDataActions).toEqual(missing.AlarmActions);
    for (const { AlarmName, InsufficientDataActions } of alarms)
      if (AlarmName !== missing.AlarmName) expect(InsufficientDataActions).toBeUndefined();
  });

  test('usage lines that do not reach S3 ring, whoever fails: CloudWatch Logs or Firehose', () => {
    expect(alarmOf('delivery-failing')).toMatchObject({
      MetricName: 'DeliveryToS3.Success',
      Statistic: 'Average',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
    });
    const asks = (name: string) => (alarmOf(name).Metrics as { Expression: string }[])[0]?.Expression;
    const where = "WHERE LogGroupName = '/tollgate/dev/invoke' AND FilterName = 'usage'";
    expect(asks('subscription-errors')).toBe(`SELECT SUM(DeliveryErrors) FROM "AWS/Logs" ${where}`);
    expect(asks('subscription-throttled')).toBe(`SELECT SUM(DeliveryThrottling) FROM "AWS/Logs" ${where}`);
  });

  test('a function that may not run is watched, each', () => {
    for (const name of ['authorizer', 'invoke', 'metering'])
      expect(alarmOf(`${name}-throttled`)).toMatchObject({ Namespace: 'AWS/Lambda', MetricName: 'Throttles' });
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

describe('the few alarms that a stage has unless it asks for each', () => {
  const few = resourcesOf(stackOf({ 'tollgate:broker': true }).stack);
  const named = (all: typeof few) => ofType(all, 'AWS::CloudWatch::Alarm').map(({ AlarmName }) => String(AlarmName));
  const filters = ofType(few, 'AWS::Logs::MetricFilter');

  test('stand for the others: any of the metrics without an alarm of its own counts as its part’s', () => {
    const patterns = new Set(filters.map(({ FilterPattern }) => String(FilterPattern)));
    const counted = [...patterns].flatMap((text) => [...text.matchAll(/\(\$\.(\w+) > 0\)/g)].map(([, name]) => name));
    expect(counted.sort()).toEqual(
      WATCHED.filter(({ part }) => part !== undefined)
        .map(({ metric }) => METRICS[metric])
        .sort(),
    );
    for (const { over, part } of WATCHED) if (part !== undefined) expect(over).toBe(0);
    for (const { metric } of WATCHED.filter(({ part }) => part === undefined))
      expect(named(few)).toContain(`tollgate-dev-${METRICS[metric]}`);
  });

  test('are fed by the log of whatever writes such lines', () => {
    const logs = (metric: string) =>
      filters.filter(({ FilterName }) => FilterName === metric).map(({ LogGroupName }) => flat(LogGroupName));
    for (const { metric } of Object.values(PARTS)) {
      expect(logs(metric)).toHaveLength(4);
      expect(ofType(few, 'AWS::CloudWatch::Alarm')).toContainEqual(
        expect.objectContaining({ AlarmName: `tollgate-dev-${metric}`, MetricName: metric, Namespace: 'Tollgate/dev' }),
      );
    }
  });

  test('watch fewer metrics, and nothing that those of each would not ring for', () => {
    const each = resourcesOf(stackOf({ 'tollgate:broker': true, 'tollgate:alarms': 'each' }).stack);
    const parts = Object.values(PARTS).map(({ metric }) => `tollgate-dev-${metric}`);
    expect(named(few).filter((name) => !parts.includes(name) && !named(each).includes(name))).toEqual([]);
    expect(named(each).filter((name) => parts.includes(name))).toEqual([]);
    expect(ofType(each, 'AWS::Logs::MetricFilter')).toEqual([]);
  });
});
