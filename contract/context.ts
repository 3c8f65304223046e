import { type Budget, isBudget } from './budget.ts';
import { TollgateError } from './errors.ts';
import { type Principal, parsePrincipal, parseTenantId, type TenantId } from './identity.ts';
import { parseJson } from './json.ts';
import { CONTEXT_MAX_BYTES, SEAL_MAX_BYTES } from './limits/contract.ts';
import {
  ACTIONS,
  type AliasShare,
  type AllowedModel,
  AT_END,
  CONTAINERS,
  DIALECTS,
  GUARDED_BY,
  type Guardrail,
  type Place,
  PUBLISHED,
  type Restrictions,
  TARGETS,
  type Target,
  type TargetMember,
} from './model.ts';
import { isNarrowed, type Narrowed } from './narrowed.ts';
import { PLACE } from './places.ts';
import { isRouting } from './routing.ts';
import { isSpokeRole } from './spokes.ts';

/**
 * What the authorizer tells the invoke function. API Gateway passes scalars only, and passes them as strings, so the
 * encoded form is a flat record of strings. Identity and allowed entries; never a credential: the context is cached.
 */
export interface CallerContext {
  tenant: TenantId;
  principal: Principal;
  roles: string[];
  costCenter: string;
  /**
   * The token's `exp`, seconds since 1970 with up to three decimals, never later than it. The authorizer's cache ignores it,
   * so invoke checks it again.
   */
  exp: number;
  /** The tenant's entries; null when they did not fit, and then invoke asks the registry itself. */
  models: AllowedModel[] | null;
  /** Every budget that the tenant is under, sorted by id; null exactly when `models` is. */
  budgets: Budget[] | null;
  /** Of who calls by a key of the gateway, and of nobody else. */
  narrowed?: Narrowed;
}

const VERSION = '3';

/** The members of an encoded context, in the order in which a seal reads them: exactly these, no more and no fewer. */
export const CONTEXT_KEYS = ['v', 'tenant', 'principal', 'roles', 'costCenter', 'exp', 'models', 'budgets'] as const;

/** What binds it to its caller: the version of the key, and the MAC that was made with it. */
export const SEAL_KEYS = ['key', 'mac'] as const;

/** `narrowed` only of a key: a context without it is a token's, of whichever version wrote it. */
export type EncodedContext = Record<(typeof CONTEXT_KEYS)[number], string> & { narrowed?: string };
export type SealedContext = EncodedContext & Record<(typeof SEAL_KEYS)[number], string>;

/** API Gateway adds these to what the authorizer returned; everything else unknown is a forgery or another version. */
const ADDED_BY_GATEWAY = new Set(['principalId', 'integrationLatency']);

const KNOWN: ReadonlySet<string> = new Set([...CONTEXT_KEYS, 'narrowed', ...SEAL_KEYS, ...ADDED_BY_GATEWAY]);

/**
 * @returns the flat record, under CONTEXT_MAX_BYTES with its seal: entries that do not fit are left out as a whole (`models`
 *   and `budgets` are then ''), never in part, so that "not in the list" always means "not granted", and "no budget" none
 */
export function encodeContext(context: CallerContext): EncodedContext {
  const encoded = {
    v: VERSION,
    tenant: context.tenant,
    principal: context.principal,
    roles: JSON.stringify(context.roles),
    costCenter: context.costCenter,
    exp: String(context.exp),
    models: '',
    budgets: '',
    ...(context.narrowed === undefined ? {} : { narrowed: JSON.stringify(context.narrowed) }),
  };
  if (context.models === null || context.budgets === null) return encoded;
  const models = JSON.stringify(context.models.map(written));
  const whole = { ...encoded, models, budgets: JSON.stringify(context.budgets) };
  return sizeOf(whole) + SEAL_MAX_BYTES <= CONTEXT_MAX_BYTES ? whole : encoded;
}

function sizeOf(encoded: Record<string, string>): number {
  return Buffer.byteLength(JSON.stringify(encoded));
}

/**
 * The members, and nothing believed of them yet.
 *
 * @param value `requestContext.authorizer` of the event: whoever may invoke the function writes it
 * @throws TollgateError `forbidden` with reason context-missing | context-version | context-member
 */
