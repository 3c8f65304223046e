/** The parts of IAM's policy language that Tollgate writes. Lists only, never a bare string: one form to compare. */

/** operator -> condition key -> value or values. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface PermissionStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Condition;
}

/** A statement of a role's trust policy: it names who, and the role itself is the resource. */
export interface TrustStatement {
  readonly Effect: 'Allow';
  readonly Principal:
    | { readonly AWS: string | readonly string[] }
    | { readonly Service: string }
    | { readonly Federated: string };
  readonly Action: readonly string[];
  readonly Condition?: Condition;
}

/** A statement of a policy that stands on a resource and refuses. */
export interface ResourceStatement extends PermissionStatement {
  readonly Effect: 'Deny';
  readonly Principal: '*';
}

export interface PolicyDocument<Statement = PermissionStatement> {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

export type TrustDocument = PolicyDocument<TrustStatement>;

/** @returns the statements as a document of the one policy version that knows policy variables and conditions on tags */
export function documentOf<Statement>(statements: readonly Statement[]): PolicyDocument<Statement> {
  return { Version: '2012-10-17', Statement: statements };
}
