import * as v from 'valibot';
import { stageName } from '../../contract/names.ts';
import { type At, bad, type Group, optional, PREFIX, parsed } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** Under whose key what the stage keeps is, and who else keeps what of it. */
export interface CustodySettings {
  /** `create`, or the ARN of a key of KMS in the stage's account and region; undefined: under keys of AWS. */
  encryption: string | undefined;
  siem: Siem | undefined;
  trail: Trail | undefined;
  invocationLogging: InvocationLogging | undefined;
}

/** Where log lines are sent to. */
export interface Siem {
  /** ARN of a stream of Kinesis or Firehose of the stage's account, or of a destination of CloudWatch Logs of whichever. */
  destination: string;
  /** Whether usage and access lines are sent too: two and one a call. */
  usage: boolean;
}

/** What CloudTrail keeps of the stage. */
export interface Trail {
  /** An existing bucket; undefined: one is made. */
  bucket?: string | undefined;
  /** For which the bucket that is made keeps files. */
  days: number;
  /** Whether a file can be deleted before, by whom may (`governance`) or by nobody at all (`compliance`). */
  lock?: 'governance' | 'compliance' | undefined;
  /** Whether calls of models that are data events are kept too. */
  calls: boolean;
}

/** What Bedrock keeps of every call of the account, whoever made it. */
export interface InvocationLogging {
  /** ARNs of the roles and users that may read it; nobody else may, administrators included. */
  readers: string[];
  days: number;
  /** What of a call is kept beside who made it, when, and of how many tokens. */
  text: boolean;
  images: boolean;
  embeddings: boolean;
  audio: boolean;
  video: boolean;
  /** Whether a log group has it too, which whoever may read logs can read. */
  logGroup: boolean;
}

const BETWEEN = 'must be a whole number from 1 to 3650';
const DAYS = v.pipe(v.number(), v.integer(BETWEEN), v.minValue(1, BETWEEN), v.maxValue(3_650, BETWEEN));
const yes = (otherwise: boolean) => v.optional(v.boolean(), otherwise);

const TRAIL = v.strictObject({
  bucket: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'))),
  days: v.optional(DAYS),
  lock: v.optional(v.picklist(['governance', 'compliance'])),
  calls: yes(false),
});

const TRAIL_DAYS = 365;
const PROMPT_DAYS = 30;

export const CUSTODY_GROUP: Group<CustodySettings, StageSettings> = {
  told: {
    encryption: {
      values: '`aws` (default), `create`, the ARN of a key of KMS',
      makes: '`create`: a key, rotated each year, and its alias ([encryption.md](encryption.md))',
      costs:
        '$1 a month a key, and $1 more after each of its first two rotations; $3 a million requests of KMS, of which calls make few',
      security:
        'tables, buckets, logs, secrets, streams, queue, topic and environments are under a key that you can see used, and take away',
    },
    siem: {
      values: '`none` (default), `{"destination": ARN, "usage": false}`, or the ARN alone',
      makes: 'a subscription of each log group, and a role where the destination is a stream ([logs.md](logs.md))',
      costs: 'nothing here; the stream, and with `usage` about 3 KB a call: $0.09 a million calls of Firehose',
      security:
        'refusals, sessions, faults are kept where nobody of this account can change them; no token and no prompt',
    },
    trail: {
      values: '`none` (default), `true`, `{"days": 365, "lock": "governance", "calls": false}`, `{"bucket": name}`',
      makes: 'a trail of CloudTrail and its bucket ([logs.md](logs.md))',
      costs: 'nothing idle; $1 a million events, of which a stage has few, and with `calls` one for some calls',
      security: 'who edited the registry past Tollgate, and who read what tables and the ledger hold',
    },
    invocationLogging: {
      values: '`none` (default), `{"readers": [ARN], "days": 30, "text": true, …}`',
      makes:
        'in each of `modelRegions` a stack with a bucket, and Bedrock’s own setting, one an account and region ([logs.md](logs.md))',
      costs: 'nothing idle; $0.023 a GB and month, $5 a million files',
      security:
        '**prompts and answers of all tenants, and of all others of the account, are kept** where the readers named may read them',
    },
  },
  read(at, base) {
    return {
      encryption: encryption(at, base),
      siem: siem(at, base),
      trail: trail(at, base),
      invocationLogging: invocationLogging(at, base),
    };
  },
};

