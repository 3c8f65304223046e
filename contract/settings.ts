import { BASE_PATH } from './base-path.ts';
import { parseIssuers, type TrustedIssuer } from './issuer.ts';
import { ANSWER_MINUTES, ANSWER_MINUTES_MAX } from './limits/answers.ts';
import { AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS } from './limits/contract.ts';
import { CALL_TOTAL_MS, FIRST_BYTE_MS, STREAM_IDLE_MS } from './limits/invoke.ts';
import { KEY_DAYS_CEILING, KEY_DAYS_MAX } from './limits/keys.ts';
import { REGISTRY_MEMORY_MS } from './limits/registry.ts';
import { STAGE } from './names.ts';
import { bad, type Environment, json, readAll, required, wholeNumber } from './read-setting.ts';
import { type Routing, routingProblem } from './routing.ts';
import type { Providers } from './sign-in.ts';
import { isSpokeRole } from './spokes.ts';

/**
 * Environment -> frozen settings, one function per Lambda. Each is read once, at start, so that missing and wrong settings
 * stop the start and name themselves. AWS_REGION and credentials belong to the SDK and are not read here.
 */

/** The bus that every account has. */
export const EVENT_BUS = 'default';

/** A bus of the own account; one with a slash is a partner's, which takes no events from us (API_CreateEventBus). */
export const EVENT_BUS_NAME = /^[\w.-]{1,256}$/;

/** What every function is told. */
export interface StageSettings {
  /** Whose metrics it publishes. */
  stage: string;
}

export interface AuthorizerSettings extends StageSettings {
  /** DynamoDB table of the registry. */
  table: string;
  /** At least one. */
  issuers: readonly TrustedIssuer[];
  /** Milliseconds for which a registry item is remembered: at most the authorizer's TTL. */
  registryMemoryMs: number;
  /** Where keys of the gateway are; undefined: there are none, and whoever sends one is nobody. */
  keys: KeysSettings | undefined;
}

/** What the registry's API is told. */
export interface AdminSettings extends StageSettings {
  /** As `/ai`: what comes before every path; '' for nothing. */
  basePath: string;
  table: string;
  keys: KeysSettings | undefined;
  /** Bucket of raw lines, hourly objects and reports, which it only reads; undefined: it tells nothing of use. */
  bucket: string | undefined;
  /** DynamoDB table of budgets' counters, which it only reads; undefined: it does not tell where they stand. */
  countersTable: string | undefined;
  /** Where it looks at what AWS has; an empty one: at AWS's own URLs; undefined: it does not look. */
  catalog: { endpoint?: string } | undefined;
}

export interface KeysSettings {
  /** DynamoDB table of their secrets' hashes. */
  table: string;
  /** Name or ARN of the secret that these are made with. */
  secretId: string;
  /** Base URL of Secrets Manager where it is not AWS's own; undefined: AWS's own. */
  url: string | undefined;
  /** Days for which a secret is good at most, whatever it was made for. */
  maxDays: number;
}

export interface BrokerSettings extends AuthorizerSettings {
  /** The role that the broker assumes, under a session policy, for every question. */
  invokerRoleArn: string;
  /** Roles of other accounts, or patterns of them, that calls may run under (spoke-list.ts); none: all run in the stage's own. */
  spokes: readonly string[];
}

