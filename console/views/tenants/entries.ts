/** What `/admin` tells of tenants and of what they hold; the members that these pages read. */

export interface Tenant {
  id: string;
  displayName?: string;
  suspended: boolean;
  offboarded?: true;
  expiresAt?: string;
  costCenter: string;
  owners?: string[];
  contacts?: string[];
  labels?: Record<string, string>;
  issuers?: string[];
  regions?: string[];
  spokeRole?: string;
  plan?: unknown;
  version: number;
  updatedAt: string;
  updatedBy: string;
}

export const ACTIONS = ['invoke', 'stream', 'count'] as const;

/** What a grant gives to one audience; without roles and principals to everyone of the tenant. */
export interface Term {
  actions: string[];
  roles?: string[];
  principals?: string[];
  maxTokens?: number;
  regions?: string[];
  tiers?: string[];
  expiresAt?: string;
  direct?: true;
  trace?: true;
  unguarded?: true;
  guardrail?: unknown;
  fallbacks?: string[];
  useCases?: unknown;
}

export interface Grant extends Term {
  tenant: string;
  model?: string;
  bundle?: string;
  also?: Term[];
  version: number;
  grantedAt: string;
  grantedBy: string;
}

export interface Model {
  id: string;
  displayName?: string;
  lifecycle: { status: string };
}

export interface Bundle {
  id: string;
  models: string[];
}

export type TenantState = 'active' | 'suspended' | 'offboarded' | 'ended';

/** @param now milliseconds since 1970 */
export function stateOf({ suspended, offboarded, expiresAt }: Tenant, now = Date.now()): TenantState {
  if (offboarded) return 'offboarded';
  if (suspended) return 'suspended';
  return expiresAt !== undefined && Date.parse(expiresAt) <= now ? 'ended' : 'active';
}

/** What it gives to each audience, the first of them first. */
export function termsOf({ also = [], ...own }: Grant): Term[] {
  return [own, ...also];
}

/** Whom a term is for, in words. */
export function audienceOf({ roles, principals }: Term): string {
  const said = [
    roles === undefined ? undefined : `roles ${roles.join(', ')}`,
    principals === undefined ? undefined : principals.join(', '),
  ].filter((one) => one !== undefined);
  return said.length === 0 ? 'everyone' : said.join('; ');
}

/** What a term demands, in words; nothing: ''. */
export function boundsOf(term: Term): string {
  const { maxTokens, regions, tiers, expiresAt, direct, guardrail, unguarded } = term;
  const said = [
    maxTokens === undefined ? undefined : `at most ${maxTokens} tokens`,
    regions === undefined ? undefined : `in ${regions.join(', ')}`,
    tiers === undefined ? undefined : `tier ${tiers.join(', ')}`,
    expiresAt === undefined ? undefined : `until ${expiresAt.slice(0, 10)}`,
    guardrail === undefined ? undefined : 'under its guardrail',
    unguarded === undefined ? undefined : 'without the guardrail of the tenant',
    direct === undefined ? undefined : 'credentials, too',
  ];
  return said.filter((one) => one !== undefined).join('; ');
}
