import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { TollgateError } from '../contract/errors.ts';
import { parseIssuers } from '../contract/issuer.ts';
import { ANSWER_MINUTES, ANSWER_MINUTES_MAX } from '../contract/limits/answers.ts';
import { AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS } from '../contract/limits/contract.ts';
import { KEY_DAYS_CEILING, KEY_DAYS_MAX } from '../contract/limits/keys.ts';
import { STAGE } from '../contract/names.ts';
import { nearest } from '../contract/nearest.ts';
import { type Routing, routingProblem } from '../contract/routing.ts';
import { EVENT_BUS, EVENT_BUS_NAME, isOrigin } from '../contract/settings.ts';
import { type Partition, partitionOf } from '../policies/arn.ts';
import { type At, bad, flag, oneOf, optional, PREFIX, text, whole } from './read-setting.ts';

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
  /** Whose pages may call from a browser; none: nobody's. */
  corsOrigins: readonly string[];
  /** Minutes for which an answer that was made in the background can be read after it can have ended at the latest. */
  answerMinutes: number;
  /** Whether answers are also kept for who asks for it. */
  storeResponses: boolean;
  /** How the calls of a model of several places are spread over them, where it does not say. */
  routing: Partial<Routing>;
  /** Whether callers are told in which region they were answered, and at which attempt. */
  tellRoute: boolean;
  /** Whether functions tell each other of places that cool. */
  sharedHealth: boolean;
  /** Whether the registry has an API beside the command line. */
  admin: boolean;
  runtime: Runtime;
  /** Of the load balancer's certificate; undefined where there is none: without a container, or with one on Kubernetes. */
  certificateArn: string | undefined;
  /** Tasks that run at least, and at most. */
  minTasks: number;
  maxTasks: number;
  /** Where the container runs if not on Fargate; undefined: on Fargate, or nowhere. */
  kubernetes: Kubernetes | undefined;
  /** Whether a broker assumes the invoker role in the place of invoke and the container. */
  broker: boolean;
  /** Whether the registry is compared with what AWS has, once a day. */
  sync: boolean;
  /** Whether people are told of what the event bus is told, as the registry says whom. */
  alerts: boolean;
  /** Whether Lambda gives each tenant execution environments of its own. */
  tenantIsolation: boolean;
  /** Days for which keys of the gateway are good at most; undefined: the stage has none. */
  keyMaxDays: number | undefined;
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
   * The same for the authorizer, and as many for the broker: calls may last for minutes, and those that wait for a decision need
   * not wait for them. 0 unless told: a new account has 10 in all and can reserve none, and AWS keeps 100 of any other's.
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
  /** Whether a fake upstream takes Bedrock's place, so that the stage can be put under load; never where anything is protected. */
  benchmark: boolean;
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

