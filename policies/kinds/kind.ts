import { TollgateError } from '../../contract/errors.ts';
import type { Purpose, Restrictions, Target, TargetPurpose } from '../../contract/model.ts';
import type { Condition, PermissionStatement } from '../document.ts';

/** What is to be said of a kind of target. One file says it; everything else goes over the list in `policies/kinds.ts`. */
export interface Kind<T = Target> {
  /** In a sentence after "This model is". */
  readonly name: string;
  /** The AWS API that calls it, as its endpoints are named. */
  readonly runtime: Runtime;
  /** What is paid: each call, or the hours that the thing is there, whoever calls it. */
  readonly paidBy: 'call' | 'hour';
  /** Its ARNs are another's: it answers to its own ids alone. Absent: to its ARNs, too. */
  readonly byId?: true;
  /** Part of what is granted of it is held by our code alone: no credentials for it are handed out. Absent: they may be. */
  readonly neverDirect?: true;
  /** Callable only where a stage turns it on. Absent: everywhere, unless a stage says which kinds it has. */
  readonly optional?: true;
  /** By resource type: the ARNs that this kind brings. A kind may also name those of another. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** What the invoker role may do at most, for every target of the kind. */
  readonly role: readonly RoleRow[];
  /** No model speaks in its answer, so there is nothing that a guardrail would judge. Absent: one may. */
  readonly silent?: true;
  /** What a grant may demand of it beyond what every kind can be held to (regions, roles, an end). */
  readonly restrictedBy: readonly Exclude<keyof Restrictions, 'regions' | 'roles' | 'expiresAt'>[];
  /** It is more than the models that it runs, so their ARNs are no names of it. Absent: whatever it names is it. */
  readonly isMore?: true;
  /** Every ARN that a call needs, the one that is called first. */
  arns(target: T): readonly string[];
  /** Two entries that are called on the same ARN are the same thing by two names. */
  calledOn(target: T): string;
  /** What AWS calls it, and what a caller may write instead of the registry id. */
  nativeId(target: T): string;
  /** What goes into the path of a call, where that is not the native id; undefined: there is nothing to call. */
  pathId?(target: T, action: TargetPurpose): string | undefined;
  /**
   * What a session may do that is for `wanted` alone; what the kind is not called for adds nothing.
   *
   * @throws TollgateError `bad_arn` naming the member
   */
  statements(target: T, wanted: ReadonlySet<Purpose>, parse: ParseArn): PermissionStatement[];
  /** What of an entry contradicts itself, its ARNs being good ones; undefined: nothing. */
  fault(target: T, parse: ParseArn): Fault | undefined;
}

export type Runtime = 'bedrock-runtime' | 'bedrock-agent-runtime' | 'sagemaker-runtime';

export interface Shape {
  /** The service in the ARN. */
  readonly service: string;
  readonly id: RegExp;
  /** Of no account, and named without a region by what runs it in any. Absent: an account's, in a region. */
  readonly public?: true;
  /** Every account has the same, by its own ARN of it. Absent: it is of the account that its ARN names. */
  readonly everyones?: true;
}

/** Stands where an action takes no resource, and a condition says what it may be of. */
export const NO_RESOURCE = '*';

/** Actions on everything that there is of these resource types, in the regions and the account of a deployment. */
export interface RoleRow {
  readonly actions: readonly string[];
  /** NO_RESOURCE alone: in the regions of the deployment, whatever it is on. */
  readonly on: readonly string[];
  /** Whether the public ones among them are also called without a region, where a deployment lets them. Absent: no. */
  readonly anywhere?: true;
}

export interface ModelArn {
  /** The ARN to the letter. */
  readonly text: string;
  readonly partition: string;
  readonly service: string;
  /** '' only for a foundation model as a `global.` profile names it. */
  readonly region: string;
  /** Twelve digits; '' for a foundation model, which belongs to no account. */
  readonly account: string;
  readonly resourceType: string;
  readonly resourceId: string;
}

/** @throws TollgateError `bad_arn` naming `field`: no-arns, kind when it is none of `types`, or as in arn.ts */
export type ParseArn = (value: unknown, field: string, types: readonly string[]) => ModelArn;

/** A member, and what is wrong with it. */
export interface Fault {
  readonly field: string;
  readonly reason: string;
}

/** One statement of the wanted actions that have a name, or none where there is nothing to allow: IAM rejects an empty list. */
export function allow(
  names: Partial<Record<Purpose, string | readonly string[]>>,
  wanted: ReadonlySet<Purpose>,
  arns: readonly ModelArn[],
  condition?: Condition,
): PermissionStatement[] {
  const actions = [...new Set([...wanted].flatMap((action) => names[action] ?? []))].sort();
  if (actions.length === 0 || arns.length === 0) return [];
  const Resource = [...new Set(arns.map(({ text }) => text))].sort();
  return [{ Effect: 'Allow', Action: actions, Resource, ...(condition && { Condition: condition }) }];
}

/** An action that takes no resource: where the target is called, and under what else AWS has a key for. */
export function allowAny(
  action: string,
  { region }: Target,
  keys: Readonly<Record<string, string>> = {},
): PermissionStatement {
  const Condition = { StringEquals: { 'aws:RequestedRegion': region, ...keys } };
  return { Effect: 'Allow', Action: [action], Resource: [NO_RESOURCE], Condition };
}

/** The call is signed for the target's region, so an ARN of another one would only ever be denied. */
export function inRegion(arn: ModelArn, target: Pick<Target, 'region'>): void {
  if (arn.region !== target.region) throw bad('target.arn', 'region-differs');
}

export function bad(field: string, reason: string): TollgateError {
  return new TollgateError('bad_arn', { field, reason });
}