export interface InvokeSettings extends StageSettings {
  table: string;
  /** DynamoDB table of the budgets' counters: the one that this function may write. */
  countersTable: string;
  /** Name of the event bus that is told of budgets. */
  eventBus: string;
  /** Base URL of EventBridge where it is not AWS's own, in the variables of every AWS SDK; undefined: AWS's own. */
  eventsUrl: string | undefined;
  /** Base URL of Lambda where it is not AWS's own; undefined: AWS's own. */
  lambdaUrl: string | undefined;
  /** Base URL of Bedrock's agent runtime where it is not AWS's own; undefined: AWS's own. */
  agentsUrl: string | undefined;
  /** The role that is assumed, under a session policy, for every call. */
  invokerRoleArn: string;
  /** Roles of other accounts, or patterns of them, that calls may run under (spoke-list.ts); none: all run in the stage's own. */
  spokes: readonly string[];
  /** Name or ARN of the function that assumes it in this one's place; undefined: this function does it itself. */
  brokerFunction: string | undefined;
  /** Milliseconds for which a registry item is remembered: at most the authorizer's TTL. */
  registryMemoryMs: number;
  /** Milliseconds; each at most the default in limits/invoke.ts, which stays below Lambda's own limits. */
  firstByteMs: number;
  streamIdleMs: number;
  callTotalMs: number;
  /** As `/ai`: what comes before every path; '' for nothing. */
  basePath: string;
  /** Whose pages may call from a browser; none: nobody's. */
  corsOrigins: readonly string[];
  /** How the calls of a model of several places are spread over them, where it does not say. */
  routing: Partial<Routing>;
  /** Whether callers are told where they were answered, and at which attempt. */
  tellsRoute: boolean;
  /** Whether its processes tell each other of places that cool, in the counters' table. */
  sharesHealth: boolean;
  /** Where answers are kept for a while; undefined: nowhere. */
  answers: AnswersSettings | undefined;
  /** The variables of OpenTelemetry, for who is loaded with them (otlp.ts); undefined: none names a collector of spans. */
  otel: Environment | undefined;
}

export interface AnswersSettings {
  /** DynamoDB table of answers. */
  table: string;
  /** Seconds for which one can be read after it can have ended at the latest. */
  ttlSeconds: number;
  /** Whether they are also kept for who asks for it (`store`), and not in the background alone. */
  storesResponses: boolean;
}

/** Where the key is that contexts are sealed with. */
export interface ContextKeySettings {
  /** Name or ARN of the secret. */
  secretId: string;
  /** Base URL of Secrets Manager where it is not AWS's own; undefined: AWS's own. */
  url: string | undefined;
}

export interface MeteringSettings extends StageSettings {
  table: string;
  /** DynamoDB table of the budgets' counters and of the days' summaries. */
  countersTable: string;
  /** Bucket of raw lines, hourly objects and reports. */
  bucket: string;
  /** Name of the event bus that is told which models end soon. */
  eventBus: string;
  /** Base URL of EventBridge where it is not AWS's own; undefined: AWS's own. */
  eventsUrl: string | undefined;
}

/** @throws TollgateError `bad_setting` naming the variable */
export function authorizerSettings(env: Environment): AuthorizerSettings {
  return readAll(authorizerMembers(env));
}

function authorizerMembers(env: Environment) {
  return {
    stage: () => stage(env),
    table: () => required(env, 'TOLLGATE_TABLE'),
    issuers: () => issuers(env),
    registryMemoryMs: () => registryMemoryMs(env),
    keys: () => keysOf(env),
  };
}

/** A stage names their table where it has them. */
function keysOf(env: Environment): KeysSettings | undefined {
  const { TOLLGATE_KEYS_TABLE: table } = env;
  if (!table) return undefined;
  const secretId = secretName(env, 'TOLLGATE_KEYS_SECRET');
  return Object.freeze({ table, secretId, url: secretsUrl(env), maxDays: keyMaxDays(env) });
}

/** TOLLGATE_KEY_MAX_DAYS. @throws TollgateError `bad_setting` naming the variable */
export function keyMaxDays(env: Environment): number {
  return wholeNumber(env, 'TOLLGATE_KEY_MAX_DAYS', 1, KEY_DAYS_CEILING, KEY_DAYS_MAX);
}

/** @throws TollgateError `bad_setting` naming the variable */
export function adminSettings(env: Environment): AdminSettings {
  return readAll<AdminSettings>({
    stage: () => stage(env),
    table: () => required(env, 'TOLLGATE_TABLE'),
    keys: () => keysOf(env),
    bucket: () => env.TOLLGATE_BUCKET || undefined,
    countersTable: () => env.TOLLGATE_COUNTERS_TABLE || undefined,
    catalog: () => catalog(env),
    basePath: () => basePath(env),
  });
}

