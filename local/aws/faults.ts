import type { CallRecord } from './calls.ts';
import { SERVICE_NAMES, type ServiceName } from './service.ts';

/** What goes wrong. Members may be combined: `{delayMs, status}`, or `{breakAfterEvents, hang}` to fall silent. */
export interface Fault {
  /** An error answer of this HTTP status, `type` being the service's code for it. */
  status?: number;
  type?: string;
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

function strikes({ service, operation, region, model }: FaultRule, call: CallRecord): boolean {
  return (
    service === call.service &&
    (operation === undefined || operation.toLowerCase() === call.operation.toLowerCase()) &&
    (region === undefined || region === call.region) &&
    (model === undefined || model === call.model || call.resources.some((arn) => arn.endsWith(`/${model}`)))
  );
}

const RULE = {
  service: 'string',
  operation: 'string',
  region: 'string',
  model: 'string',
  times: 'number',
  fault: 'object',
};
const FAULT = {
  status: 'number',
  type: 'string',
  delayMs: 'number',
  breakAfterEvents: 'number',
  hang: 'boolean',
  reset: 'boolean',
};

function readRule(value: unknown): FaultRule | string {
  const wrong = membersWrong(value, RULE, 'the rule') ?? membersWrong((value as FaultRule).fault, FAULT, 'fault');
  if (wrong !== null) return wrong;
  const rule = value as FaultRule;
  const name = String(rule.service).toLowerCase().replaceAll(' ', '-');
  const service = ALIASES[name] ?? SERVICE_NAMES.find((known) => known === name);
  if (service === undefined) return `service must be one of ${SERVICE_NAMES.join(', ')}`;
  if (rule.times !== undefined && rule.times < 1) return 'times must be 1 or more';
  if (Object.keys(rule.fault).length === 0) return 'fault must say what goes wrong';
  const { status } = rule.fault;
  if (status !== undefined && (status < 400 || status > 599)) return 'fault.status must be 400 to 599';
  return { ...rule, service };
}

/** A member that is unknown or of the wrong type is an error: a mistyped fault would otherwise let a test pass. */
function membersWrong(value: unknown, members: Readonly<Record<string, string>>, name: string): string | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return `${name} must be an object`;
  for (const [member, given] of Object.entries(value)) {
    const type = members[member];
    if (type === undefined) return `${name} has the unknown member ${member}`;
    if (typeof given !== type) return `${name}: ${member} must be a ${type}`;
    if (type === 'number' && !(Number.isInteger(given) && (given as number) >= 0))
      return `${name}: ${member} must be a whole number, 0 or more`;
  }
  return null;
}
