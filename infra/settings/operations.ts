import * as v from 'valibot';
import { EVENT_BUS, EVENT_BUS_NAME } from '../../contract/settings.ts';
import { type At, bad, flag, type Group, oneOf, optional, PREFIX, parsed, whole } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** What is written down and for how long, and who is told of what. */
export interface OperationSettings {
  /** Whether the registry is compared with what AWS has, once a day. */
  sync: boolean;
  /** What the daily look may use to evaluate models again; undefined: it evaluates nothing. */
  evaluation: Evaluation | undefined;
  /** Whether people are told of what the event bus is told, as the registry says whom. */
  alerts: boolean;
  /** Days, one of LOG_RETENTION_DAYS. */
  logRetentionDays: number;
  /** Days for which raw usage lines are kept. */
  rawRetentionDays: number;
  /** Name of an existing event bus of the account, in this region, that is told when a budget is used up. */
  eventBus: string;
  /** Gigabytes that one query of Athena may read; AWS takes $5 for a thousand. */
  queryScanGb: number;
  /** Whether what can be wrong has an alarm each, or few alarms stand for several. */
  alarms: 'few' | 'each';
  /** An existing SNS topic for alarms; undefined: one is made. */
  alarmTopicArn: string | undefined;
  /** Subscribed to the topic that is made. */
  alarmEmail: string | undefined;
}

/** Of a stage that evaluates its models again. */
export interface Evaluation {
  /** ARNs of the roles that templates name, which Bedrock is given for a job. */
  roles: string[];
  /** Names of the buckets that templates name, where results lie. */
  buckets: string[];
}

const EVALUATION = v.strictObject({
  roles: v.pipe(
    v.array(
      v.pipe(v.string(), v.regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of a role')),
    ),
    v.minLength(1, 'must name a role'),
  ),
  buckets: v.pipe(
    v.array(v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'))),
    v.minLength(1, 'must name a bucket'),
  ),
});

/** Days that CloudWatch Logs accepts (PutRetentionPolicy), from a week to ten years. */
export const LOG_RETENTION_DAYS = [7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922];

export const OPERATION_GROUP: Group<OperationSettings, StageSettings> = {
  told: {
    sync: {
      values: '`true`, `false` (default)',
      makes: 'a function that looks once a day at what AWS has ([sync.md](sync.md))',
      costs: 'cents a month',
      security: 'a role that reads Bedrock’s and SageMaker’s lists and the registry',
    },
    evaluation: {
      values: '`{"roles": [ARNs], "buckets": [names]}`; not set, `none` (default); needs `sync`',
      makes:
        'nothing: the daily look evaluates models again, by their templates’ `everyDays` ([evaluation.md](evaluation.md))',
      costs: 'what Bedrock takes for the prompts of each job',
      security:
        'the daily look may start evaluations with these roles, read results in these buckets, and write models’ entries',
    },
    alerts: {
      values: '`true`, `false` (default)',
      makes: 'a rule and a function that tells people ([alerts.md](alerts.md))',
      costs: 'nothing until it tells',
      security: 'a function that may call the addresses in the registry',
    },
    logRetentionDays: {
      values: 'as CloudWatch takes them, 7 to 2922; 90',
      makes: 'how long logs are kept',
      costs: '$0.03 a GB and month',
      security: 'how far back an investigation sees',
    },
    rawRetentionDays: {
      values: '7 to 3650; 400',
      makes: 'how long raw usage lines are kept',
      costs: '$0.023 a GB and month',
      security: 'how far back the ledger can be made again',
    },
    eventBus: {
      values: 'the name of a bus; `default`',
      makes: 'nothing',
      costs: '$1 a million events of a bus of your own',
      security: 'who hears of budgets',
    },
    queryScanGb: {
      values: '1 to 100000; 10',
      makes: 'nothing',
      costs: 'at most $0.005 a GB for one query',
      security: 'nothing',
    },
    alarms: {
      values: '`few` (default), `each`',
      makes: 'an alarm for each thing that can be wrong, in place of one for several ([monitoring.md](monitoring.md))',
      costs: '$0.10 a month each beyond an account’s first ten: some $2 more ([cost.md](cost.md))',
      security: 'whether an alarm says by its name what is wrong',
    },
    alarmTopicArn: {
      values: 'the ARN of a topic',
      makes: 'no topic of its own',
      costs: 'nothing',
      security: 'who hears of alarms',
    },
    alarmEmail: {
      values: 'an address',
      makes: 'a subscription of the topic',
      costs: 'nothing to 1,000 mails a month',
      security: 'the same',
    },
  },
  read(at, base) {
    const settings: OperationSettings = {
      sync: flag(at, 'sync', false),
      evaluation: parsed(EVALUATION, at, 'evaluation'),
      alerts: flag(at, 'alerts', false),
      logRetentionDays: whole(at, 'logRetentionDays', 7, 2_922, 90),
      rawRetentionDays: whole(at, 'rawRetentionDays', 7, 3_650, 400),
      eventBus:
        optional(at, 'eventBus', EVENT_BUS_NAME, 'must be the name of an event bus of this account') ?? EVENT_BUS,
      queryScanGb: whole(at, 'queryScanGb', 1, 100_000, 10),
      alarms: oneOf(at, 'alarms', ['few', 'each'], 'few'),
      alarmTopicArn: topic(at, base),
      alarmEmail: optional(at, 'alarmEmail', /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'must be an e-mail address'),
    };
    if (!LOG_RETENTION_DAYS.includes(settings.logRetentionDays))
      throw bad(`${PREFIX}logRetentionDays`, `must be one of ${LOG_RETENTION_DAYS.join(', ')}`);
    if (settings.evaluation !== undefined && !settings.sync)
      throw bad(`${PREFIX}evaluation`, 'needs tollgate:sync, whose daily look evaluates');
    if (settings.alarmTopicArn !== undefined && settings.alarmEmail !== undefined)
      throw bad(`${PREFIX}alarmEmail`, 'is for a topic that this stack makes; subscribe to your own topic instead');
    return settings;
  },
};

/** CloudWatch sends alarms to topics of its own region alone. */
function topic(at: At, { region, partition }: StageSettings): string | undefined {
  const arn = new RegExp(`^arn:${partition}:sns:${region}:\\d{12}:[\\w-]{1,256}$`);
  return optional(at, 'alarmTopicArn', arn, `must be the ARN of a topic in ${region}, partition ${partition}`);
}
