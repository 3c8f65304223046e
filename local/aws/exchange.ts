import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { type CallRecord, type Calls, callerRecord } from './calls.ts';
import { AwsError } from './error.ts';
import type { Fault, Faults } from './faults.ts';
import type { AwsRequest, Plan, Reply, Service } from './service.ts';
import type { Caller, Sessions } from './sessions.ts';
import type { Authorization } from './sigv4.ts';
import { cut, isComplete, reset, write } from './write.ts';

export interface ExchangeOptions {
  account: string;
  sessions: Sessions;
  calls: Calls;
  faults: Faults;
  now: () => number;
  /** Awaited before a call of a model is in the calls list. */
  onModelCall: () => Promise<void>;
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
  try {
    const { plan, caller } = admit(service, request, auth, record, options);
    options.calls.save(record);
    const fault = options.faults.strike(record);
    if (fault !== undefined && (await interfere(fault, record, res))) return;
    // The caller may have gone while we waited: what follows would be work for nobody.
    if (res.destroyed) return;
    const reply = await plan.serve(caller);
    record.usage = reply.usage ?? null;
    record.serviceTier = reply.serviceTier ?? null;
    record.status = reply.status;
    if (reply.status >= 400) record.outcome = 'failed';
    // Before its first byte leaves: a gateway that is killed now has the tokens that the model has counted in its list.
    options.calls.save(record);
    if (!(await write(res, named(reply, record), fault?.breakAfterEvents))) {
      record.outcome = 'failed';
      if (fault?.hang !== true) cut(res);
    }
  } catch (error) {
    const reply = named(failure(service, error, record), record);
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
  const plan = service.plan(request);
  record.operation = plan.operation;
  record.model = plan.model ?? null;
  record.resources = [...new Set(plan.needs.map(({ resource }) => resource))];
  record.reason = authorize(service.name, caller, request.region, plan, options.now());
  record.decision = 'allowed';
  return { plan, caller };
}

/** @returns whether the fault has already decided how this call ends */
async function interfere(fault: Fault, record: CallRecord, res: ServerResponse): Promise<boolean> {
  if (fault.delayMs !== undefined) await delay(fault.delayMs, res);
  if (fault.reset === true) {
    record.outcome = 'failed';
    reset(res);
    return true;
  }
  if (fault.status !== undefined || fault.type !== undefined)
    throw new AwsError(fault.status ?? 400, fault.type ?? 'InternalServerException', 'This failure was asked for.');
  // A silent call ends when its caller leaves; a stream that is to fall silent begins first.
  return fault.hang === true && fault.breakAfterEvents === undefined;
}

function delay(ms: number, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      res.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    res.once('close', done);
  });
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
function named<R extends Reply>(reply: R, { requestId }: CallRecord): R {
  return { ...reply, headers: { ...reply.headers, 'x-amzn-requestid': requestId } };
}
