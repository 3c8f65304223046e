import { type Check, ifThere, type Problem, STAGE, warn, wrong } from './check.ts';
import { isLike } from './deployed.ts';
import { REVERT } from './mend.ts';

type Properties = Record<string, unknown>;

export interface SchedulesSeen {
  schedules: { name: string; deployed: Properties; found: Properties | undefined }[];
  /** What is started by an event: its rules. */
  rules: { name: string; deployed: Properties; found: Properties | undefined }[];
}

export const schedules: Check<SchedulesSeen> = {
  id: 'schedules',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'scheduler:GetSchedule', 'events:DescribeRule'],
  async read({ deployed, ask }) {
    const stack = await deployed();
    const found = async (type: string, one: (id: string, properties: Properties) => Promise<Properties>) =>
      Promise.all(
        stack.of(type).map(async ({ id, properties }) => ({
          name: id,
          deployed: properties,
          found: await ifThere(one(id, properties)),
        })),
      );
    return {
      schedules: await found('AWS::Scheduler::Schedule', (id) =>
        ask('scheduler', `/schedules/${encodeURIComponent(id)}`),
      ),
      // Of a bus of its own CloudFormation names a rule by both: bus|rule.
      rules: await found('AWS::Events::Rule', (id, { EventBusName }) =>
        ask('events', 'DescribeRule', {
          Name: id.slice(id.lastIndexOf('|') + 1),
          ...(typeof EventBusName === 'string' ? { EventBusName } : {}),
        }),
      ),
    };
  },
  judge({ schedules, rules }) {
    const problems = [
      ...schedules.flatMap(({ name, deployed, found }): Problem[] => {
        if (found === undefined) return [wrong(`the schedule ${name} is gone`, REVERT)];
        const target = (of: Properties) => (of.Target ?? {}) as Properties;
        return [
          ...(found.State === 'ENABLED'
            ? []
            : [
                wrong(
                  `the schedule ${name} is ${found.State}`,
                  `enable ${name} in EventBridge Scheduler, or ${REVERT}`,
                ),
              ]),
          ...(isLike(deployed.ScheduleExpression, found.ScheduleExpression)
            ? []
            : [
                wrong(
                  `${name} runs by ${found.ScheduleExpression}, and was deployed as ${deployed.ScheduleExpression}`,
                  REVERT,
                ),
              ]),
          ...(isLike(target(deployed).Arn, target(found).Arn)
            ? []
            : [wrong(`${name} starts ${target(found).Arn}`, REVERT)]),
        ];
      }),
      ...rules.flatMap(({ name, found }): Problem[] => {
        if (found === undefined) return [wrong(`the rule ${name} is gone: nobody is told of what it is about`, REVERT)];
        return found.State === 'ENABLED'
          ? []
          : [wrong(`the rule ${name} is ${found.State}`, `aws events enable-rule --name ${name}`)];
      }),
    ];
    const all = [
      ...schedules.map(({ name, deployed }) => `${name} ${deployed.ScheduleExpression}`),
      ...rules.map(({ name }) => name),
    ];
    return { ok: all.join('; '), problems };
  },
};

export interface DeadLettersSeen {
  queues: { url: string; found: { ApproximateNumberOfMessages?: string } | undefined }[];
}

export const deadLetters: Check<DeadLettersSeen> = {
  id: 'dead letters',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'sqs:GetQueueAttributes'],
  async read({ deployed, ask }) {
    const queues = (await deployed()).of('AWS::SQS::Queue');
    if (queues.length === 0) return undefined;
    return {
      queues: await Promise.all(
        queues.map(async ({ id: url }) => {
          const input = { QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] };
          return { url, found: (await ifThere(ask('sqs', 'GetQueueAttributes', input)))?.Attributes };
        }),
      ),
    };
  },
  judge({ queues }) {
    const problems = queues.flatMap(({ url, found }): Problem[] => {
      if (found === undefined) return [wrong(`the queue ${url} is gone`, REVERT)];
      const waiting = Number(found.ApproximateNumberOfMessages ?? 0);
      if (waiting === 0) return [];
      return [
        warn(
          `${waiting} runs or alerts could not be started or delivered`,
          `aws sqs receive-message --queue-url ${url} says which; mended, tollgate meter run makes up for a run; then purge-queue`,
        ),
      ];
    });
    return { ok: 'none', problems };
  },
};
