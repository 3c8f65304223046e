import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { authenticate } from './authenticate.ts';
import { accountOf, authorize } from './authorize.ts';
import { type CallRecord, type Calls, callerRecord } from './calls.ts';
import { AwsError } from './error.ts';
import type { Fault, Faults } from './faults.ts';
import { scripted } from './script.ts';
import type { AwsRequest, Plan, Reply, Service } from './service.ts';
import type { Caller, Sessions } from './sessions.ts';
import type { Authorization } from './sigv4.ts';
import { cut, isComplete, reset, wait, write } from './write.ts';

export interface ExchangeOptions {
  account: string;
  sessions: Sessions;
  calls: Calls;
  faults: Faults;
  now: () => number;
  /** Awaited before a call of a model is in the calls list. */
  onModelCall: () => Promise<void>;
  /** Told of a request once it is known how it is answered. */
  onAnswer: (record: CallRecord) => void;
}

/** The services whose calls a usage line announces. */
const MODELS: ReadonlySet<string> = new Set(['bedrock', 'sagemaker']);

/**
 * One signed request from beginning to end: what it asks for, who asks, whether they may, what is meant to go wrong, the
 * answer. Every one of them is in the calls list, refused ones too.
 */
export async function exchange(
  service: Service,
  request: AwsRequest,
  auth: Authorization,
  res: ServerResponse,
  options: ExchangeOptions,
): Promise<void> {
  let left = false;
  res.once('close', () => {
    left = true;
  });
  if (MODELS.has(service.name)) await options.onModelCall();
  const record = options.calls.add({
    requestId: randomUUID(),
    at: options.now(),
    service: service.name,
    operation: 'Unknown',
    region: request.region,
    model: null,
    serviceTier: null,
    request: null,
    traceparent: request.headers.traceparent ?? null,
    tracestate: request.headers.tracestate ?? null,
    resources: [],
    caller: null,
    decision: 'denied',
    reason: '',
    usage: null,
    status: null,
    outcome: null,
  });
  const ended = (): void => {
    record.outcome ??= isComplete(res) ? 'done' : 'aborted';
    options.calls.save(record);
  };
  if (left) return ended();
  res.once('close', ended);
  let fault: Fault | undefined;
  try {
    const { plan, caller } = admit(service, request, auth, record, options);
    options.calls.save(record);
    fault = options.faults.strike(record);
    if (fault !== undefined && (await interfere(fault, record, res))) return;
    // The caller may have gone while we waited: what follows would be work for nobody.
    if (res.destroyed) return;
    const reply = (fault && scripted(fault)) ?? (await plan.serve(caller));
    record.usage = reply.usage ?? null;
    record.serviceTier = reply.serviceTier ?? null;
    record.status = reply.status;
    if (reply.status >= 400) record.outcome = 'failed';
    options.onAnswer(record);
    // Before its first byte leaves: a gateway that is killed now has the tokens that the model has counted in its list.
    options.calls.save(record);
    if (!(await write(res, named(reply, record, fault), fault?.breakAfterEvents))) {
      record.outcome = 'failed';
      if (fault?.hang !== true) cut(res);
    }
  } catch (error) {
    const reply = named(failure(service, error, record), record, fault);
    options.onAnswer(record);
    options.calls.save(record);
    await write(res, reply);
  }
}

function admit(
  service: Service,
  request: AwsRequest,
  auth: Authorization,
  record: CallRecord,
  options: ExchangeOptions,
): { plan: Plan; caller: Caller } {
  const caller = authenticate(service, request, auth, {
    sessions: options.sessions,
    account: options.account,
    now: options.now(),
  });
  record.caller = callerRecord(caller);
  const plan = service.plan(request, accountOf(caller));
  record.operation = plan.operation;
  record.model = plan.model ?? null;
  record.resources = [...new Set(plan.needs.map(({ resource }) => resource))];
  record.reason = authorize(service.name, caller, request.region, plan, options.now());
  record.decision = 'allowed';
  record.request = plan.request ?? null;
  return { plan, caller };
}

/** @returns whether the fault has already decided how this call ends */
async function interfere(fault: Fault, record: CallRecord, res: ServerResponse): Promise<boolean> {
  if (fault.delayMs !== undefined) await wait(fault.delayMs, res);
  if (fault.reset === true) {
    record.outcome = 'failed';
    reset(res);
    return true;
  }
  const { status, type = 'InternalServerException', message = 'This failure was asked for.' } = fault;
  if (fault.body === undefined && (status !== undefined || fault.type !== undefined))
    throw new AwsError(status ?? 400, type, message);
  // A silent call ends when its caller leaves; a stream that is to fall silent begins first.
  return fault.hang === true && fault.breakAfterEvents === undefined;
}

function failure(service: Service, error: unknown, record: CallRecord): Reply {
  const known =
    error instanceof AwsError
      ? error
      : new AwsError(500, 'InternalFailure', error instanceof Error ? error.message : String(error));
  record.outcome = 'failed';
  record.status = known.status;
  if (record.decision === 'denied') record.reason = record.reason || `${known.code}: ${known.message}`;
  const { status, code, message, members } = known;
  return service.fail({ status, code, message, members });
}

/** Every answer says what it is called in the calls list, so that whoever got it can be matched with what ran. */
function named<R extends Reply>(reply: R, { requestId }: CallRecord, fault: Fault | undefined): R {
  return { ...reply, headers: { ...reply.headers, 'x-amzn-requestid': requestId, ...lowered(fault?.headers) } };
}

function lowered(headers: Fault['headers'] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
