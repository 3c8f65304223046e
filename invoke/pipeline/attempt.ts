import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { ANSWER_MAX_BYTES, ERROR_BODY_MAX_BYTES } from '../../contract/limits/invoke.ts';
import { DENIED_SESSION_RENEW_AFTER_MS, SESSION_SECONDS } from '../../contract/limits/sessions.ts';
import { type Clock, logLine, type WriteLine } from '../../contract/log.ts';
import type { AllowedModel, Purpose } from '../../contract/model.ts';
import { spokeOf } from '../../contract/spokes.ts';
import { SESSIONS, type Take } from '../../metering/budgets/shares.ts';
import { type SessionPolicy, sessionPolicy } from '../../policies/session.ts';
import { isFor } from '../../registry/decide.ts';
import type { ScopedCredentials } from '../../sessions/session.ts';
import { usablePolicy } from '../../sessions/usable.ts';
import {
  type Answer,
  type Call,
  isOwnGuardrail,
  isResource,
  isSoldAsCall,
  type Operation,
  type ProviderRequest,
  RESOURCE_OPERATIONS,
  runsModel,
} from '../call.ts';
import { answerHeaders } from '../providers/answer-headers.ts';
import { type Deadline, type Deadlines, startDeadline } from '../providers/deadline.ts';
import type { Provider, ProviderCall, ProviderReply } from '../providers/provider.ts';
import { isExpiredToken, readError, type UpstreamError, upstreamError } from '../providers/upstream.ts';
import { joined, readBody } from '../providers/whole.ts';
import { usageOfAnswer } from '../usage/answer.ts';
import { NOTHING_SEEN, usageOf } from '../usage/report.ts';
import { NO_USAGE, type Usage } from '../usage/usage.ts';
import { alarmOf } from './alarm.ts';
import type { Credentials } from './credentials.ts';
import type { Invocation } from './invocation.ts';
import type { Joint } from './joint.ts';
import { pump } from './stream.ts';

export interface AttemptOptions {
  credentials: Credentials;
  /** Takes one from what the tenant may take of what all share. */
  take: Take;
  clock: Clock;
  deadlines: Deadlines;
  /** Whether callers are told where they were answered, and at which attempt. */
  tellsRoute?: boolean | undefined;
  write: WriteLine;
}

/** What an attempt carries from step to step. */
export interface Step {
  readonly call: Call;
  readonly invocation: Invocation;
  readonly deadline: Deadline;
  /** When it was sent, milliseconds since 1970; 0: it was not. */
  sentAt: number;
  /** What it has cost as far as is known. */
  usage: () => Usage;
}

/** @param leftMs milliseconds that are left of the call's time */
export function beginStep(call: Call, invocation: Invocation, leftMs: number): Step {
  return { call, invocation, deadline: startDeadline(leftMs), sentAt: 0, usage: () => NO_USAGE };
}

/** Where one attempt goes, with what. */
export interface Attempted {
  /** Of one target. */
  model: AllowedModel;
  /** Of the entry whose session it is, which is the same unless something is wrong. */
  under: AllowedModel;
  provider: Provider;
  request: ProviderRequest;
  /** Of several places which one, by its key. */
  place: string | undefined;
  /** Milliseconds to its first byte, where the model says so. */
  firstByteMs: number | undefined;
  /** What the call uses beside it. */
  joint?: Joint | undefined;
}

/** @throws TollgateError; nothing has reached the caller, and the step's invocation is not ended */
export type Attempt = (step: Step, attempted: Attempted) => Promise<Answer>;

type Way = Pick<ProviderCall, 'target' | 'credentials'>;

