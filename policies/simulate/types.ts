/** IAM's policy language as it is read here: wherever IAM takes a list it also takes a single value. */

type OneOrMany = string | readonly string[];

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, OneOrMany>>;
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
}

export interface Policy {
  readonly Version?: string;
  readonly Statement: Statement | readonly Statement[];
}

/** Condition key -> its value or values in this request. Names are compared without case. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

export interface Access {
  readonly action: string;
  /** The ARN, or `*` for an action that takes none. */
  readonly resource: string;
  readonly context: RequestContext;
}

export const listOf = (value: OneOrMany): readonly string[] => (typeof value === 'string' ? [value] : value);
