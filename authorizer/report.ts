import type { Code } from '../contract/errors.ts';
import type { Principal, TenantId } from '../contract/identity.ts';
import { type Clock, type LogEvent, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import type { Unusable } from '../registry/kinds.ts';
import { reportUnusable } from '../registry/unusable.ts';

/**
 * The authorizer's log. A caller is told nothing but the status, so the reason has to be here. No line holds a token, or
 * any of its text before the signature held: `issuer` is our own setting's spelling, `tenant` a verified claim.
 */
export interface Report {
  refused(about: Refusal): void;
  /** @param fault what was thrown, when it is none of our own errors */
  undecided(about: Refusal, fault?: unknown): void;
  unusable(item: Unusable): void;
  /** What a key source tells. */
  issuer(event: LogEvent): void;
}

export interface Refusal {
  code: Code;
  reason: string | undefined;
  /** The trusted issuer that the token named. */
  issuer?: unknown;
  /** Both from verified claims; undefined before there are any. */
  tenant: TenantId | undefined;
  principal: Principal | undefined;
  requestId: string;
}

export function createReport({ clock, write }: { clock: Clock; write: WriteLine }): Report {
  return {
    refused(about) {
      write(logLine(clock(), { event: 'authorizer-refused', ...about }, { [METRICS.authorizerRefused]: 1 }));
    },
    undecided(about, fault) {
      const event: LogEvent = { event: 'authorizer-undecided', level: 'error', ...about };
      if (fault !== undefined) event.fault = String(fault).slice(0, 500);
      write(logLine(clock(), event, { [METRICS.undecided]: 1 }));
    },
    unusable: reportUnusable({ clock, write }),
    issuer(event) {
      write(logLine(clock(), event));
    },
  };
}
