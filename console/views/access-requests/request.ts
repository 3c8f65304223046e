import { pathOf } from '../../api.ts';
import type { Tone } from '../../ui/badge.tsx';

export type RequestStatus = 'open' | 'approved' | 'declined' | 'withdrawn';

/** A request for access as `/admin/access-requests` tells it. */
export interface AccessRequest {
  id: string;
  tenant: string;
  principal: string;
  model: string;
  why: string;
  status: RequestStatus;
  askedAt: string;
  decidedAt?: string;
  /** `an operator` where that is none of the reader’s tenant. */
  decidedBy?: string;
  note?: string;
  keptUntil: string;
  version: number;
}

export const STATUS_TONES: Record<RequestStatus, Tone> = {
  open: 'info',
  approved: 'good',
  declined: 'bad',
  withdrawn: 'neutral',
};

/** What whoever decides wants to say. */
export interface Decision {
  request: AccessRequest;
  verb: 'approve' | 'decline';
  body: { note?: string; to?: 'principal' | 'tenant'; grant?: Readonly<Record<string, unknown>> };
}

/** What a dialog that decides is given. */
export interface Deciding {
  request: AccessRequest;
  /** @throws ApiProblem */
  onSend(decision: Decision, version: number): Promise<void>;
  /** Somebody else was before. */
  onConflict(decision: Decision): void;
  onClose(): void;
}

/** @returns of `/admin`, its parts encoded */
export function pathOfRequest({ tenant, id }: Pick<AccessRequest, 'tenant' | 'id'>): string {
  return `/admin/access-requests${pathOf(tenant, id)}`;
}
