import { TollgateError } from './errors.ts';
import { parseIssuers, type TrustedIssuer } from './issuer.ts';
import { AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS } from './limits/contract.ts';
import { CALL_TOTAL_MS, FIRST_BYTE_MS, STREAM_IDLE_MS } from './limits/invoke.ts';
import { REGISTRY_MEMORY_MS } from './limits/registry.ts';
import { STAGE } from './names.ts';

/**
 * Environment -> frozen settings, one function per Lambda. Each is read once, at start, so that a missing or wrong
 * setting stops the start and names itself. AWS_REGION and credentials belong to the SDK and are not read here.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

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
}

export interface BrokerSettings extends AuthorizerSettings {
  /** The role that the broker assumes, under a session policy, for every question. */
  invokerRoleArn: string;
}

export interface InvokeSettings extends StageSettings {
  table: string;
  /** DynamoDB table of the budgets' counters: the one that this function may write. */
  countersTable: string;
  /** Name of the event bus that is told of budgets. */
  eventBus: string;
  /** Base URL of EventBridge where it is not AWS's own, in the variables of every AWS SDK; undefined: AWS's own. */
  eventsUrl: string | undefined;
  /** The role that is assumed, under a session policy, for every call. */
  invokerRoleArn: string;
  /** Name or ARN of the function that assumes it in this one's place; undefined: this function does it itself. */
  brokerFunction: string | undefined;
  /** Milliseconds for which a registry item is remembered: at most the authorizer's TTL. */
  registryMemoryMs: number;
  /** Milliseconds; each at most the default in limits/invoke.ts, which stays below Lambda's own limits. */
  firstByteMs: number;
  streamIdleMs: number;
  callTotalMs: number;
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
}

/** @throws TollgateError `bad_setting` naming the variable */
export function authorizerSettings(env: Environment): AuthorizerSettings {
  const issuers = parseIssuers(json(env, 'TOLLGATE_ISSUERS'));
  if (issuers.length === 0) throw bad('TOLLGATE_ISSUERS', 'must list at least one issuer');
  return Object.freeze({
    stage: stage(env),
    table: required(env, 'TOLLGATE_TABLE'),
    issuers: Object.freeze(issuers),
    registryMemoryMs: registryMemoryMs(env),
  });
}

/** @throws TollgateError `bad_setting` naming the variable */
export function invokeSettings(env: Environment): InvokeSettings {
  const brokerFunction = env.TOLLGATE_BROKER_FUNCTION || undefined;
  if (brokerFunction !== undefined && !/^[\w:-]{1,170}$/.test(brokerFunction))
    throw bad('TOLLGATE_BROKER_FUNCTION', 'must be the name or ARN of a Lambda function');
  return Object.freeze({
    stage: stage(env),
    table: required(env, 'TOLLGATE_TABLE'),
    countersTable: required(env, 'TOLLGATE_COUNTERS_TABLE'),
    eventBus: eventBus(env),
    eventsUrl: env.AWS_ENDPOINT_URL_EVENTBRIDGE || env.AWS_ENDPOINT_URL || undefined,
    invokerRoleArn: invokerRoleArn(env),
    brokerFunction,
    registryMemoryMs: registryMemoryMs(env),
    firstByteMs: milliseconds(env, 'TOLLGATE_FIRST_BYTE_MS', FIRST_BYTE_MS),
    streamIdleMs: milliseconds(env, 'TOLLGATE_STREAM_IDLE_MS', STREAM_IDLE_MS),
    callTotalMs: milliseconds(env, 'TOLLGATE_CALL_TOTAL_MS', CALL_TOTAL_MS),
  });
}

/**
 * For the authorizer, which seals contexts, and the invoke function, which opens them. The broker has none: it takes nobody's
 * word.
 *
 * @throws TollgateError `bad_setting` naming the variable
 */
export function contextKeySettings(env: Environment): ContextKeySettings {
  const secretId = required(env, 'TOLLGATE_CONTEXT_KEY');
  if (/^[\w/+=.@:-]{1,512}$/.test(secretId)) return Object.freeze({ secretId, url: secretsUrl(env) });
  throw bad('TOLLGATE_CONTEXT_KEY', 'must be the name or ARN of a secret');
}

/** Base URL of Secrets Manager, in the variables of every AWS SDK; undefined: AWS's own. */
export function secretsUrl(env: Environment): string | undefined {
  return env.AWS_ENDPOINT_URL_SECRETS_MANAGER || env.AWS_ENDPOINT_URL || undefined;
}

/** @throws TollgateError `bad_setting` naming the variable */
export function brokerSettings(env: Environment): BrokerSettings {
  return Object.freeze({ ...authorizerSettings(env), invokerRoleArn: invokerRoleArn(env) });
}

/** @throws TollgateError `bad_setting` naming the variable */
export function meteringSettings(env: Environment): MeteringSettings {
  return Object.freeze({
    stage: stage(env),
    table: required(env, 'TOLLGATE_TABLE'),
    countersTable: required(env, 'TOLLGATE_COUNTERS_TABLE'),
    bucket: required(env, 'TOLLGATE_BUCKET'),
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

function invokerRoleArn(env: Environment): string {
  const arn = required(env, 'TOLLGATE_INVOKER_ROLE_ARN');
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(arn)) return arn;
  throw bad('TOLLGATE_INVOKER_ROLE_ARN', 'must be the ARN of an IAM role');
}

function eventBus(env: Environment): string {
  const name = env.TOLLGATE_EVENT_BUS || EVENT_BUS;
  if (EVENT_BUS_NAME.test(name)) return name;
  throw bad('TOLLGATE_EVENT_BUS', 'must be the name of an event bus of this account');
}

function registryMemoryMs(env: Environment): number {
  return Math.min(REGISTRY_MEMORY_MS, authorizerTtlSeconds(env) * 1000);
}

/**
 * A whole number from the environment.
 *
 * @throws TollgateError `bad_setting` naming the variable, its range and what it was
 */
export function wholeNumber(env: Environment, name: string, min: number, max: number, otherwise: number): number {
  const value = env[name];
  if (value === undefined || value === '') return otherwise;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw bad(name, `must be a whole number from ${min} to ${max}, not ${JSON.stringify(value.slice(0, 40))}`);
}

function milliseconds(env: Environment, name: string, most: number): number {
  return wholeNumber(env, name, 1, most, most);
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value.trim() === '') throw bad(name, 'is not set');
  return value;
}

function json(env: Environment, name: string): unknown {
  try {
    return JSON.parse(required(env, name));
  } catch (cause) {
    if (cause instanceof TollgateError) throw cause;
    throw bad(name, 'is not JSON');
  }
}

function bad(name: string, what: string): TollgateError {
  return new TollgateError('bad_setting', { field: name, reason: 'bad-setting', message: `${name} ${what}.` });
}
