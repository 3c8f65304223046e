import { RegionInfo } from 'aws-cdk-lib/region-info';
import { TollgateError } from '../contract/errors.ts';
import { parseIssuers } from '../contract/issuer.ts';
import { AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS } from '../contract/limits.ts';
import { STAGE } from '../contract/names.ts';
import { EVENT_BUS, EVENT_BUS_NAME } from '../contract/settings.ts';
import { type Partition, partitionOf } from '../policies/arn.ts';

/** What a deployment chooses: the members of `context` in cdk.json that begin with `tollgate:`, or `-c` on the command line. */
export interface InfraSettings {
  /** Goes into every name; several stages live side by side in one account. */
  stage: string;
  region: string;
  partition: Partition;
  /** Twelve digits; undefined: the account that the deployment's credentials belong to. */
  account: string | undefined;
  protect: Protect;
  /** The value of TOLLGATE_ISSUERS, checked. */
  issuersJson: string;
  /** Seconds; 0 asks the authorizer for every call. */
  authorizerTtlSeconds: number;
  /** Regions in which a model may run; at least one, all in `partition`. */
  modelRegions: readonly string[];
  /** Whether `global.` inference profiles may be called, which run wherever AWS likes. */
  globalProfiles: boolean;
  /** Whether a broker assumes the invoker role in the invoke function's place. */
  broker: boolean;
  /** Whether Lambda gives each tenant execution environments of its own. */
  tenantIsolation: boolean;
  /** Days, one of LOG_RETENTION_DAYS. */
  logRetentionDays: number;
  /** Days for which raw usage lines are kept. */
  rawRetentionDays: number;
  /** Calls a second for the whole stage, and how many may come at once. */
  throttleRate: number;
  throttleBurst: number;
  /** Whether API Gateway counts each call by the API key that the authorizer names, and refuses one without. */
  usagePlans: boolean;
  /** Concurrent calls reserved for the invoke function, which is also the most that it gets; 0 shares the account's. */
  invokeConcurrency: number;
  /**
   * The same for the authorizer, and as many for the broker: calls may last for minutes, and those that wait for a decision must
   * not wait for them. AWS keeps 100 of an account's limit unreserved, so an account with less takes 0.
   */
  authorizerConcurrency: number;
  /** Name of an existing event bus of the account, in this region, that is told when a budget is used up. */
  eventBus: string;
  /** Gigabytes that one query of Athena may read; AWS takes $5 for a thousand. */
  queryScanGb: number;
  /** An existing SNS topic for alarms; undefined: one is made. */
  alarmTopicArn: string | undefined;
  /** Subscribed to the topic that is made. */
  alarmEmail: string | undefined;
  /** Whether this stack sets the role by which API Gateway writes logs: one per account and region. */
  apiGatewayLogRole: boolean;
}

/**
 * What outlives a mistake. `none`: everything goes with the stack, for a stage to throw away. `data`: tables, buckets and logs
 * stay when the stack, or they in it, are deleted. `all`: the stack and the tables also refuse to be deleted, so a first
 * deployment that fails under it cannot be made again without taking it back.
 */
export const PROTECT = ['none', 'data', 'all'] as const;
export type Protect = (typeof PROTECT)[number];

const PREFIX = 'tollgate:';

/** Days that CloudWatch Logs accepts (PutRetentionPolicy), from a week to ten years. */
export const LOG_RETENTION_DAYS = [7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922];

/** Bytes. Lambda takes 4 KB for all of a function's environment; the other names and values take under 600. */
const ISSUERS_MAX_BYTES = 3_400;

const KNOWN = new Set([
  ...['stage', 'region', 'account', 'protect', 'issuers', 'authorizerTtlSeconds', 'modelRegions', 'globalProfiles'],
  ...['logRetentionDays', 'rawRetentionDays', 'throttleRate', 'throttleBurst', 'usagePlans', 'invokeConcurrency'],
  'authorizerConcurrency',
  ...['alarmTopicArn', 'alarmEmail', 'apiGatewayLogRole', 'broker', 'tenantIsolation', 'eventBus', 'queryScanGb'],
]);

/**
 * @param context `app.node.getAllContext()`; what does not begin with `tollgate:` is CDK's own and ignored
 * @throws TollgateError `bad_setting` naming the key, e.g. `tollgate:modelRegions`
 */
