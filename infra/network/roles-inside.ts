import { Stack } from 'aws-cdk-lib';
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { CfnManagedPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { PermissionStatement } from '../../policies/document.ts';

/** What a role allows, as the template has it: what is a reference there is one here. */
export interface Inside {
  role: CfnRole;
  /** Who uses it: a function, a task or what starts it, or a session that one of these asked for. */
  by: 'function' | 'task' | 'session';
  allowed: PermissionStatement[];
}

/**
 * What Lambda does itself by a function's role, from its own network: it writes the log and the traces, makes network interfaces, and
 * keeps events that failed. No code of ours asks for these, so no endpoint is there for them; and a role is passed in another call.
 */
const LAMBDAS_OWN = /^(logs|ec2|sqs|xray|iam):/;

/** What Bedrock does itself by a session, likewise: it reads the profile that it runs for an answer from a knowledge base. */
const BEDROCKS_OWN = /^bedrock:GetInferenceProfile$/;

const ITS_OWN = { function: LAMBDAS_OWN, session: BEDROCKS_OWN, task: /^(?!)/ };

/**
 * The roles that are used from within the network: of every function, of the tasks and of what starts them, and those that any of them
 * assumes. Read from the stack itself, so a role that is given another right has it at the endpoint, too.
 */
export function rolesInside(stack: Stack): Inside[] {
  const all = stack.node.findAll();
  const roles = new Map(
    all.filter((one) => CfnRole.isCfnRole(one)).map((role) => [stack.getLogicalId(role), role as CfnRole]),
  );
  const found = new Map<CfnRole, Inside>();
  const take = (by: Inside['by'], role: CfnRole | undefined): void => {
    if (role === undefined) return;
    const allowed = statementsOf(role)
      .map((statement) => ({
        ...statement,
        Action: statement.Action.filter((action) => !ITS_OWN[by].test(action)),
      }))
      .filter(({ Effect, Action }) => Effect === 'Allow' && Action.length > 0);
    found.set(role, { role, by, allowed });
  };
  for (const one of all) {
    if (one instanceof CfnFunction) take('function', roles.get(idOf(stack.resolve(one.role))));
    if (CfnTaskDefinition.isCfnTaskDefinition(one))
      for (const arn of [one.taskRoleArn, one.executionRoleArn]) take('task', roles.get(idOf(stack.resolve(arn))));
  }
  // A session is used where it was asked for.
  const assumed = JSON.stringify(assumedBy([...found.values()]));
  for (const role of roles.values())
    if (role.roleName !== undefined && assumed.includes(`:role/${role.roleName}"`)) take('session', role);
  return [...found.values()];
}

/** ARNs of roles, as the template has them. */
function assumedBy(inside: readonly Inside[]): string[] {
  return inside.flatMap(({ allowed }) =>
    allowed.filter(({ Action }) => Action.includes('sts:AssumeRole')).flatMap(({ Resource }) => Resource),
  );
}

/** Accounts other than the stage's own whose roles are assumed, as they stand in the roles' ARNs. */
export function accountsOf(inside: readonly Inside[], own: string): string[] {
  const accounts = assumedBy(inside).flatMap((arn) => /^arn:[\w-]+:iam::(\d{12}):role\//.exec(String(arn))?.[1] ?? []);
  return [...new Set(accounts)].filter((account) => account !== own).sort();
}

/** Of its inline policies, and of the stack's own managed ones that it has. */
function statementsOf(role: CfnRole): PermissionStatement[] {
  const stack = Stack.of(role);
  const managed = new Map(
    stack.node
      .findAll()
      .filter((one) => CfnManagedPolicy.isCfnManagedPolicy(one))
      .map((policy) => [stack.getLogicalId(policy), policy as CfnManagedPolicy]),
  );
  const inline = (stack.resolve(role.policies) ?? []) as { policyDocument: unknown }[];
  const attached = ((stack.resolve(role.managedPolicyArns) ?? []) as unknown[]).flatMap(
    (arn) => managed.get(idOf(arn))?.policyDocument ?? [],
  );
  return [...inline.map(({ policyDocument }) => policyDocument), ...attached].flatMap((document) => {
    const { Statement: statements } = stack.resolve(document) as { Statement: Loose[] };
    return statements.map(({ Effect, Action, Resource, Condition }) => ({
      Effect,
      Action: [Action].flat(),
      Resource: [Resource].flat(),
      ...(Condition && { Condition }),
    }));
  });
}

/** As CDK's own classes write one. */
type Loose = Omit<PermissionStatement, 'Action' | 'Resource'> & {
  Action: string | string[];
  Resource: string | string[];
};

/** The logical id that `Ref` or `Fn::GetAtt` names. */
function idOf(value: unknown): string {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return Ref ?? attribute?.[0] ?? '';
}