export function readContext(value: unknown): SealedContext {
  if (value === null || typeof value !== 'object') throw forbidden('context-missing');
  const raw = value as Record<string, unknown>;
  for (const key of Object.keys(raw)) if (!KNOWN.has(key)) throw forbidden('context-member', 'unknown');
  const text = (key: keyof SealedContext): string => {
    const found = Object.hasOwn(raw, key) ? raw[key] : undefined;
    if (typeof found !== 'string') throw forbidden(key === 'v' ? 'context-missing' : 'context-member', key);
    return found;
  };
  if (text('v') !== VERSION) throw forbidden('context-version');
  const keys = [...CONTEXT_KEYS, ...SEAL_KEYS, ...(Object.hasOwn(raw, 'narrowed') ? (['narrowed'] as const) : [])];
  return Object.fromEntries(keys.map((key) => [key, text(key)])) as SealedContext;
}

/**
 * @param encoded of a context whose seal holds
 * @param now milliseconds since 1970
 * @throws TollgateError `forbidden` with reason context-member | context-expired; nothing has been looked up or assumed by then
 */
export function decodeContext(encoded: EncodedContext, now: number): CallerContext {
  try {
    const { exp } = encoded;
    if (!/^[1-9]\d{0,15}(?:\.\d{1,3})?$/.test(exp)) throw forbidden('context-member', 'exp');
    const context = {
      tenant: parseTenantId(encoded.tenant, 'tenant'),
      principal: parsePrincipal(encoded.principal, 'principal'),
      roles: strings(parseJson(encoded.roles, 'roles'), 'roles'),
      costCenter: encoded.costCenter,
      exp: Number(exp),
      ...entries(encoded.models, encoded.budgets),
      ...(encoded.narrowed === undefined ? {} : { narrowed: narrowedOf(encoded.narrowed) }),
    };
    assertInTime(context, now);
    return context;
  } catch (error) {
    if (error instanceof TollgateError && error.code === 'forbidden') throw error;
    throw forbidden('context-member', error instanceof TollgateError ? error.field : undefined, error);
  }
}

/**
 * The authorizer's cache ignores `exp`, and so does who remembers what was decoded.
 *
 * @throws TollgateError `forbidden` with reason context-expired
 */
export function assertInTime({ exp }: Pick<CallerContext, 'exp'>, now: number): void {
  if (exp * 1000 <= now) throw forbidden('context-expired');
}

function forbidden(reason: string, field?: string, cause?: unknown): TollgateError {
  // `field` stays in the log: which key of an internal context is wrong is nothing a caller can act on.
  return new TollgateError('forbidden', { reason, ...(field ? { detail: { field } } : {}), cause });
}

function strings(value: unknown, field: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw forbidden('context-member', field);
}

function narrowedOf(text: string): Narrowed {
  const value: unknown = parseJson(text, 'narrowed');
  if (isNarrowed(value)) return value;
  throw forbidden('context-member', 'narrowed');
}

function entries(models: string, budgets: string): Pick<CallerContext, 'models' | 'budgets'> {
  if (models === '' && budgets === '') return { models: null, budgets: null };
  return {
    models: listOf(isAllowedModel, models, 'models').map(asRead),
    budgets: listOf(isBudget, budgets, 'budgets'),
  };
}

/** The target of several places is the first one's, so it is not said twice, where there is little room for it. */
type Written = Omit<AllowedModel, 'target'> & Partial<Pick<AllowedModel, 'target'>>;

function written(model: AllowedModel): Written {
  if (model.places === undefined) return model;
  const { target: _, ...rest } = model;
  return rest;
}

function asRead(model: Written): AllowedModel {
  const [first] = model.places ?? [];
  return first === undefined ? (model as AllowedModel) : { ...model, target: first.target };
}

/** What only one of the two left out is no JSON, and refused. */
function listOf<T>(isOne: (item: unknown) => item is T, text: string, field: string): T[] {
  const value: unknown = parseJson(text, field);
  if (Array.isArray(value) && value.every(isOne)) return value;
  throw forbidden('context-member', field);
}

