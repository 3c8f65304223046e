import { DAY_MS, HOUR_MS } from '../../metering/window.ts';
import { type Check, ifThere, type Problem, STAGE, wrong } from './check.ts';
import { REVERT } from './mend.ts';

type Properties = Record<string, unknown>;

export interface SecretsSeen {
  secrets: {
    id: string;
    /** `rate(24 hours)`; undefined: it is not rotated. */
    every: string | undefined;
    /** Dates as seconds since 1970. */
    found:
      | { RotationEnabled?: boolean; LastRotatedDate?: number; CreatedDate?: number; DeletedDate?: number }
      | undefined;
  }[];
}

export const secrets: Check<SecretsSeen> = {
  id: 'secrets',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'secretsmanager:DescribeSecret'],
  async read({ deployed, ask }) {
    const stack = await deployed();
    const all = stack.of('AWS::SecretsManager::Secret');
    if (all.length === 0) return undefined;
    const rotated = new Map(
      stack
        .of('AWS::SecretsManager::RotationSchedule')
        .map(({ properties }) => [
          String(properties.SecretId),
          String(((properties.RotationRules ?? {}) as Properties).ScheduleExpression ?? ''),
        ]),
    );
    const looked = all.map(async ({ id }) => ({
      ...{ id, every: rotated.get(id) },
      found: await ifThere(ask('secretsmanager', 'DescribeSecret', { SecretId: id })),
    }));
    return { secrets: await Promise.all(looked) };
  },
  judge({ secrets }, now) {
    const problems = secrets.flatMap(({ id, every, found }): Problem[] => {
      const name = id.split(':').at(-1) ?? id;
      if (found === undefined) return [wrong(`the secret ${name} is gone`, REVERT)];
      if (found.DeletedDate !== undefined)
        return [wrong(`the secret ${name} is to be deleted`, `aws secretsmanager restore-secret --secret-id ${id}`)];
      if (every === undefined) return [];
      if (found.RotationEnabled !== true) return [wrong(`${name} is not made new any more`, REVERT)];
      const last = 1_000 * (found.LastRotatedDate ?? found.CreatedDate ?? 0);
      // One that failed is tried again; two that did are a fault.
      if (now - last <= 2 * periodMs(every) + HOUR_MS) return [];
      const when = new Date(last).toISOString().slice(0, 16);
      return [
        wrong(
          `${name} was last made new at ${when}Z, and is to be by ${every}`,
          'the log of the function that rotates it says why; aws secretsmanager rotate-secret',
        ),
      ];
    });
    return { ok: `${secrets.length}, those that rotate in time`, problems };
  },
};

/** Of `rate(24 hours)`; of what is written otherwise a day. */
function periodMs(every: string): number {
  const [, count = '1', unit = 'day'] = /^rate\((\d+) (hour|day)s?\)$/.exec(every) ?? [];
  return Number(count) * (unit === 'hour' ? HOUR_MS : DAY_MS);
}

export interface KeysSeen {
  keys: { arn: string; found: { KeyState?: string } | undefined }[];
}

/** What the stage's data lie under, if under a key that can be turned off. */
export const encryption: Check<KeysSeen> = {
  id: 'encryption',
  on: STAGE,
  needs: ['cloudformation:GetTemplate', 'kms:DescribeKey'],
  async read({ deployed, ask }) {
    const stack = await deployed();
    const types = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup', 'AWS::SecretsManager::Secret'];
    const text = JSON.stringify(types.flatMap((type) => stack.of(type).map(({ properties }) => properties)));
    const arns = new Set(text.match(/arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+/g));
    if (arns.size === 0) return undefined;
    const looked = [...arns].map(async (arn) => ({
      arn,
      found: (await ifThere(ask('kms', 'DescribeKey', { KeyId: arn }, arn.split(':')[3])))?.KeyMetadata,
    }));
    return { keys: await Promise.all(looked) };
  },
  judge({ keys }) {
    const problems = keys.flatMap(({ arn, found }): Problem[] => {
      if (found === undefined) return [wrong(`the key ${arn} is gone, and what lies under it`, 'docs/encryption.md')];
      if (found.KeyState === 'Enabled') return [];
      const mend =
        found.KeyState === 'PendingDeletion'
          ? `aws kms cancel-key-deletion --key-id ${arn}, then enable-key`
          : `aws kms enable-key --key-id ${arn}`;
      return [wrong(`the key ${arn} is ${found.KeyState}: nothing that lies under it can be read`, mend)];
    });
    return { ok: `${keys.length} key of KMS, enabled`, problems };
  },
};
