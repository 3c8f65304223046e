import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { CallRecord } from './calls.ts';
import { isObject } from './read.ts';
import { type Script, type ScriptedEvent, streams } from './script.ts';
import { SERVICE_NAMES, type ServiceName } from './service.ts';

/**
 * What goes wrong. Members may be combined: `{delayMs, status}`, or `{breakAfterEvents, hang}` to fall silent, after
 * `events` too.
 */
export interface Fault extends Script {
  /** Of an error, which `status` makes it: the service's code, and what it says. */
  type?: string;
  message?: string;
  /** Beside, or instead of, the headers of whatever is answered. */
  headers?: Readonly<Record<string, string>>;
  /** Milliseconds before anything is done. */
  delayMs?: number;
  /** A stream is cut after this many events (0 or more). */
  breakAfterEvents?: number;
  /** No answer, ever; the connection stays open. */
  hang?: boolean;
  /** The connection is reset before an answer. */
  reset?: boolean;
}

export interface FaultRule {
  service: ServiceName;
  operation?: string;
  region?: string;
  /** As the caller names it, or the id in one of the ARNs that are checked. */
  model?: string;
  /** How many calls it strikes; absent: every one until it is cleared. */
  times?: number;
  fault: Fault;
}

export interface Faults {
  /** @returns null, or a sentence that says what is wrong with the rule */
  add(value: unknown): string | null;
  clear(): void;
  list(): FaultRule[];
  /** The first rule that strikes this call; counts it. */
  strike(call: CallRecord): Fault | undefined;
}

const ALIASES: Readonly<Record<string, ServiceName>> = {
  'bedrock-runtime': 'bedrock',
  'sagemaker-runtime': 'sagemaker',
  monitoring: 'cloudwatch',
};

export function createFaults(): Faults {
  const rules: FaultRule[] = [];
  return {
    add(value) {
      const rule = readRule(value);
      if (typeof rule === 'string') return rule;
      rules.push(rule);
      return null;
    },
    clear: () => void rules.splice(0),
    list: () => rules.map((rule) => ({ ...rule })),
    strike(call) {
      const index = rules.findIndex((rule) => strikes(rule, call));
      const rule = rules[index];
      if (rule?.times !== undefined && --rule.times === 0) rules.splice(index, 1);
      return rule?.fault;
    },
  };
}

function strikes({ service, operation, region, model, fault }: FaultRule, call: CallRecord): boolean {
  return (
    service === call.service &&
    (fault.events === undefined || streams(call.operation)) &&
    (fault.body === undefined || isError(fault) || !streams(call.operation)) &&
    (operation === undefined || operation.toLowerCase() === call.operation.toLowerCase()) &&
    (region === undefined || region === call.region) &&
    (model === undefined || model === call.model || call.resources.some((arn) => arn.endsWith(`/${model}`)))
  );
}

const isError = ({ status = 200 }: Fault): boolean => status >= 400;

type Form = 'string' | 'number' | 'boolean' | 'object' | 'list' | 'any';

const RULE: Readonly<Record<string, Form>> = {
  service: 'string',
  operation: 'string',
  region: 'string',
  model: 'string',
  times: 'number',
  fault: 'object',
};
const FAULT: Readonly<Record<string, Form>> = {
  status: 'number',
  type: 'string',
  message: 'string',
  events: 'list',
  body: 'any',
  headers: 'object',
  delayMs: 'number',
  breakAfterEvents: 'number',
  hang: 'boolean',
  reset: 'boolean',
};
const EVENT: Readonly<Record<string, Form>> = {
  type: 'string',
  payload: 'any',
  exception: 'object',
  delayMs: 'number',
};

function readRule(value: unknown): FaultRule | string {
  const wrong =
    membersWrong(value, RULE, 'the rule') ??
    membersWrong((value as FaultRule).fault, FAULT, 'fault') ??
    faultWrong((value as FaultRule).fault);
  if (wrong !== null) return wrong;
  const rule = value as FaultRule;
  const name = String(rule.service).toLowerCase().replaceAll(' ', '-');
  const service = ALIASES[name] ?? SERVICE_NAMES.find((known) => known === name);
  if (service === undefined) return `service must be one of ${SERVICE_NAMES.join(', ')}`;
  if (rule.times !== undefined && rule.times < 1) return 'times must be 1 or more';
  return { ...rule, service };
}

function faultWrong({ status, type, message, events, body, headers, ...rest }: Fault): string | null {
  const whole = body !== undefined;
  if (Object.values({ status, type, message, events, body, headers, ...rest }).every((value) => value === undefined))
    return 'fault must say what goes wrong';
  if (events !== undefined && (whole || status !== undefined || type !== undefined))
    return 'fault.events is the whole of a stream: it goes with no status, type or body';
  if (whole && type !== undefined) return 'fault.body is the whole of an answer: it goes with no type';
  if (message !== undefined && status === undefined && type === undefined)
    return 'fault.message is of an error: it goes with a status or a type';
  if (status !== undefined && (status < (whole ? 200 : 400) || status > 599))
    return `fault.status must be ${whole ? 200 : 400} to 599`;
  return eventsWrong(events ?? []) ?? headersWrong(headers ?? {});
}

function eventsWrong(events: readonly ScriptedEvent[]): string | null {
  for (const [index, event] of events.entries()) {
    const name = `fault.events[${index}]`;
    const wrong = membersWrong(event, EVENT, name);
    if (wrong !== null) return wrong;
    const { type, payload, exception } = event;
    if (type === undefined || type === '') return `${name} must have a type`;
    if ((payload === undefined) === (exception === undefined)) return `${name} must have a payload or an exception`;
    if (payload !== undefined && typeof payload !== 'string' && !isObject(payload))
      return `${name}: payload must be an object, or text to be sent as it is`;
  }
  return null;
}

function headersWrong(headers: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') return `fault.headers: ${name} must be a string`;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      return `fault.headers: ${name} is no header`;
    }
  }
  return null;
}

/** A member that is unknown or of the wrong type is an error: a mistyped fault would otherwise let a test pass. */
function membersWrong(value: unknown, members: Readonly<Record<string, Form>>, name: string): string | null {
  if (!isObject(value)) return `${name} must be an object`;
  for (const [member, given] of Object.entries(value)) {
    const form = members[member];
    if (form === undefined) return `${name} has the unknown member ${member}`;
    if (!isOf(form, given)) return `${name}: ${member} must be ${form === 'object' ? 'an' : 'a'} ${form}`;
    if (form === 'number' && !(Number.isInteger(given) && (given as number) >= 0))
      return `${name}: ${member} must be a whole number, 0 or more`;
  }
  return null;
}

function isOf(form: Form, value: unknown): boolean {
  if (form === 'any') return true;
  if (form === 'list') return Array.isArray(value);
  return form === 'object' ? isObject(value) : typeof value === form;
}
