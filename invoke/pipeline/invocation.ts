import { isTollgateError, type TollgateError } from '../../contract/errors.ts';
import { type Clock, METRICS } from '../../contract/log.ts';
import type { AllowedModel } from '../../contract/model.ts';
import { accountOfRole, spokeOf } from '../../contract/spokes.ts';
import { BILLABLE, type Outcome, type Tier, type UsageBase } from '../../contract/usage.ts';
import { wantedHash } from '../../contract/wanted.ts';
import type { Meter } from '../../metering/emit.ts';
import { nativeIdOf } from '../../policies/kinds.ts';
import type { Call } from '../call.ts';
import { NO_USAGE, type Usage } from '../usage/usage.ts';

/**
 * One call's records: for each attempt at it at most one started line and exactly one finished line, whichever path the
 * call takes. Most calls have one attempt.
 */
export interface Invocation {
  /** Of the attempt under way, and which one it is, from 1. */
  readonly id: string;
  readonly attempt: number;
  /** When the call began, milliseconds since 1970. */
  readonly at: number;
  /** The entry that the tenant holds and wanted, allowed or not; of several places the one that the attempt is for. */
  concerns(model: AllowedModel, priceRegion?: string): void;
  /** How AWS sells the call, unless its answer says otherwise. */
  soldAs(tier: Tier): void;
  /** A session was had for it: remembered, or issued just for this call. */
  session(from: 'memory' | 'issuer'): void;
  /** To be called before anything is sent, and to be waited for. */
  started(): void | Promise<void>;
  /** What AWS calls its answer; anything that is no such id is ignored. */
  named(awsRequestId: string | undefined): void;
  /**
   * This attempt is over; what follows is the next one's, which is to be started in its turn. Both have the call's start for
   * theirs: the caller has waited since then.
   *
   * @param usageSoFar what it used if the model had taken it
   */
  retried(error: TollgateError, usageSoFar: () => Usage): void;
  /** The model has run, whether or not its answer arrives. */
  ran(): void;
  /** The caller has been given something. */
  answered(): void;
  /** The first of these two ends the call; a later one does nothing. */
  finished(outcome: 'ok' | 'counted' | 'abandoned', usage: Usage): void;
  failed(error: TollgateError, usageSoFar: () => Usage): void;
}

/** A UUID today; what is far from one is not written into a line. */
const AWS_REQUEST_ID = /^[\w-]{1,128}$/;

export function beginInvocation(call: Call, deps: { meter: Meter; clock: Clock; newId: () => string }): Invocation {
  const { caller, surface, action, requestId } = call;
  const at = deps.clock();
  const base: UsageBase = {
    v: 1,
    invocationId: deps.newId(),
    at,
    requestId,
    tenant: caller.tenant,
    principal: caller.principal,
    costCenter: caller.costCenter,
    // What a caller wanted and does not hold is its own text, and no text of a caller's is counted by.
    model: '',
    nativeModel: '',
    region: '',
    surface,
    action,
  };
  let tier: Tier = 'on-demand';
  let awsRequestId: string | undefined;
  let sessions = { memory: 0, issuer: 0 };
  let firstByteMs = -1;
  let sent = false;
  let ran = false;
  let over = false;
  /** Whether it went on in another place than it was in. */
  let moved = false;

  const write = (outcome: Outcome, code: string, usage: Usage): void => {
    const { tokens, estimated, stop, guardrail, answeredBy, priceModel } = usage;
    const sold = usage.tier ?? tier;
    deps.meter.finished(
      {
        ...base,
        ...(answeredBy !== undefined && { nativeModel: answeredBy }),
        ...(priceModel !== undefined && { priceModel }),
        phase: 'finished',
        outcome,
        code,
        tokens,
        estimated,
        ...(base.model === '' && call.wanted !== '' ? { wantedHash: wantedHash(call.wanted) } : {}),
        ...(sold === 'on-demand' ? {} : { tier: sold }),
        ...(stop && { stop }),
        ...(guardrail && { guardrail }),
        ...(awsRequestId === undefined ? {} : { awsRequestId }),
        durationMs: deps.clock() - at,
        firstByteMs,
      },
      {
        [METRICS.credentialsCached]: sessions.memory,
        [METRICS.credentialsRenewed]: sessions.issuer,
        ...(moved && BILLABLE.has(outcome) ? { [METRICS.failedOver]: 1 } : {}),
      },
    );
  };

  const finish = (outcome: Outcome, code: string, usage: Usage): void => {
    if (over) return;
    over = true;
    write(outcome, code, usage);
  };

  return {
    get id() {
      return base.invocationId;
    },
    at,
    get attempt() {
      return base.attempt ?? 1;
    },
    concerns(model, priceRegion) {
      const { region } = model.target;
      const nativeModel = nativeIdOf(model.target);
      const spoke = spokeOf(model);
      const account = spoke && accountOfRole(spoke.role);
      const where = [region, nativeModel, account].join(' ');
      moved ||= base.attempt !== undefined && where !== [base.region, base.nativeModel, base.account].join(' ');
      base.model = model.id;
      base.nativeModel = nativeModel;
      base.region = region;
      if (priceRegion === undefined || priceRegion === region) delete base.priceRegion;
      else base.priceRegion = priceRegion;
      if (account === undefined) delete base.account;
      else base.account = account;
    },
    soldAs(named) {
      tier = named;
    },
    session(from) {
      sessions[from]++;
    },
    started() {
      sent = true;
      return deps.meter.started({ ...base, phase: 'started' });
    },
    named(id) {
      if (id !== undefined && AWS_REQUEST_ID.test(id)) awsRequestId = id;
    },
    retried(error, usageSoFar) {
      if (over) return;
      const charged = BILLABLE.has(outcomeOf(error, sent, ran));
      write('retried', error.code, charged ? usageSoFar() : NO_USAGE);
      base.invocationId = deps.newId();
      base.attempt = (base.attempt ?? 1) + 1;
      awsRequestId = undefined;
      sessions = { memory: 0, issuer: 0 };
      sent = false;
      ran = false;
    },
    ran() {
      ran = true;
    },
    answered() {
      ran = true;
      if (firstByteMs < 0) firstByteMs = deps.clock() - at;
    },
    finished: (outcome, usage) => finish(outcome, '', usage),
    failed(error, usageSoFar) {
      const outcome = outcomeOf(error, sent, ran);
      finish(outcome, error.code, BILLABLE.has(outcome) ? usageSoFar() : NO_USAGE);
    },
  };
}

/** @param sent whether the model was called; before that every error is a refusal, because nothing ran */
function outcomeOf(error: TollgateError, sent: boolean, ran: boolean): Outcome {
  if (!sent) return 'refused';
  if (isOurDeadline(error)) return 'deadline';
  if (ran) return 'interrupted';
  switch (error.code) {
    case 'upstream_throttled':
      return 'throttled';
    case 'denied_by_iam':
      return 'denied';
    case 'upstream_rejected':
      return 'refused';
    default:
      return 'failed';
  }
}

/** A model that reports a timeout has failed; our own deadline ends a call that the model may still be running. */
function isOurDeadline(error: TollgateError): boolean {
  return isTollgateError(error, 'deadline') && error.reason !== 'upstream-error';
}