// The ARNs themselves are checked where they matter, when the session policy is built; here only the shape.
function isAllowedModel(item: unknown): item is Written {
  if (item === null || typeof item !== 'object') return false;
  const {
    id,
    target,
    places,
    spokeRole,
    routing,
    actions,
    lifecycle,
    aliases,
    fallbacks,
    direct,
    trace,
    guardedBy,
    dialects,
    container,
    ...restrictions
  } = item as Partial<AllowedModel>;
  return (
    typeof id === 'string' &&
    (places === undefined ? isTarget(target) : target === undefined && isNotEmpty(places) && places.every(isPlace)) &&
    (spokeRole === undefined || isSpokeRole(spokeRole)) &&
    (routing === undefined || isRouting(routing)) &&
    Array.isArray(actions) &&
    actions.length > 0 &&
    actions.every((action) => ACTIONS.includes(action)) &&
    typeof lifecycle === 'object' &&
    lifecycle !== null &&
    PUBLISHED.includes(lifecycle.status) &&
    (aliases === undefined || (Array.isArray(aliases) && aliases.every(isAliasShare))) &&
    (fallbacks === undefined || isList(fallbacks)) &&
    (direct === undefined || direct === true) &&
    (trace === undefined || trace === true) &&
    (guardedBy === undefined || GUARDED_BY.includes(guardedBy)) &&
    (dialects === undefined || (isList(dialects) && dialects.every((dialect) => DIALECTS.includes(dialect)))) &&
    (container === undefined || CONTAINERS.includes(container)) &&
    areRestrictions(restrictions)
  );
}

function isAliasShare(item: unknown): item is AliasShare {
  if (item === null || typeof item !== 'object') return false;
  const { alias, weight, by, atEnd, ...others } = item as Partial<AliasShare>;
  return (
    isText(alias) &&
    isCount(weight) &&
    (by === undefined || by === 'request') &&
    (atEnd === undefined || AT_END.includes(atEnd)) &&
    Object.keys(others).length === 0
  );
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isNotEmpty = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
const isList = (value: unknown): boolean => isNotEmpty(value) && (value as unknown[]).every(isText);

const RESTRICTIONS: { readonly [Name in keyof Restrictions]-?: (value: unknown) => boolean } = {
  guardrail: areGuardrails,
  useCases: (value) =>
    value !== null &&
    typeof value === 'object' &&
    isNotEmpty(Object.values(value)) &&
    Object.values(value).every(areGuardrails),
  maxTokens: isCount,
  regions: isList,
  tiers: isList,
  roles: isList,
  principals: isList,
  expiresAt: isCount,
};

function areGuardrails(value: unknown): boolean {
  if (Array.isArray(value)) return isNotEmpty(value) && value.every((one) => !Array.isArray(one) && areGuardrails(one));
  if (value === null || typeof value !== 'object') return false;
  const { arn, version, mode, ...others } = value as Partial<Guardrail>;
  return isText(arn) && isText(version) && (mode === undefined || mode === 'async') && Object.keys(others).length === 0;
}

// A member that is not known here may be a restriction of a later version: ignoring it would lift it.
function areRestrictions(members: object): boolean {
  return Object.entries(members).every(
    ([name, value]) => Object.hasOwn(RESTRICTIONS, name) && RESTRICTIONS[name as keyof Restrictions](value),
  );
}

// Nor here.
function isPlace(place: unknown): place is Place {
  if (place === null || typeof place !== 'object') return false;
  const { target, ...members } = place as Partial<Place>;
  return (
    isTarget(target) &&
    Object.entries(members).every(
      ([name, value]) => Object.hasOwn(PLACE, name) && PLACE[name as keyof typeof PLACE].check(value),
    )
  );
}

function isTarget(target: unknown): target is Target {
  if (target === null || typeof target !== 'object') return false;
  const { kind, ...members } = target as Target & Record<string, unknown>;
  if (!Object.hasOwn(TARGETS, kind)) return false;
  const wanted: Record<string, TargetMember> = TARGETS[kind];
  return Object.entries(wanted).every(([name, member]) => MEMBERS[member](members[name as keyof typeof members]));
}

const MEMBERS: Readonly<Record<TargetMember, (value: unknown) => boolean>> = {
  text: isText,
  'text?': (value) => value === undefined || isText(value),
  texts: isList,
  'texts?': (value) => value === undefined || isList(value),
};