export function readSettings(context: Readonly<Record<string, unknown>>): InfraSettings {
  for (const key of Object.keys(context))
    if (key.startsWith(PREFIX) && !KNOWN.has(key.slice(PREFIX.length))) throw bad(key, 'is not a known setting');
  // A value given with `-c` is always text, and an empty one means "as if it were not there".
  const at = (name: string): unknown => (context[PREFIX + name] === '' ? undefined : context[PREFIX + name]);
  const where = regions(at);
  const settings: InfraSettings = {
    stage: text(at, 'stage', STAGE, 'must be 1 to 20 of a-z, 0-9 and "-", beginning with a letter'),
    ...where,
    account: optional(at, 'account', /^\d{12}$/, 'must be the twelve digits of an account'),
    protect: oneOf(at, 'protect', PROTECT, 'data'),
    issuersJson: issuers(at('issuers')),
    authorizerTtlSeconds: whole(at, 'authorizerTtlSeconds', 0, AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS),
    globalProfiles: flag(at, 'globalProfiles', false),
    broker: flag(at, 'broker', false),
    tenantIsolation: flag(at, 'tenantIsolation', false),
    logRetentionDays: whole(at, 'logRetentionDays', 7, 2_922, 90),
    rawRetentionDays: whole(at, 'rawRetentionDays', 7, 3_650, 400),
    throttleRate: whole(at, 'throttleRate', 1, 10_000, 100),
    throttleBurst: whole(at, 'throttleBurst', 1, 5_000, 200),
    usagePlans: flag(at, 'usagePlans', true),
    invokeConcurrency: whole(at, 'invokeConcurrency', 0, 10_000, 0),
    authorizerConcurrency: whole(at, 'authorizerConcurrency', 0, 10_000, 100),
    eventBus: optional(at, 'eventBus', EVENT_BUS_NAME, 'must be the name of an event bus of this account') ?? EVENT_BUS,
    queryScanGb: whole(at, 'queryScanGb', 1, 100_000, 10),
    alarmTopicArn: topic(at, where),
    alarmEmail: optional(at, 'alarmEmail', /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'must be an e-mail address'),
    apiGatewayLogRole: flag(at, 'apiGatewayLogRole', true),
  };
  if (!LOG_RETENTION_DAYS.includes(settings.logRetentionDays))
    throw bad(`${PREFIX}logRetentionDays`, `must be one of ${LOG_RETENTION_DAYS.join(', ')}`);
  if (settings.alarmTopicArn !== undefined && settings.alarmEmail !== undefined)
    throw bad(`${PREFIX}alarmEmail`, 'is for a topic that this stack makes; subscribe to your own topic instead');
  return Object.freeze(settings);
}

type At = (name: string) => unknown;

type Where = Pick<InfraSettings, 'region' | 'partition' | 'modelRegions'>;

function regions(at: At): Where {
  const region = text(at, 'region', /./, A_REGION);
  const partition = partitionOfKnown(region);
  if (partition === undefined) throw bad(`${PREFIX}region`, A_REGION);
  const told = at('modelRegions');
  const given = told === undefined ? region : told;
  const list = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given;
  const key = `${PREFIX}modelRegions`;
  if (!Array.isArray(list) || list.length === 0) throw bad(key, 'must be a list of regions');
  for (const [index, name] of list.entries())
    if (typeof name !== 'string' || partitionOfKnown(name) !== partition)
      throw bad(`${key}[${index}]`, `${A_REGION}, in the partition ${partition}`);
  return { region, partition, modelRegions: list };
}

const A_REGION = 'must be a region that this version of aws-cdk-lib knows, such as us-east-1';

/**
 * A misspelt region would be found only when something is missing there, so only those of CDK's own list are taken: a region
 * of AWS that is newer needs a newer aws-cdk-lib.
 */
function partitionOfKnown(region: string): Partition | undefined {
  return RegionInfo.regions.some(({ name }) => name === region) ? partitionOf(region) : undefined;
}

/** CloudWatch sends alarms to topics of its own region alone. */
function topic(at: At, { region, partition }: Where): string | undefined {
  const arn = new RegExp(`^arn:${partition}:sns:${region}:\\d{12}:[\\w-]{1,256}$`);
  return optional(at, 'alarmTopicArn', arn, `must be the ARN of a topic in ${region}, partition ${partition}`);
}

function issuers(value: unknown): string {
  const key = `${PREFIX}issuers`;
  const parsed = parseIssuers(typeof value === 'string' ? json(value, key) : value, key);
  if (parsed.length === 0) throw bad(key, 'must list at least one issuer');
  parsed.forEach((issuer, index) => {
    for (const member of ['issuer', 'jwksUri'] as const)
      if (issuer[member]?.startsWith('http:')) throw bad(`${key}[${index}].${member}`, 'must be https');
  });
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  if (Buffer.byteLength(written) > ISSUERS_MAX_BYTES)
    throw bad(
      key,
      `must take at most ${ISSUERS_MAX_BYTES} bytes as JSON, for a function's environment is small: "tenants": "registry" keeps clients elsewhere`,
    );
  return written;
}

function json(value: string, key: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw bad(key, 'is not JSON');
  }
}

function text(at: At, name: string, pattern: RegExp, what: string): string {
  const found = optional(at, name, pattern, what);
  if (found === undefined) throw bad(PREFIX + name, 'is not set');
  return found;
}

function optional(at: At, name: string, pattern: RegExp, what: string): string | undefined {
  const value = at(name);
  if (value === undefined) return undefined;
  // An account written as a number in JSON may have lost its leading zeros.
  if (typeof value !== 'string') throw bad(PREFIX + name, 'must be text, in quotes');
  if (!pattern.test(value)) throw bad(PREFIX + name, what);
  return value;
}

function whole(at: At, name: string, min: number, max: number, otherwise: number): number {
  const value = at(name);
  if (value === undefined) return otherwise;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
  throw bad(PREFIX + name, `must be a whole number from ${min} to ${max}`);
}

function oneOf<T extends string>(at: At, name: string, values: readonly T[], otherwise: T): T {
  const value = at(name);
  if (value === undefined) return otherwise;
  const found = values.find((one) => one === value);
  if (found === undefined) throw bad(PREFIX + name, `must be one of ${values.join(', ')}`);
  return found;
}

function flag(at: At, name: string, otherwise: boolean): boolean {
  const value = at(name);
  if (value === undefined) return otherwise;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw bad(PREFIX + name, 'must be true or false');
}

function bad(key: string, what: string): TollgateError {
  return new TollgateError('bad_setting', { field: key, reason: 'bad-setting', message: `${key} ${what}.` });
}