/** One attempt at a call: the session policy for its one target, a session under it, send, give back. */
export function createAttempt(options: AttemptOptions): Attempt {
  const { clock, deadlines, write } = options;
  const policies = new WeakMap<AllowedModel, Partial<Record<Purpose, SessionPolicy>>>();

  return async (step, attempted) => {
    const { model, under, request, joint } = attempted;
    step.usage = () => usageOf(request, model.target, {}, NOTHING_SEEN);
    const { action } = step.call;
    const { policy, targets } = joint?.at(under, action, options) ?? { policy: policyOf(under, action), targets: [] };
    const named = request.naming && { request: { ...request, body: request.naming(model.target, targets) } };
    try {
      return await answer(step, attempted, await send(step, { ...attempted, ...named }, policy));
    } catch (thrown) {
      alarm(thrown, step, model, policy);
      throw thrown;
    }
  };

  /** @throws the upstream's error as ours, unless its status is a success */
  async function send(
    step: Step,
    { model, under, place, provider, request, joint, firstByteMs = deadlines.firstByteMs }: Attempted,
    policy: SessionPolicy,
  ): Promise<ProviderReply> {
    const { call, invocation, deadline } = step;
    const { tenant, principal, costCenter } = call.caller;
    const { token, action, execution, requestId } = call;
    const more = { place, useCase: model.useCase, execution, beside: joint?.beside };
    const asked = { token, model: model.id, action, requestId, ...more };
    const audit = { requestId, model: model.id };
    const scope = { tenant, principal, costCenter, policy, spoke: spokeOf(under), asked, audit };
    const from = (source: 'memory' | 'issuer'): void => {
      if (source === 'issuer') options.take(tenant, SESSIONS, call);
      invocation.session(source);
    };
    let way: Way = { target: model.target, credentials: await options.credentials(scope, { from }) };
    for (let attempt = 1; ; attempt++) {
      if (options.tellsRoute === true) call.tell?.(routeHeaders(model, invocation));
      const standing = invocation.started();
      if (standing !== undefined) await standing;
      step.sentAt = clock();
      call.trace?.span?.sent(model);
      const sent = provider.send({ ...way, request, traced: call.trace?.headers, signal: deadline.signal });
      const reply = await deadline.within(firstByteMs, 'first-byte', sent);
      invocation.named(reply.headers['x-amzn-requestid']);
      if (reply.status >= 200 && reply.status < 300) return reply;
      const body = await readBody(reply, { maxBytes: ERROR_BODY_MAX_BYTES, idleMs: deadlines.streamIdleMs, deadline });
      const said = readError(reply.headers, Buffer.from(body).toString('utf8'));
      const error = await upstreamError(reply.status, said, reply.headers['retry-after']);
      const next = await another(way, attempt, said, error);
      if (next === undefined) {
        deadline.done();
        throw error;
      }
      // Not before the next way is found: should that fail, this attempt is the call's last, and has its error.
      invocation.retried(error, step.usage);
      way = next;
    }

    /** The same with a new session, where the old one was refused; undefined: it was not. */
    async function another(
      { target, credentials: expired }: Way,
      attempt: number,
      said: UpstreamError,
      error: TollgateError,
    ): Promise<Way | undefined> {
      if (attempt > 1 || !(isExpiredToken(said) || mayBeRevoked(error, expired, clock()))) return undefined;
      return { target, credentials: await options.credentials(scope, { expired, from }) };
    }
  }

  async function answer(
    step: Step,
    { model, request, firstByteMs = deadlines.firstByteMs }: Attempted,
    reply: ProviderReply,
  ): Promise<Answer> {
    const { call, invocation, deadline } = step;
    const { target } = model;
    const idleMs = deadlines.streamIdleMs;
    const shown = { model, status: reply.status, headers: answerHeaders(reply.headers) };
    if (isStream(request.operation)) {
      const waitUntil = (rest: Promise<unknown>): void => call.waitUntil(rest);
      const firstMs = Math.max(0, step.sentAt + firstByteMs - clock());
      const { span } = call.trace ?? {};
      const events = pump({ reply, request, target, invocation, deadline, firstMs, idleMs, waitUntil, span });
      step.usage = events.usage;
      await events.begun(call.left);
      return { kind: 'stream', ...shown, events };
    }
    invocation.ran();
    const came: Uint8Array[] = [];
    // InvokeModel's counts are in its headers, so they are known even if the body is lost.
    step.usage = () => usageOfAnswer(request, target, reply.headers, joined(came), false);
    const body = await readBody(reply, { maxBytes: ANSWER_MAX_BYTES, idleMs, deadline, came });
    if (body.byteLength > ANSWER_MAX_BYTES) throw new TollgateError('upstream_failed', { reason: 'answer-too-large' });
    deadline.done();
    invocation.answered();
    call.trace?.span?.came(body);
    const usage = usageOfAnswer(request, target, reply.headers, body);
    const { operation } = request;
    const sold = runsModel(operation) || isSoldAsCall(operation) || isOwnGuardrail(operation, target) || call.later;
    invocation.finished(sold ? 'ok' : 'counted', usage);
    return { kind: 'whole', ...shown, body, tokens: usage.tokens };
  }

  /** Built once for each grant as it was read, and not for each call: who reads the registry anew has another object. */
  function policyOf(grant: AllowedModel, action: Purpose): SessionPolicy {
    const known = policies.get(grant) ?? {};
    const found = known[action];
    if (found !== undefined) return found;
    const actions = isFor(grant, action) ? [action] : grant.actions;
    const built = usablePolicy(grant, () => sessionPolicy(grant.target, actions, grant), { clock, write });
    policies.set(grant, { ...known, [action]: built });
    return built;
  }

  function alarm(thrown: unknown, { call, invocation }: Step, model: AllowedModel, policy: SessionPolicy): void {
    const told = isTollgateError(thrown) && alarmOf(thrown, call, model, policy, invocation.id);
    if (told) write(logLine(clock(), ...told));
  }
}

function routeHeaders({ target }: AllowedModel, { attempt }: Invocation): Record<string, string> {
  return { 'x-tollgate-region': target.region, 'x-tollgate-attempts': String(attempt) };
}

/**
 * Whether a refusal may be meant for the session and not for the call: an operator who revokes a role's older sessions (a
 * deny on `aws:TokenIssueTime`) also ends those held in this memory, and calls would fail until they expire. A new one is
 * only made for what is granted now, so it revives nothing. A call that IAM really denies costs one AssumeRole more, and
 * since the new session is young, not again for every call that follows.
 */
function mayBeRevoked(error: TollgateError, { expiresAt }: ScopedCredentials, now: number): boolean {
  const issuedAt = expiresAt - SESSION_SECONDS * 1000;
  return error.code === 'denied_by_iam' && now - issuedAt >= DENIED_SESSION_RENEW_AFTER_MS;
}

const STREAMS: ReadonlySet<Operation> = new Set([
  'converse-stream',
  'invoke-with-response-stream',
  'invocations-response-stream',
]);

function isStream(operation: Operation): boolean {
  return isResource(operation) ? RESOURCE_OPERATIONS[operation] === 'stream' : STREAMS.has(operation);
}
