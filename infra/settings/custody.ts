import { bad, type Group, optional, PREFIX } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** Under whose key what the stage keeps is, and who else keeps what of it. */
export interface CustodySettings {
  /** `create`, or the ARN of a key of KMS in the stage's account and region; undefined: under keys of AWS. */
  encryption: string | undefined;
}

export const CUSTODY_GROUP: Group<CustodySettings, StageSettings> = {
  told: {
    encryption: {
      values: '`aws` (default), `create`, the ARN of a key of KMS',
      makes: '`create`: a key, rotated each year, and its alias ([encryption.md](encryption.md))',
      costs:
        '$1 a month a key, and $1 more after each of its first two rotations; about $3 a million requests of KMS, of which calls make few',
      security:
        'tables, buckets, logs, secrets, streams, queue, topic and environments are under a key that you can see used, and take away',
    },
  },
  read(at, { region, partition, account = '\\d{12}' }) {
    const ARN = new RegExp(`^arn:${partition}:kms:${region}:${account}:key/[\\w-]{1,64}$`);
    const encryption = at('encryption');
    if (encryption === undefined || encryption === 'aws') return { encryption: undefined };
    if (encryption === 'create') return { encryption };
    if (typeof encryption !== 'string' || !encryption.startsWith('arn:'))
      throw bad(`${PREFIX}encryption`, 'must be aws, create or the ARN of a key of KMS');
    return {
      encryption: optional(
        at,
        'encryption',
        ARN,
        `must be the ARN of a key (and not of an alias) in ${region}, partition ${partition}, of the account that deploys`,
      ),
    };
  },
};
