import { isOperator } from './condition.ts';
import type { Policy } from './types.ts';

/** Members that a session policy's statement may have; `Principal` is for policies on a resource only. */
const MEMBERS = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']);

const ACTION = /^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$/i;
const RESOURCE = /^(\*|arn:[^\s]+)$/;

/**
 * A session policy as AssumeRole receives it.
 *
 * @returns the policy, or a sentence that says what IAM would object to
 */
export function parsePolicy(text: string): Policy | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'the policy is not JSON';
  }
  if (!isObject(value)) return 'the policy is not a JSON object';
  for (const member of Object.keys(value))
    if (!['Version', 'Id', 'Statement'].includes(member)) return `syntax error at member ${member}`;
  const { Version: version, Statement: statement } = value;
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') return 'the version is not valid';
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statements.length === 0) return 'there is no statement';
  for (const item of statements) {
    const fault = faultOf(item);
    if (fault !== null) return fault;
  }
  return value as unknown as Policy;
}

function faultOf(item: unknown): string | null {
  if (!isObject(item)) return 'a statement is not an object';
  for (const member of Object.keys(item)) if (!MEMBERS.has(member)) return `a statement has the member ${member}`;
  if (item.Effect !== 'Allow' && item.Effect !== 'Deny') return 'the effect must be Allow or Deny';
  return (
    oneOf(item, 'Action', 'NotAction', ACTION) ??
    oneOf(item, 'Resource', 'NotResource', RESOURCE) ??
    conditionFault(item.Condition)
  );
}

function oneOf(item: Record<string, unknown>, name: string, not: string, form: RegExp): string | null {
  const given = [item[name], item[not]].filter((value) => value !== undefined);
  if (given.length !== 1) return `a statement must have either ${name} or ${not}`;
  const values = strings(given[0]);
  if (values === null || values.length === 0) return `${name} must be text or a list of text`;
  return values.every((value) => form.test(value)) ? null : `${name} is not of the right form`;
}

function conditionFault(condition: unknown): string | null {
  if (condition === undefined) return null;
  if (!isObject(condition)) return 'a condition must be an object';
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isOperator(operator)) return `the condition operator ${operator} is not valid`;
    if (!isObject(keys) || Object.values(keys).some((value) => strings(value) === null))
      return `the condition ${operator} must hold text or lists of text`;
  }
  return null;
}

function strings(value: unknown): string[] | null {
  const list = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === 'string') ? list : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