const ofAccount = ({ account = '\\d{12}' }: StageSettings): string => account;

function encryption(at: At, base: StageSettings): string | undefined {
  const given = at('encryption');
  if (given === undefined || given === 'aws') return undefined;
  if (given === 'create') return given;
  const { region, partition } = base;
  if (typeof given !== 'string' || !given.startsWith('arn:'))
    throw bad(`${PREFIX}encryption`, 'must be aws, create or the ARN of a key of KMS');
  return optional(
    at,
    'encryption',
    new RegExp(`^arn:${partition}:kms:${region}:${ofAccount(base)}:key/[\\w-]{1,64}$`),
    `must be the ARN of a key (and not of an alias) in ${region}, partition ${partition}, of the account that deploys`,
  );
}

function siem(at: At, base: StageSettings): Siem | undefined {
  const { region, partition, stage } = base;
  const own = `${region}:${ofAccount(base)}`;
  const streams = `kinesis:${own}:stream/[\\w.-]{1,128}|firehose:${own}:deliverystream/[\\w.-]{1,64}`;
  const arn = new RegExp(`^arn:${partition}:(?:${streams}|logs:${region}:\\d{12}:destination:[^:*]{1,512})$`);
  const isOwn = new RegExp(`:deliverystream/${stageName(stage, 'usage')}$`);
  const schema = v.strictObject({
    destination: v.pipe(
      v.string(),
      v.regex(
        arn,
        `must be the ARN, in ${region}, partition ${partition}, of a stream of Kinesis or Firehose of the account that deploys, or of a destination of CloudWatch Logs`,
      ),
      v.check((text) => !isOwn.test(text), 'must not be the stage’s own stream, which is the ledger’s'),
    ),
    usage: yes(false),
  });
  const given = at('siem');
  const isArn = typeof given === 'string' && given.startsWith('arn:');
  return parsed(schema, (name) => (isArn ? { destination: given } : at(name)), 'siem');
}

function trail(at: At, { protect }: StageSettings): Trail | undefined {
  const given = at('trail');
  const found = parsed(TRAIL, (name) => (given === true || given === 'true' ? {} : at(name)), 'trail');
  if (found === undefined) return undefined;
  for (const member of ['days', 'lock'] as const)
    if (found.bucket !== undefined && found[member] !== undefined)
      throw bad(`${PREFIX}trail.${member}`, 'is for a bucket that this stack makes; yours says it itself');
  if (found.lock !== undefined && protect === 'none')
    throw bad(`${PREFIX}trail.lock`, `keeps what ${PREFIX}protect none would delete with the stage`);
  return { ...found, days: found.days ?? TRAIL_DAYS };
}

function invocationLogging(at: At, base: StageSettings): InvocationLogging | undefined {
  const { partition } = base;
  const reader = new RegExp(`^arn:${partition}:iam::${ofAccount(base)}:(?:role|user)/[\\w+=,.@/-]{1,576}$`);
  const schema = v.strictObject({
    readers: v.pipe(
      v.array(
        v.pipe(
          v.string(),
          v.regex(
            reader,
            `must be the ARN of a role or a user of the account that deploys, partition ${partition}, without a wildcard`,
          ),
        ),
      ),
      v.minLength(1, 'must name one at least: who may read the prompts of all tenants'),
      v.maxLength(20, 'must name 20 at most'),
    ),
    days: v.optional(DAYS, PROMPT_DAYS),
    ...{ text: yes(true), images: yes(false), embeddings: yes(false), audio: yes(false), video: yes(false) },
    logGroup: yes(false),
  });
  return parsed(schema, at, 'invocationLogging');
}