/** TOLLGATE_SYNC: a stage that looks at what AWS has once a day lets its API look, too. */
export function catalog(env: Environment): { endpoint?: string } | undefined {
  if (!flag(env, 'TOLLGATE_SYNC')) return undefined;
  return env.AWS_ENDPOINT_URL ? { endpoint: env.AWS_ENDPOINT_URL } : {};
}

/** @throws TollgateError `bad_setting` naming the variable */
export function invokeSettings(env: Environment): InvokeSettings {
  return readAll<InvokeSettings>({
    stage: () => stage(env),
    table: () => required(env, 'TOLLGATE_TABLE'),
    countersTable: () => required(env, 'TOLLGATE_COUNTERS_TABLE'),
    eventBus: () => eventBus(env),
    eventsUrl: () => eventsUrl(env),
    lambdaUrl: () => env.AWS_ENDPOINT_URL_LAMBDA || env.AWS_ENDPOINT_URL || undefined,
    agentsUrl: () => env.AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME || env.AWS_ENDPOINT_URL || undefined,
    invokerRoleArn: () => invokerRoleArn(env),
    spokes: () => spokes(env),
    brokerFunction: () => brokerFunction(env),
    registryMemoryMs: () => registryMemoryMs(env),
    firstByteMs: () => milliseconds(env, 'TOLLGATE_FIRST_BYTE_MS', FIRST_BYTE_MS),
    streamIdleMs: () => milliseconds(env, 'TOLLGATE_STREAM_IDLE_MS', STREAM_IDLE_MS),
    callTotalMs: () => milliseconds(env, 'TOLLGATE_CALL_TOTAL_MS', CALL_TOTAL_MS),
    basePath: () => basePath(env),
    corsOrigins: () => corsOrigins(env),
    routing: () => stageRouting(env),
    tellsRoute: () => flag(env, 'TOLLGATE_TELL_ROUTE'),
    sharesHealth: () => flag(env, 'TOLLGATE_SHARED_HEALTH'),
    answers: () => answers(env),
    otel: () => otel(env),
  });
}

/** What a process is told of a collector of spans, where one is named and not turned off. */
export function otel(env: Environment): Environment | undefined {
  const named = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const off = env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none';
  if (!named || off) return undefined;
  const read = /^(?:OTEL_|TOLLGATE_OTLP_|AWS_ENDPOINT_URL(?:_SECRETS_MANAGER)?$)/;
  return Object.freeze(Object.fromEntries(Object.entries(env).filter(([name]) => read.test(name))));
}

/** A stage that was deployed before there was such a table keeps no answers, and works. */
function answers(env: Environment): AnswersSettings | undefined {
  const { TOLLGATE_ANSWERS_TABLE: table } = env;
  const minutes = wholeNumber(env, 'TOLLGATE_ANSWER_MINUTES', 1, ANSWER_MINUTES_MAX, ANSWER_MINUTES);
  const storesResponses = flag(env, 'TOLLGATE_STORE_RESPONSES');
  return table ? Object.freeze({ table, ttlSeconds: minutes * 60, storesResponses }) : undefined;
}

/**
 * TOLLGATE_ROUTING: some of routing's members, as JSON.
 *
 * @throws TollgateError `bad_setting` naming the variable, and the member at fault
 */
export function stageRouting(env: Environment): Partial<Routing> {
  if (!env.TOLLGATE_ROUTING) return {};
  const value = json(env, 'TOLLGATE_ROUTING');
  const problem = routingProblem(value);
  if (problem === undefined) return Object.freeze(value as Partial<Routing>);
  const { member, what } = problem;
  throw bad(member === '' ? 'TOLLGATE_ROUTING' : `TOLLGATE_ROUTING.${member}`, what);
}

export function flag(env: Environment, name: string): boolean {
  const { [name]: value = '' } = env;
  if (!/^(?:true|false)?$/.test(value)) throw bad(name, 'must be true or false');
  return value === 'true';
}

