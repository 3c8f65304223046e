import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { FAULT_HOURS } from '../../contract/limits/doctor.ts';
import { METRICS, namespaceOf } from '../../contract/log.ts';
import { HOUR_MS } from '../../metering/window.ts';
import { elements } from './ask.ts';
import { type Check, type Problem, STAGE, warn, wrong } from './check.ts';
import { REVERT } from './mend.ts';

type Properties = Record<string, unknown>;

export interface AlarmsSeen {
  deployed: string[];
  found: Pick<
    MetricAlarm,
    'AlarmName' | 'AlarmDescription' | 'ActionsEnabled' | 'AlarmActions' | 'StateValue' | 'StateReason' | 'MetricName'
  >[];
  /** Of an alarm that stands for several metrics, by its metric: those of them that were not zero lately. */
  behind: Record<string, { metric: string; sum: number }[]>;
}

/** DescribeAlarms takes so many names. */
const NAMES_AT_ONCE = 100;

export const alarms: Check<AlarmsSeen> = {
  id: 'alarms',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'],
  async read({ target, deployed, clock }) {
    const stack = await deployed();
    const names = stack.of('AWS::CloudWatch::Alarm').map(({ id }) => id);
    if (names.length === 0) return undefined;
    const sdk = await import('@aws-sdk/client-cloudwatch');
    const client = new sdk.CloudWatchClient(target.clientConfig);
    const found: AlarmsSeen['found'] = [];
    for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
      const AlarmNames = names.slice(from, from + NAMES_AT_ONCE);
      const { MetricAlarms = [] } = await client.send(
        new sdk.DescribeAlarmsCommand({ AlarmNames, MaxRecords: NAMES_AT_ONCE }),
      );
      found.push(...MetricAlarms);
    }
    const parts = partsOf(stack.of('AWS::Logs::MetricFilter').map(({ properties }) => properties));
    const behind: AlarmsSeen['behind'] = {};
    for (const { StateValue, MetricName = '' } of found) {
      const metrics = parts.get(MetricName);
      if (StateValue !== 'ALARM' || metrics === undefined) continue;
      const now = clock();
      const { MetricDataResults = [] } = await client.send(
        new sdk.GetMetricDataCommand({
          StartTime: new Date(now - FAULT_HOURS * HOUR_MS),
          EndTime: new Date(now),
          MetricDataQueries: metrics.map((metric, index) => ({
            Id: `m${index}`,
            MetricStat: {
              Metric: { Namespace: namespaceOf(target.stage), MetricName: metric },
              Period: HOUR_MS / 1_000,
              Stat: 'Sum',
            },
          })),
        }),
      );
      behind[MetricName] = MetricDataResults.map(({ Id = '', Values = [] }) => ({
        metric: metrics[Number(Id.slice(1))] ?? '',
        sum: Values.reduce((sum, value) => sum + value, 0),
      }));
    }
    return { deployed: names, found, behind };
  },
  judge({ deployed, found, behind }) {
    const there = new Map(found.map((alarm) => [alarm.AlarmName, alarm]));
    const problems = deployed.flatMap((name): Problem[] => {
      const alarm = there.get(name);
      if (alarm === undefined) return [wrong(`the alarm ${name} is gone`, REVERT)];
      const { ActionsEnabled, AlarmActions = [], StateValue, AlarmDescription = '', MetricName = '' } = alarm;
      const which = (behind[MetricName] ?? [])
        .filter(({ sum }) => sum > 0)
        .map(({ metric, sum }) => `${metric} ${sum}`);
      const means =
        which.length === 0
          ? AlarmDescription
          : `${AlarmDescription} In the last ${FAULT_HOURS} h: ${which.join(', ')}.`;
      return [
        ...(ActionsEnabled === false
          ? [
              wrong(
                `${name} tells nobody: its actions are off`,
                `aws cloudwatch enable-alarm-actions --alarm-names ${name}`,
              ),
            ]
          : []),
        ...(AlarmActions.length === 0 ? [wrong(`${name} tells nobody: it has no action`, REVERT)] : []),
        ...(StateValue === 'ALARM'
          ? [wrong(`${name} rings: ${means}`, 'docs/monitoring.md says what each means and what to look at')]
          : []),
      ];
    });
    return { ok: `${deployed.length} alarms, none rings`, problems };
  },
};

/** Our own metrics that a filter counts as another one, by that one: as the pattern names them. */
function partsOf(filters: readonly Properties[]): Map<string, string[]> {
  const ours = new Set<string>(Object.values(METRICS));
  return new Map(
    filters.map(({ FilterPattern, MetricTransformations }) => {
      const [{ MetricName = '' } = {}] = MetricTransformations as { MetricName?: string }[];
      const named = [...String(FilterPattern).matchAll(/\$\.(\w+)/g)].map(([, name = '']) => name);
      return [MetricName, named.filter((name) => ours.has(name))];
    }),
  );
}

export interface ListenersSeen {
  topics: { arn: string; subscriptions: string[] }[];
}

/** Whether anybody is told when an alarm rings. */
export const listeners: Check<ListenersSeen> = {
  id: 'who is told',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'sns:ListSubscriptionsByTopic'],
  async read({ deployed, ask }) {
    const alarms = (await deployed()).of('AWS::CloudWatch::Alarm');
    const arns = new Set(alarms.flatMap(({ properties }) => (properties.AlarmActions ?? []) as string[]));
    const topics = [...arns].filter((arn) => arn.includes(':sns:'));
    if (topics.length === 0) return undefined;
    return {
      topics: await Promise.all(
        topics.map(async (arn) => {
          const xml = String(await ask('sns', 'ListSubscriptionsByTopic', { TopicArn: arn }, arn.split(':')[3]));
          return { arn, subscriptions: elements(xml, 'SubscriptionArn') };
        }),
      ),
    };
  },
  judge({ topics }) {
    const problems = topics.flatMap(({ arn, subscriptions }): Problem[] => {
      const confirmed = subscriptions.filter((one) => one.startsWith('arn:'));
      if (confirmed.length > 0) return [];
      return [
        subscriptions.length > 0
          ? warn(
              `${arn}: nobody has confirmed yet that alarms may be sent there`,
              'follow the link of the mail that AWS sent, or subscribe again',
            )
          : warn(`${arn}: nobody hears of alarms`, 'set tollgate:alarmEmail, or aws sns subscribe'),
      ];
    });
    const count = topics.reduce((sum, { subscriptions }) => sum + subscriptions.length, 0);
    return { ok: `${count} subscribed`, problems };
  },
};
