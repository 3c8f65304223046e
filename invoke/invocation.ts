import { isTollgateError, type TollgateError } from '../contract/errors.ts';
import type { Clock } from '../contract/log.ts';
import { type AllowedModel, nativeIdOf } from '../contract/model.ts';
import { BILLABLE, type Outcome, type UsageBase } from '../contract/usage.ts';
import type { Meter } from '../metering/emit.ts';
import type { Call } from './call.ts';
import { NO_USAGE, type Usage } from './tokens.ts';

/** One call's record: at most one started line and exactly one finished line, whichever path the call takes. */
export interface Invocation {
  readonly id: string;
  /** The entry that the tenant holds and wanted, allowed or not. */
  concerns(model: AllowedModel): void;
  /** To be called before anything is sent. */
  started(): void;
  /** The model has run, whether or not its answer arrives. */
  ran(): void;
  /** The caller has been given something. */
  answered(): void;
  /** The first of these two ends the call; a later one does nothing. */
  finished(outcome: 'ok' | 'counted' | 'abandoned', usage: Usage): void;
  failed(error: TollgateError, usageSoFar: () => Usage): void;
}

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
  let firstByteMs = -1;
  let sent = false;
  let ran = false;
  let over = false;

  const finish = (outcome: Outcome, code: string, { tokens, estimated }: Usage): void => {
    if (over) return;
    over = true;
    const durationMs = deps.clock() - at;
    deps.meter.finished({ ...base, phase: 'finished', outcome, code, tokens, estimated, durationMs, firstByteMs });
  };

  return {
    id: base.invocationId,
    concerns(model) {
      base.model = model.id;
      base.nativeModel = nativeIdOf(model.target);
      base.region = model.target.region;
    },
    started() {
      sent = true;
      deps.meter.started({ ...base, phase: 'started' });
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