/**
 * For the authorizer, which seals contexts, and the invoke function, which opens them. The broker has none: it takes nobody's
 * word.
 *
 * @throws TollgateError `bad_setting` naming the variable
 */
export function contextKeySettings(env: Environment): ContextKeySettings {
  return Object.freeze({ secretId: secretName(env, 'TOLLGATE_CONTEXT_KEY'), url: secretsUrl(env) });
}

function secretName(env: Environment, variable: string): string {
  const secretId = required(env, variable);
  if (/^[\w/+=.@:-]{1,512}$/.test(secretId)) return secretId;
  throw bad(variable, 'must be the name or ARN of a secret');
}

/** Base URL of EventBridge, in the variables of every AWS SDK. */
function eventsUrl(env: Environment): string | undefined {
  return env.AWS_ENDPOINT_URL_EVENTBRIDGE || env.AWS_ENDPOINT_URL || undefined;
}

/** Base URL of Secrets Manager, in the variables of every AWS SDK; undefined: AWS's own. */
export function secretsUrl(env: Environment): string | undefined {
  return env.AWS_ENDPOINT_URL_SECRETS_MANAGER || env.AWS_ENDPOINT_URL || undefined;
}

/** @throws TollgateError `bad_setting` naming the variable */
export function brokerSettings(env: Environment): BrokerSettings {
  return readAll<BrokerSettings>({
    ...authorizerMembers(env),
    invokerRoleArn: () => invokerRoleArn(env),
    spokes: () => spokes(env),
  });
}

/** What the function of a user pool is told. */
export interface PoolSettings extends StageSettings {
  /** What the groups of each provider mean. */
  providers: Providers;
}

/** @throws TollgateError `bad_setting` naming the variable */
export function poolSettings(env: Environment): PoolSettings {
  return readAll<PoolSettings>({
    stage: () => stage(env),
    // Checked where the template is made, which alone writes it.
    providers: () => (env.TOLLGATE_PROVIDERS ? (json(env, 'TOLLGATE_PROVIDERS') as Providers) : {}),
  });
}

export interface SyncSettings extends StageSettings {
  table: string;
  region: string;
  /** Name of the event bus that is told of what people should know. */
  eventBus: string;
  /** Base URL of EventBridge where it is not AWS's own; undefined: AWS's own. */
  eventsUrl: string | undefined;
  /** Whether models are evaluated again by the schedule. */
  evaluates: boolean;
}

export interface AlertsSettings extends StageSettings {
  table: string;
  /** Base URL of SNS where it is not AWS's own; undefined: AWS's own. */
  snsUrl: string | undefined;
  /** Whether a webhook may be on this machine: where AWS itself is. */
  loopback: boolean;
}

/** @throws TollgateError `bad_setting` naming the variable */
export function alertsSettings(env: Environment): AlertsSettings {
  return readAll<AlertsSettings>({
    stage: () => stage(env),
    table: () => required(env, 'TOLLGATE_TABLE'),
    snsUrl: () => env.AWS_ENDPOINT_URL_SNS || env.AWS_ENDPOINT_URL || undefined,
    loopback: () => env.AWS_ENDPOINT_URL?.startsWith('http://127.0.0.1:') ?? false,
  });
}

/** @throws TollgateError `bad_setting` naming the variable */
export function syncSettings(env: Environment): SyncSettings {
  return readAll<SyncSettings>({
    stage: () => stage(env),
    table: () => required(env, 'TOLLGATE_TABLE'),
    region: () => required(env, 'AWS_REGION'),
    eventBus: () => eventBus(env),
    eventsUrl: () => eventsUrl(env),
    evaluates: () => env.TOLLGATE_EVALUATION === 'true',
  });
}

/** @throws TollgateError `bad_setting` naming the variable */
export function meteringSettings(env: Environment): MeteringSettings {
  return readAll<MeteringSettings>({
    stage: () => stage(env),
    table: () => required(env, 'TOLLGATE_TABLE'),
    countersTable: () => required(env, 'TOLLGATE_COUNTERS_TABLE'),
    bucket: () => required(env, 'TOLLGATE_BUCKET'),
    eventBus: () => eventBus(env),
    eventsUrl: () => eventsUrl(env),
  });
}

