import type { PermissionStatement, PolicyDocument, TrustStatement } from '../../../policies/document.ts';

/** A request as IAM sees it. A trust policy's resource is the role itself, so it is left out there. */
export interface Ask {
  action: string;
  resource?: string;
  context?: Record<string, string | string[]>;
}

/**
 * IAM's decision for one document, written anew from the documentation of policy evaluation and of the condition
 * operators, so that it shares no mistake with the code under test or with the laptop's own evaluator.
 */
export function allows(document: PolicyDocument<PermissionStatement | TrustStatement>, ask: Ask): boolean {
  const matching = document.Statement.filter((statement) => matches(statement, ask));
  return (
    matching.some(({ Effect }) => Effect === 'Allow') && !matching.some(({ Effect }) => (Effect as string) === 'Deny')
  );
}

function matches(statement: PermissionStatement | TrustStatement, ask: Ask): boolean {
  if (!statement.Action.some((action) => action.toLowerCase() === ask.action.toLowerCase())) return false;
  if ('Resource' in statement && !statement.Resource.some((pattern) => like(pattern, ask.resource ?? ''))) return false;
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, [wanted].flat(), ask.context?.[key])),
  );
}

function holds(operator: string, wanted: string[], given: string | string[] | undefined): boolean {
  switch (operator) {
    case 'StringEquals':
      return typeof given === 'string' && wanted.includes(given);
    case 'StringLike':
      return typeof given === 'string' && wanted.some((pattern) => like(pattern, given));
    case 'ForAllValues:StringEquals':
      return [given ?? []].flat().every((value) => wanted.includes(value));
    case 'ForAllValues:StringLike':
      return [given ?? []].flat().every((value) => wanted.some((pattern) => like(pattern, value)));
    case 'Null':
      return wanted.includes(String(given === undefined));
    case 'ArnNotLike':
      // Also when the key is absent. ARNs of six parts are compared part by part, and `*` stands for no colon but in the last.
      return !wanted.some((pattern) => like(pattern, String(given)));
    default:
      throw new Error(`the evaluator does not know ${operator}`);
  }
}

function like(pattern: string, text: string): boolean {
  if (pattern.includes('${')) throw new Error(`a policy variable in ${pattern}`);
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]');
  return new RegExp(`^${source}$`).test(text);
}
