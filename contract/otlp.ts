import { SPANS_SEND_MS } from './limits/traces.ts';
import { bad, type Environment, readAll, wholeNumber } from './read-setting.ts';

/**
 * The variables of OpenTelemetry, where they name a collector
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/, .../configuration/sdk-environment-variables/). Loaded only there.
 */

export interface OtlpSettings {
  /** Where spans are sent. */
  url: URL;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** Milliseconds for one request. */
  timeoutMs: number;
  /** Attributes of all spans, `service.name` among them. */
  resource: Readonly<Record<string, string>>;
  sampler: Sampler;
}

/** Which calls leave a span. */
export interface Sampler {
  /** Whether what the caller says of its own trace is heeded. */
  heedsCaller: boolean;
  /** Of the other calls, 0 to 1. */
  ratio: number;
}

/** What is said of traces alone stands before what is said of all signals. */
const ofTraces = (env: Environment, name: string): [variable: string, value: string | undefined] => {
  const [own, all] = [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
  return env[own] ? [own, env[own]] : [all, env[all] || undefined];
};

/**
 * @param stage whose spans they are
 * @throws TollgateError `bad_setting` naming the variable, with a line for each that is wrong
 */
export function otlpSettings(env: Environment, stage: string): OtlpSettings {
  const { protocol: _, ...settings } = readAll<OtlpSettings & { protocol: unknown }>({
    protocol: () => checkProtocol(env),
    url: () => urlOf(env),
    headers: () => {
      const [variable, value = ''] = ofTraces(env, 'HEADERS');
      return otlpHeaders(value, variable);
    },
    timeoutMs: () => {
      const [variable] = ofTraces(env, 'TIMEOUT');
      return Math.min(wholeNumber(env, variable, 1, 3_600_000, SPANS_SEND_MS), SPANS_SEND_MS);
    },
    resource: () => resourceOf(env, stage),
    sampler: () => samplerOf(env),
  });
  return Object.freeze(settings);
}

/** Of one for all signals the path of traces is added; one for traces alone is taken as it is. */
function urlOf(env: Environment): URL {
  const [variable, value = ''] = ofTraces(env, 'ENDPOINT');
  const url = otlpUrl(value);
  if (url === undefined) throw bad(variable, OTLP_URL);
  if (variable === 'OTEL_EXPORTER_OTLP_ENDPOINT') url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url;
}

export const OTLP_URL = 'must be a URL such as http://127.0.0.1:4318, without credentials, query or fragment';

/** A collector is most often beside us or in the same network, and then without TLS. @returns undefined for what is none */
export function otlpUrl(value: string): URL | undefined {
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  const { protocol, username, password, search, hash } = url;
  return /^https?:$/.test(protocol) && username + password + search + hash === '' ? url : undefined;
}

/** A collector that speaks OTLP over HTTP takes JSON and protobuf alike; ours are JSON. */
function checkProtocol(env: Environment): void {
  const [variable, value = 'http/json'] = ofTraces(env, 'PROTOCOL');
  if (value !== 'http/json' && value !== 'http/protobuf') throw bad(variable, 'must be http/json or http/protobuf');
}

/** RFC 9110 section 5.6.2, and 5.5 without what is not ASCII. */
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const VALUE = /^[\x20-\x7e]*$/;

/** Of the message that they are added to; and who is asked is the URL's to say. */
const NOT_SET = /^(?:host|connection|content-(?:length|type)|transfer-encoding)$/;

/**
 * @param value `name=value,name=value`, values percent-encoded
 * @param variable where it is from: no message holds any of the value, which may be a secret
 */
export function otlpHeaders(value: string, variable: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, text] of pairsOf(value, variable)) {
    const lower = name.toLowerCase();
    if (!NAME.test(name) || !VALUE.test(text) || NOT_SET.test(lower)) throw bad(variable, PAIRS);
    headers[lower] = text;
  }
  return headers;
}

const PAIRS = 'must be name=value,name=value';

function pairsOf(value: string, variable: string): [string, string][] {
  return value.split(',').flatMap((part): [string, string][] => {
    if (part.trim() === '') return [];
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim();
    if (name === '') throw bad(variable, PAIRS);
    try {
      return [[name, decodeURIComponent(part.slice(at + 1).trim())]];
    } catch {
      throw bad(variable, PAIRS);
    }
  });
}

function resourceOf(env: Environment, stage: string): Record<string, string> {
  const { OTEL_SERVICE_NAME: name } = env;
  const given = pairsOf(env.OTEL_RESOURCE_ATTRIBUTES ?? '', 'OTEL_RESOURCE_ATTRIBUTES');
  return {
    'service.name': 'tollgate',
    'deployment.environment.name': stage,
    ...Object.fromEntries(given),
    ...(name ? { 'service.name': name } : {}),
  };
}

const PARENT_BASED = 'parentbased_';
const ROOT_SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const;

function samplerOf(env: Environment): Sampler {
  const { OTEL_TRACES_SAMPLER: name = '', OTEL_TRACES_SAMPLER_ARG: argument } = env;
  const given = name || `${PARENT_BASED}always_on`;
  const heedsCaller = given.startsWith(PARENT_BASED);
  const root = ROOT_SAMPLERS.find((one) => one === given.slice(heedsCaller ? PARENT_BASED.length : 0));
  if (root === undefined)
    throw bad('OTEL_TRACES_SAMPLER', `must be one of ${ROOT_SAMPLERS}, or ${PARENT_BASED} before it`);
  if (root !== 'traceidratio') return { heedsCaller, ratio: root === 'always_on' ? 1 : 0 };
  const ratio = Number(argument || '1');
  if (!(ratio >= 0 && ratio <= 1)) throw bad('OTEL_TRACES_SAMPLER_ARG', 'must be 0 to 1');
  return { heedsCaller, ratio };
}
