import type { Budget } from '../../contract/budget.ts';
import { asTollgateError, isTollgateError, TollgateError } from '../../contract/errors.ts';
import { ANSWER_MAX_BYTES, ERROR_BODY_MAX_BYTES } from '../../contract/limits/invoke.ts';
import { DENIED_SESSION_RENEW_AFTER_MS, SESSION_SECONDS } from '../../contract/limits/sessions.ts';
import { type Clock, logLine, type WriteLine } from '../../contract/log.ts';
import type { AllowedModel, Purpose } from '../../contract/model.ts';
import type { Budgets } from '../../metering/budgets/budgets.ts';
import { isShare, requestsShare, SESSIONS, type Take } from '../../metering/budgets/shares.ts';
import type { Meter } from '../../metering/emit.ts';
import type { Runtime } from '../../policies/kinds/kind.ts';
import { runtimeOf } from '../../policies/kinds.ts';
import { type SessionPolicy, sessionPolicy } from '../../policies/session.ts';
import { decideModel, isFor } from '../../registry/decide.ts';
import type { ScopedCredentials } from '../../sessions/session.ts';
import { usablePolicy } from '../../sessions/usable.ts';
import { type Budgeted, budgeted } from '../budgets/budgeted.ts';
import { type Answer, type Call, type Operation, type ProviderRequest, type Run, runsModel } from '../call.ts';
import type { EntriesOf } from '../exchange.ts';
import { restrict } from '../grants/restrict.ts';
import { answerHeaders } from '../providers/answer-headers.ts';
import { type Deadline, type Deadlines, startDeadline } from '../providers/deadline.ts';
import type { Provider, ProviderCall, ProviderReply } from '../providers/provider.ts';
import { isExpiredToken, readError, type UpstreamError, upstreamError } from '../providers/upstream.ts';
import { joined, readBody } from '../providers/whole.ts';
import { usageOfAnswer } from '../usage/answer.ts';
import { NOTHING_SEEN, usageOf } from '../usage/report.ts';
import { askedTier } from '../usage/tier.ts';
import { NO_USAGE, type Usage } from '../usage/usage.ts';
import { alarmOf } from './alarm.ts';
import { choose, servedBy } from './choose.ts';
import type { Credentials } from './credentials.ts';
import { beginInvocation, type Invocation } from './invocation.ts';
import { pump } from './stream.ts';

export interface PipelineOptions {
  entries: EntriesOf;
  /** The first wall. Replaced only by a test that shows the second one, IAM, standing alone. */
  decide?: typeof decideModel;
  /** What brings a call under its grant. Replaced only by a test that shows IAM refusing a call that it did not. */
  restrict?: typeof restrict;
  credentials: Credentials;
  providers: Readonly<Partial<Record<Runtime, Provider>>>;
  meter: Meter;
  /** Reserves what a call may use from its budgets. */
  reserve: Budgets['reserve'];
  /** Takes one from what the tenant may take of what all share. */
  take: Take;
  clock: Clock;
  /** An id unique to the call. */
  newId: () => string;
  deadlines: Deadlines;
  write: WriteLine;
}

/** Where one attempt goes, and under which session. */
type Way = Pick<ProviderCall, 'target' | 'credentials'>;

/** What one call carries from step to step. */
interface Step {
  readonly call: Call;
  readonly invocation: Invocation;
  readonly deadline: Deadline;
  /** By when the answer must begin, milliseconds since 1970. */
  beginBy: number;
  /** What the call has cost as far as is known. */
  usage: () => Usage;
}

/**
 * The ONE path of every call to a model: decide, reserve what it may use, build the session policy for that one model,
 * assume the role under it, send, give back, settle. Exactly one finished line is left of each attempt, whatever happens;
 * a started one stands before it if anything was sent.
 */