/**
 * TOLLGATE_AUTHORIZER_TTL: how long an authorizer's answer is kept.
 *
 * @returns seconds, 0 to AUTHORIZER_TTL_MAX_SECONDS
 * @throws TollgateError `bad_setting` naming the variable
 */
export function authorizerTtlSeconds(env: Environment): number {
  return wholeNumber(env, 'TOLLGATE_AUTHORIZER_TTL', 0, AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS);
}

function stage(env: Environment): string {
  const name = required(env, 'TOLLGATE_STAGE');
  if (STAGE.test(name)) return name;
  throw bad('TOLLGATE_STAGE', 'must be 1 to 20 of a-z, 0-9 and "-", beginning with a letter');
}

function issuers(env: Environment): readonly TrustedIssuer[] {
  const parsed = parseIssuers(json(env, 'TOLLGATE_ISSUERS'));
  if (parsed.length === 0) throw bad('TOLLGATE_ISSUERS', 'must list at least one issuer');
  return Object.freeze(parsed);
}

function brokerFunction(env: Environment): string | undefined {
  const name = env.TOLLGATE_BROKER_FUNCTION || undefined;
  if (name === undefined || /^[\w:-]{1,170}$/.test(name)) return name;
  throw bad('TOLLGATE_BROKER_FUNCTION', 'must be the name or ARN of a Lambda function');
}

function invokerRoleArn(env: Environment): string {
  const arn = required(env, 'TOLLGATE_INVOKER_ROLE_ARN');
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(arn)) return arn;
  throw bad('TOLLGATE_INVOKER_ROLE_ARN', 'must be the ARN of an IAM role');
}

/** TOLLGATE_SPOKES, as a template writes it: roles, or patterns of them (spoke-list.ts), separated by commas. */
function spokes(env: Environment): readonly string[] {
  const list = env.TOLLGATE_SPOKES?.split(',') ?? [];
  if (list.every((one) => isSpokeRole(one.replace(/\*$/, 'x')))) return list;
  throw bad('TOLLGATE_SPOKES', 'must list roles of other accounts');
}

function eventBus(env: Environment): string {
  const name = env.TOLLGATE_EVENT_BUS || EVENT_BUS;
  if (EVENT_BUS_NAME.test(name)) return name;
  throw bad('TOLLGATE_EVENT_BUS', 'must be the name of an event bus of this account');
}

/**
 * TOLLGATE_BASE_PATH: one segment, without a slash.
 *
 * @returns it with one before it; '' where there is none
 * @throws TollgateError `bad_setting` naming the variable
 */
export function basePath({ TOLLGATE_BASE_PATH: base }: Environment): string {
  if (!base) return '';
  if (BASE_PATH.test(base)) return `/${base}`;
  throw bad('TOLLGATE_BASE_PATH', 'must be one segment of a path, of letters, digits, "_", "." and "-", and not ping');
}

/**
 * TOLLGATE_CORS_ORIGINS: origins of pages, separated by commas.
 *
 * @throws TollgateError `bad_setting` naming the variable
 */
export function corsOrigins(env: Environment): readonly string[] {
  const list = (env.TOLLGATE_CORS_ORIGINS ?? '').split(',').map((origin) => origin.trim());
  const given = list.filter((origin) => origin !== '');
  if (given.every(isOrigin)) return Object.freeze(given);
  throw bad('TOLLGATE_CORS_ORIGINS', 'must list origins such as https://app.example, separated by commas');
}

/** As a browser writes it (RFC 6454 section 6.1): without a path, and without TLS on this machine alone. */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  return (
    origin === text &&
    (protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127\.0\.0\.1)$/.test(hostname)))
  );
}

function registryMemoryMs(env: Environment): number {
  return Math.min(REGISTRY_MEMORY_MS, authorizerTtlSeconds(env) * 1000);
}

function milliseconds(env: Environment, name: string, most: number): number {
  return wholeNumber(env, name, 1, most, most);
}
