import { randomUUID } from 'node:crypto';
import { INLINE_POLICIES_MAX_CHARS } from '../../contract/limits/policies.ts';
import { parsePolicy } from '../../policies/simulate/parse.ts';
import type { Policy } from '../../policies/simulate/types.ts';
import { AwsError, invalid } from './error.ts';
import type { OpenRole, Roles } from './known-roles.ts';
import type { Service } from './service.ts';
import { type Elements, queryAnswer, queryError } from './xml.ts';

const NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';

export interface IamOptions {
  account: string;
  roles: Roles;
}

/** Does one operation on a role. @returns the members of its result @throws AwsError */
type Serve = (role: OpenRole, form: URLSearchParams, arn: string) => Elements;

/** Identity and Access Management, Query protocol: reads roles and their policies, and puts inline ones on them, in force from the next request on. */
export function createIam({ account, roles }: IamOptions): Service {
  return {
    name: 'iam',
    strict: () => false,
    plan({ body }) {
      const form = new URLSearchParams(body.toString('utf8'));
      const operation = form.get('Action') ?? '';
      const ofRole = ON_ROLES[operation];
      const ofPolicy = ON_POLICIES[operation];
      const role = form.get('RoleName') ?? '';
      const found = roles.byName(role);
      const own = found === undefined ? `arn:aws:iam::${account}:role/${role}` : roles.arnOf(found);
      const resource = ofPolicy === undefined ? own : (form.get('PolicyArn') ?? '');
      const serve = (): Elements => {
        if (ofPolicy !== undefined) return ofPolicy(managedOf(roles, resource), resource);
        if (ofRole !== undefined) return ofRole(there(found, role), form, resource);
        throw invalid('Could not find operation for this service.', 'InvalidAction');
      };
      return {
        operation,
        needs: [{ action: `iam:${operation}`, resource, context: {} }],
        serve: () => answer(operation, serve()),
      };
    },
    fail: (error) => queryError(error, randomUUID(), NAMESPACE),
  };
}

const ON_ROLES: Readonly<Record<string, Serve>> = {
  GetRole({ name, trust }, _, Arn) {
    return { Role: { RoleName: name, Arn, Path: '/', AssumeRolePolicyDocument: encoded(trust) } };
  },
  ListRolePolicies(role) {
    return { PolicyNames: { member: [...policiesOf(role).keys()] }, IsTruncated: false };
  },
  ListAttachedRolePolicies({ name, managed = [] }, _, arn) {
    const member = managed.map((_, index) => ({
      PolicyName: managedName(name, index),
      PolicyArn: arn.replace(`:role/${name}`, `:policy/${managedName(name, index)}`),
    }));
    return { AttachedPolicies: { member }, IsTruncated: false };
  },
  PutRolePolicy({ inline, policies }, form) {
    const text = form.get('PolicyDocument') ?? '';
    const policy = parsePolicy(text);
    if (typeof policy === 'string') throw invalid(`Syntax errors in policy: ${policy}`, 'MalformedPolicyDocument');
    const others = [...inline].filter(([name]) => name !== nameOf(form)).map(([, other]) => JSON.stringify(other));
    const chars = [...others, text].reduce((sum, one) => sum + one.replace(/\s/g, '').length, 0);
    if (chars > INLINE_POLICIES_MAX_CHARS)
      throw new AwsError(
        409,
        'LimitExceeded',
        `Maximum policy size of ${INLINE_POLICIES_MAX_CHARS} bytes exceeded for role`,
      );
    if (own(policies).has(nameOf(form)))
      throw new AwsError(
        400,
        'UnmodifiableEntity',
        'The policies that the template gives a role stay as they are here.',
      );
    inline.set(nameOf(form), policy);
    return {};
  },
  GetRolePolicy(role, form) {
    const policy = policiesOf(role).get(nameOf(form));
    if (policy === undefined) throw absent(form);
    return { RoleName: role.name, PolicyName: nameOf(form), PolicyDocument: encoded(policy) };
  },
  DeleteRolePolicy({ inline }, form) {
    if (!inline.delete(nameOf(form))) throw absent(form);
    return {};
  },
};

const ON_POLICIES: Readonly<Record<string, (document: Policy, arn: string) => Elements>> = {
  GetPolicy(_, Arn) {
    return { Policy: { Arn, PolicyName: Arn.slice(Arn.lastIndexOf('/') + 1), DefaultVersionId: VERSION } };
  },
  GetPolicyVersion(document) {
    return { PolicyVersion: { VersionId: VERSION, IsDefaultVersion: true, Document: encoded(document) } };
  },
};

/** Managed policies do not change while the account runs, so each has its first version. */
const VERSION = 'v1';

function managedName(role: string, index: number): string {
  return `${role}-${index + 1}`;
}

function managedOf(roles: Roles, arn: string): Policy {
  for (const role of roles.all())
    for (const [index, policy] of (role.managed ?? []).entries())
      if (arn === roles.arnOf(role).replace(`:role/${role.name}`, `:policy/${managedName(role.name, index)}`))
        return policy;
  throw noSuch(`Policy ${arn} does not exist or is not attachable.`);
}

function nameOf(form: URLSearchParams): string {
  const name = form.get('PolicyName') ?? '';
  if (!/^[\w+=,.@-]{1,128}$/.test(name))
    throw invalid('The specified value for policyName is invalid.', 'ValidationError');
  return name;
}

function there(role: OpenRole | undefined, wanted: string): OpenRole {
  if (role === undefined) throw noSuch(`The role with name ${wanted} cannot be found.`);
  return role;
}

/** Those that the template gives the role, under the name it gives the first, and those put on it since. */
function policiesOf({ policies, inline }: OpenRole): Map<string, Policy> {
  return new Map([...own(policies), ...inline]);
}

function own(policies: readonly Policy[]): Map<string, Policy> {
  return new Map(policies.map((policy, index) => [index === 0 ? 'own' : `own-${index}`, policy]));
}

/** As RFC 3986 says: that is how IAM returns documents. */
function encoded(policy: Policy): string {
  return encodeURIComponent(JSON.stringify(policy));
}

function absent(form: URLSearchParams): AwsError {
  return noSuch(`The role policy with name ${nameOf(form)} cannot be found.`);
}

function noSuch(message: string): AwsError {
  return new AwsError(404, 'NoSuchEntity', message);
}

function answer(operation: string, result: Elements) {
  return queryAnswer(operation, result, randomUUID(), NAMESPACE);
}
