import { suffixOf } from '../../aws/json.ts';
import { type SigningCredentials, signed } from '../../aws/sigv4.ts';
import { ANSWER_MAX_BYTES } from '../../contract/limits/doctor.ts';
import type { Clock } from '../../contract/log.ts';

/**
 * Services that nothing but the doctor asks, each by an operation or two: a client of the SDK for each would be eight packages. How they
 * speak, and for those that take AWS JSON its version and what an operation's target begins with.
 */
const SERVICES = {
  cloudformation: { speaks: 'query', version: '2010-05-15' },
  sns: { speaks: 'query', version: '2010-03-31' },
  events: { speaks: '1.1', target: 'AWSEvents' },
  ecs: { speaks: '1.1', target: 'AmazonEC2ContainerServiceV20141113' },
  firehose: { speaks: '1.1', target: 'Firehose_20150804' },
  kms: { speaks: '1.1', target: 'TrentService' },
  logs: { speaks: '1.1', target: 'Logs_20140328' },
  secretsmanager: { speaks: '1.1', target: 'secretsmanager' },
  servicequotas: { speaks: '1.1', target: 'ServiceQuotasV20190624' },
  sqs: { speaks: '1.0', target: 'AmazonSQS' },
  scheduler: { speaks: 'rest' },
} as const;
export type AskedService = keyof typeof SERVICES;

/** What a service said: JSON as it is, XML as its text. */
// biome-ignore lint/suspicious/noExplicitAny: answers are read by the few members that a check knows, each with what it is without them.
export type Said = any;

/**
 * One operation, signed with the credentials of who runs the command.
 *
 * @param operation `DescribeServices`; of a REST service its path, which is read
 * @throws Error whose name is the service's own for it, e.g. `AccessDeniedException`
 */
export type AskAws = (
  service: AskedService,
  operation: string,
  input?: Record<string, unknown>,
  region?: string,
) => Promise<Said>;

export interface AskOptions {
  credentials: () => Promise<SigningCredentials>;
  region: string;
  /** Base URL of all services where they are elsewhere than in AWS. */
  endpoint: string | undefined;
  fetch: typeof globalThis.fetch;
  clock: Clock;
}

/** Of a path that is read, the action that IAM has for it. */
const RIGHT: Readonly<Record<string, string>> = { schedules: 'GetSchedule' };

export function createAsk({ credentials, region: own, endpoint, fetch, clock }: AskOptions): AskAws {
  return async (service, operation, input = {}, region = own) => {
    const url = new URL(endpoint ?? `https://${service}.${region}.${suffixOf(region)}`);
    const { method, path, headers, body } = requestOf(service, operation, input);
    const unsigned = { method, host: url.host, path, headers, body };
    const { host: _, ...sent } = signed(unsigned, { service, region }, await credentials(), clock());
    const response = await fetch(new URL(path, url), {
      method,
      headers: sent,
      ...(method === 'GET' ? {} : { body }),
      redirect: 'error',
    });
    const text = await textOf(response);
    if (!response.ok)
      throw Object.assign(failureOf(response, text), {
        right: `${service}:${RIGHT[operation.split('/')[1] ?? ''] ?? operation}`,
      });
    return text.startsWith('<') ? text : JSON.parse(text || '{}');
  };
}

function requestOf(service: AskedService, operation: string, input: Record<string, unknown>) {
  const how = SERVICES[service];
  if (how.speaks === 'rest') return { method: 'GET', path: operation, headers: {}, body: '' };
  if (how.speaks === 'query') {
    const form = new URLSearchParams({ Action: operation, Version: how.version });
    for (const [name, value] of Object.entries(input)) form.set(name, String(value));
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    return { method: 'POST', path: '/', headers, body: form.toString() };
  }
  const headers = {
    'content-type': `application/x-amz-json-${how.speaks}`,
    'x-amz-target': `${how.target}.${operation}`,
  };
  return { method: 'POST', path: '/', headers, body: JSON.stringify(input) };
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_MAX_BYTES) throw new Error(`an answer of more than ${ANSWER_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** By the name that the service has for it, wherever its protocol puts that. */
function failureOf(response: Response, text: string): Error {
  let told: { __type?: string; code?: string; message?: string; Message?: string } = {};
  if (text.startsWith('<')) {
    const [code] = elements(text, 'Code');
    const [message] = elements(text, 'Message');
    told = { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
  } else
    try {
      told = JSON.parse(text) as typeof told;
    } catch {
      // Not a service's answer: a proxy's page, say.
    }
  const type = told.__type ?? response.headers.get('x-amzn-errortype') ?? told.code ?? '';
  const name = type.split('#').at(-1)?.split(':')[0] || `Status${response.status}`;
  const error = new Error(told.message ?? told.Message ?? `answered ${response.status}`);
  error.name = response.status === 403 && !/Denied|Authoriz/.test(name) ? `AccessDenied${name}` : name;
  return error;
}

/** The texts within each element of a name, entities resolved: of answers whose elements do not lie within their like. */
export function elements(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'));
  return [...found].map(([, text = '']) => (text.includes('<') ? text : unescaped(text)));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(#x?[\da-f]+|\w+);/gi, (whole, entity: string) => {
    if (!entity.startsWith('#')) return ENTITIES[entity] ?? whole;
    const code = entity[1] === 'x' ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return String.fromCodePoint(code);
  });
}