/** Which doors a stage has: API Gateway with its functions, the container, or both side by side. */
export const RUNTIMES = ['lambda', 'container', 'both'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** One service account of one cluster. */
export interface Kubernetes {
  kind: 'irsa' | 'pod-identity';
  /** Of the cluster's OpenID provider (IRSA), or of the EKS cluster (Pod Identity). */
  arn: string;
  namespace: string;
  serviceAccount: string;
}

/** Days that CloudWatch Logs accepts (PutRetentionPolicy), from a week to ten years. */
export const LOG_RETENTION_DAYS = [7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922];

/** Bytes. Lambda takes 4 KB for all of a function's environment; the other names and values take under 600. */
const ISSUERS_MAX_BYTES = 3_400;

const KNOWN = new Set([
  ...['stage', 'region', 'account', 'protect', 'issuers', 'authorizerTtlSeconds', 'modelRegions', 'globalProfiles'],
  ...['logRetentionDays', 'rawRetentionDays', 'throttleRate', 'throttleBurst', 'usagePlans', 'invokeConcurrency'],
  ...['authorizerConcurrency', 'runtime', 'certificateArn', 'minTasks', 'maxTasks', 'kubernetes', 'serviceAccount'],
  ...[
    'alarmTopicArn',
    'alarmEmail',
    'apiGatewayLogRole',
    'broker',
    'sync',
    'alerts',
    'tenantIsolation',
    'eventBus',
    'queryScanGb',
  ],
  ...['benchmark', 'corsOrigins', 'answerMinutes', 'storeResponses', 'routing', 'tellRoute', 'sharedHealth', 'admin'],
  ...['keys', 'keyMaxDays'],
]);

/**
 * @param context `app.node.getAllContext()`; what does not begin with `tollgate:` is CDK's own and ignored
 * @throws TollgateError `bad_setting` naming the key, e.g. `tollgate:modelRegions`
 */
export function readSettings(context: Readonly<Record<string, unknown>>): InfraSettings {
  for (const key of Object.keys(context))
    if (key.startsWith(PREFIX) && !KNOWN.has(key.slice(PREFIX.length))) throw unknown(key);
  // A value given with `-c` is always text, and an empty one means "as if it were not there".
  const at = (name: string): unknown => (context[PREFIX + name] === '' ? undefined : context[PREFIX + name]);
  const where = regions(at);
  const account = optional(at, 'account', /^\d{12}$/, 'must be the twelve digits of an account');
  const settings: InfraSettings = {
    stage: text(at, 'stage', STAGE, 'must be 1 to 20 of a-z, 0-9 and "-", beginning with a letter'),
    ...where,
    account,
    ...container(at, where, account),
    protect: oneOf(at, 'protect', PROTECT, 'data'),
    issuersJson: issuers(at('issuers')),
    authorizerTtlSeconds: whole(at, 'authorizerTtlSeconds', 0, AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS),
    globalProfiles: flag(at, 'globalProfiles', false),
    broker: flag(at, 'broker', false),
    sync: flag(at, 'sync', false),
    alerts: flag(at, 'alerts', false),
    tenantIsolation: flag(at, 'tenantIsolation', false),
    keyMaxDays: keyMaxDays(at),
    logRetentionDays: whole(at, 'logRetentionDays', 7, 2_922, 90),
    rawRetentionDays: whole(at, 'rawRetentionDays', 7, 3_650, 400),
    throttleRate: whole(at, 'throttleRate', 1, 10_000, 100),
    throttleBurst: whole(at, 'throttleBurst', 1, 5_000, 200),
    usagePlans: flag(at, 'usagePlans', true),
    invokeConcurrency: whole(at, 'invokeConcurrency', 0, 10_000, 0),
    authorizerConcurrency: whole(at, 'authorizerConcurrency', 0, 10_000, 0),
    eventBus: optional(at, 'eventBus', EVENT_BUS_NAME, 'must be the name of an event bus of this account') ?? EVENT_BUS,
    queryScanGb: whole(at, 'queryScanGb', 1, 100_000, 10),
    alarmTopicArn: topic(at, where),
    alarmEmail: optional(at, 'alarmEmail', /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'must be an e-mail address'),
    apiGatewayLogRole: flag(at, 'apiGatewayLogRole', true),
    benchmark: flag(at, 'benchmark', false),
    corsOrigins: origins(at('corsOrigins')),
    answerMinutes: whole(at, 'answerMinutes', 1, ANSWER_MINUTES_MAX, ANSWER_MINUTES),
    storeResponses: flag(at, 'storeResponses', false),
    routing: routing(at('routing')),
    tellRoute: flag(at, 'tellRoute', false),
    sharedHealth: flag(at, 'sharedHealth', false),
    admin: flag(at, 'admin', false),
  };
  if (!LOG_RETENTION_DAYS.includes(settings.logRetentionDays))
    throw bad(`${PREFIX}logRetentionDays`, `must be one of ${LOG_RETENTION_DAYS.join(', ')}`);
  if (settings.alarmTopicArn !== undefined && settings.alarmEmail !== undefined)
    throw bad(`${PREFIX}alarmEmail`, 'is for a topic that this stack makes; subscribe to your own topic instead');
  // Its callers would have "x x x" for an answer, and a bill for it.
  if (settings.benchmark && settings.protect !== 'none')
    throw bad(`${PREFIX}benchmark`, `is for a stage to throw away: it needs ${PREFIX}protect to be none`);
  if (settings.tenantIsolation && settings.runtime === 'container')
    throw bad(`${PREFIX}tenantIsolation`, 'is Lambda’s: in a container all tenants share one process');
  return Object.freeze(settings);
}

function unknown(key: string): TollgateError {
  const meant = nearest(key.slice(PREFIX.length), KNOWN);
  return bad(key, `is not a known setting${meant === undefined ? '' : `; did you mean ${PREFIX}${meant}?`}`);
}

/** Checked also where there are no keys, so that turning them on meets no surprise. */
function keyMaxDays(at: At): number | undefined {
  const days = whole(at, 'keyMaxDays', 1, KEY_DAYS_CEILING, KEY_DAYS_MAX);
  return flag(at, 'keys', false) ? days : undefined;
}

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

/** What there is to say of a container; the rest is not looked at, so that one cdk.json serves several runtimes. */
function container(
  at: At,
  where: Where,
  account = '\\d{12}',
): Pick<InfraSettings, 'runtime' | 'certificateArn' | 'minTasks' | 'maxTasks' | 'kubernetes'> {
  const { region, partition } = where;
  const runtime = oneOf(at, 'runtime', RUNTIMES, 'lambda');
  const minTasks = whole(at, 'minTasks', 1, 1_000, 2);
  const maxTasks = whole(at, 'maxTasks', 1, 1_000, Math.max(10, minTasks));
  if (maxTasks < minTasks) throw bad(`${PREFIX}maxTasks`, `must be at least minTasks, ${minTasks}`);
  const kubernetes = kubernetesOf(at, where, account);
  const wanted = `arn:${partition}:acm:${region}:${account}:certificate/`;
  const certificateArn = optional(
    at,
    'certificateArn',
    new RegExp(`^${wanted}[\\w-]{1,64}$`),
    `must be the ARN of a certificate of ACM in ${region}, partition ${partition}, of the account that deploys`,
  );
  const balanced = runtime !== 'lambda' && kubernetes === undefined;
  if (balanced && certificateArn === undefined)
    throw bad(
      `${PREFIX}certificateArn`,
      `is not set, and tokens go to the container over TLS alone (runtime ${runtime})`,
    );
  return { runtime, certificateArn: balanced ? certificateArn : undefined, minTasks, maxTasks, kubernetes };
}

function kubernetesOf(at: At, { partition, region }: Where, account: string): Kubernetes | undefined {
  const cluster = `eks:${region}:${account}:cluster/[A-Za-z0-9][\\w-]{0,99}`;
  const provider = `iam::${account}:oidc-provider/[\\w./-]{1,255}`;
  const arn = optional(
    at,
    'kubernetes',
    new RegExp(`^arn:${partition}:(${cluster}|${provider})$`),
    `must be the ARN of an OpenID provider (IRSA) or of an EKS cluster (Pod Identity) of the account that deploys, partition ${partition}`,
  );
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  const named = optional(at, 'serviceAccount', new RegExp(`^${label}/${label}$`), 'must be <namespace>/<name>');
  if (arn === undefined) return undefined;
  const [namespace = '', serviceAccount = ''] = (named ?? 'tollgate/tollgate').split('/');
  return { kind: arn.includes(':oidc-provider/') ? 'irsa' : 'pod-identity', arn, namespace, serviceAccount };
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

function origins(value: unknown = []): string[] {
  const list = typeof value === 'string' ? value.split(',').map((origin) => origin.trim()) : value;
  const key = `${PREFIX}corsOrigins`;
  if (!Array.isArray(list)) throw bad(key, 'must be a list of origins');
  for (const [index, origin] of list.entries())
    if (typeof origin !== 'string' || !isOrigin(origin))
      throw bad(`${key}[${index}]`, 'must be an origin such as https://app.example, without a path');
  return list;
}

function routing(given: unknown = {}): Partial<Routing> {
  const key = `${PREFIX}routing`;
  const value = typeof given === 'string' ? json(given, key) : given;
  const problem = routingProblem(value);
  if (problem === undefined) return value as Partial<Routing>;
  throw bad(problem.member === '' ? key : `${key}.${problem.member}`, problem.what);
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