export function createPipeline(options: PipelineOptions): Run {
  const { decide = decideModel, restrict: restricted = restrict, clock, deadlines, write } = options;
  const policies = new WeakMap<AllowedModel, Partial<Record<Purpose, SessionPolicy>>>();

  return async (call) => {
    let spending: Budgeted | undefined;
    const meter: Meter = {
      started: options.meter.started,
      finished(record, metrics) {
        // What is reserved is the call's, for all of its attempts.
        const ended = record.outcome === 'retried' ? undefined : spending;
        const charged = ended?.charged(record);
        options.meter.finished(charged === undefined ? record : { ...record, charged }, metrics);
        ended?.finished(record);
      },
    };
    const invocation = beginInvocation(call, { ...options, meter });
    const deadline = startDeadline(deadlines.callTotalMs);
    const step: Step = { call, invocation, deadline, beginBy: 0, usage: () => NO_USAGE };
    try {
      const held = await options.entries(call.caller);
      const decision = decide(held.models, call.wanted, call.action, Math.floor(clock() / 1000), call);
      const { model, request: asked } = choose(decision, call, invocation);
      const changes = servedBy(model, call.wanted);
      const prepared = restricted(asked, model, (change) => Object.assign(changes, change));
      const provider = options.providers[runtimeOf(model.target)];
      if (provider === undefined) throw new TollgateError('invalid_request', { reason: 'no-provider' });
      const tier = askedTier(prepared, model.target);
      invocation.soldAs(tier);
      options.take(call.caller.tenant, requestsShare(held.budgets), call);
      const budgets = held.budgets.filter(countsEachCall);
      spending = await budgeted({ call, at: invocation.at, model, request: prepared, tier, budgets, changes }, options);
      if (spending === undefined && Object.keys(changes).length > 0) call.tell?.(changes);
      const request = spending?.request ?? prepared;
      step.usage = () => usageOf(request, model.target, {}, NOTHING_SEEN);
      const policy = policyOf(grantFor(model, held.models), call.action);
      try {
        return await answer(step, model, request, await send(step, provider, model, request, policy));
      } catch (thrown) {
        alarm(thrown, step, model, policy);
        throw thrown;
      }
    } catch (thrown) {
      const error = asTollgateError(thrown);
      invocation.failed(error, step.usage);
      deadline.stop(error);
      throw error;
    }
  };

  /** @throws the upstream's error as ours, unless its status is a success */
  async function send(
    step: Step,
    provider: Provider,
    model: AllowedModel,
    request: ProviderRequest,
    policy: SessionPolicy,
  ): Promise<ProviderReply> {
    const { call, invocation, deadline } = step;
    const { tenant, principal, costCenter } = call.caller;
    const asked = { token: call.token, model: model.id, action: call.action, requestId: call.requestId };
    const audit = { requestId: call.requestId, model: model.id };
    const scope = { tenant, principal, costCenter, policy, asked, audit };
    const from = (source: 'memory' | 'issuer'): void => {
      if (source === 'issuer') options.take(tenant, SESSIONS, call);
      invocation.session(source);
    };
    let way: Way = { target: model.target, credentials: await options.credentials(scope, { from }) };
    for (let attempt = 1; ; attempt++) {
      const standing = invocation.started();
      if (standing !== undefined) await standing;
      step.beginBy = clock() + deadlines.firstByteMs;
      const sent = provider.send({ ...way, request, signal: deadline.signal });
      const reply = await deadline.within(deadlines.firstByteMs, 'first-byte', sent);
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
      invocation.retried(error);
      way = next;
    }

    /** Where the call goes next, having used nothing where it was; undefined: nowhere, and the error is the caller's. */
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
    model: AllowedModel,
    request: ProviderRequest,
    reply: ProviderReply,
  ): Promise<Answer> {
    const { call, invocation, deadline } = step;
    const idleMs = deadlines.streamIdleMs;
    const shown = { model, status: reply.status, headers: answerHeaders(reply.headers) };
    if (isStream(request.operation)) {
      const { target } = model;
      const waitUntil = (rest: Promise<unknown>): void => call.waitUntil(rest);
      const firstMs = Math.max(0, step.beginBy - clock());
      const events = pump({ reply, request, target, invocation, deadline, firstMs, idleMs, waitUntil });
      await events.begun(call.left);
      return { kind: 'stream', ...shown, events };
    }
    invocation.ran();
    const came: Uint8Array[] = [];
    // InvokeModel's counts are in its headers, so they are known even if the body is lost.
    step.usage = () => usageOfAnswer(request, model.target, reply.headers, joined(came), false);
    const body = await readBody(reply, { maxBytes: ANSWER_MAX_BYTES, idleMs, deadline, came });
    if (body.byteLength > ANSWER_MAX_BYTES) throw new TollgateError('upstream_failed', { reason: 'answer-too-large' });
    deadline.done();
    invocation.answered();
    const usage = usageOfAnswer(request, model.target, reply.headers, body);
    invocation.finished(runsModel(request.operation) || call.later ? 'ok' : 'counted', usage);
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

/** Not those of what calls do not use, and not those that are counted as shares are. */
function countsEachCall(budget: Budget): boolean {
  return budget.unit !== 'credentials' && !isShare(budget);
}

/**
 * What the session will be for: an entry that the tenant holds, whatever was decided. So the second wall does not rest on
 * the first: were the decision wrong, the call would go out under the policy of another entry, and IAM would refuse it.
 */
function grantFor(model: AllowedModel, held: readonly AllowedModel[]): AllowedModel {
  const grant = held.find(({ id }) => id === model.id) ?? held[0];
  if (grant === undefined) throw new TollgateError('model_not_allowed', { reason: 'nothing-held' });
  return grant;
}

const STREAMS: ReadonlySet<Operation> = new Set([
  'converse-stream',
  'invoke-with-response-stream',
  'invocations-response-stream',
]);

function isStream(operation: Operation): boolean {
  return STREAMS.has(operation);
}
