import { matchesArn, matchesFilled, substitute, valueIn } from './match.ts';
import { listOf, type RequestContext, type Statement } from './types.ts';

/** Compares one value of the request with one of the policy; null when a variable in the policy has no value. */
type Compare = (given: string, wanted: string, context: RequestContext) => boolean | null;

interface Operator {
  compare: Compare;
  /** A negated operator holds when no wanted value matches, and also when the request does not have the key. */
  negated?: boolean;
}

const number = (text: string): number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
const moment = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

/** Of two texts without wildcards. */
const plain =
  (test: (given: string, wanted: string) => boolean): Compare =>
  (given, wanted, context) => {
    const text = substitute(wanted, context);
    return text === null ? null : test(given, text);
  };
const like: Compare = (given, wanted, context) => matchesFilled(wanted, given, context);
const arnLike: Compare = (given, wanted, context) => matchesArn(wanted, given, context);
const same = plain((a, b) => a === b);

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: { compare: same },
  StringNotEquals: { compare: same, negated: true },
  StringEqualsIgnoreCase: { compare: plain((a, b) => a.toLowerCase() === b.toLowerCase()) },
  StringLike: { compare: like },
  StringNotLike: { compare: like, negated: true },
  ArnEquals: { compare: arnLike },
  ArnLike: { compare: arnLike },
  ArnNotEquals: { compare: arnLike, negated: true },
  ArnNotLike: { compare: arnLike, negated: true },
  Bool: { compare: plain((a, b) => a.toLowerCase() === b.toLowerCase()) },
  NumericEquals: { compare: plain((a, b) => number(a) === number(b)) },
  NumericNotEquals: { compare: plain((a, b) => number(a) === number(b)), negated: true },
  NumericLessThan: { compare: plain((a, b) => number(a) < number(b)) },
  NumericLessThanEquals: { compare: plain((a, b) => number(a) <= number(b)) },
  NumericGreaterThan: { compare: plain((a, b) => number(a) > number(b)) },
  NumericGreaterThanEquals: { compare: plain((a, b) => number(a) >= number(b)) },
  DateEquals: { compare: plain((a, b) => moment(a) === moment(b)) },
  DateLessThan: { compare: plain((a, b) => moment(a) < moment(b)) },
  DateLessThanEquals: { compare: plain((a, b) => moment(a) <= moment(b)) },
  DateGreaterThan: { compare: plain((a, b) => moment(a) > moment(b)) },
  DateGreaterThanEquals: { compare: plain((a, b) => moment(a) >= moment(b)) },
};

const FORM = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** Whether an operator, with its set prefix and `IfExists`, is one that `conditionHolds` can decide. */
export function isOperator(name: string): boolean {
  const [, , base = ''] = FORM.exec(name) ?? [];
  return base === 'Null' || Object.hasOwn(OPERATORS, base);
}

/**
 * Whether every operator and every key of a statement's condition holds in this request.
 *
 * @throws Error for an operator that is not implemented: guessing either way would make a test pass for a wrong reason
 */
export function conditionHolds(condition: Statement['Condition'], context: RequestContext): boolean {
  return Object.entries(condition ?? {}).every(([name, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(name, key, listOf(wanted), context)),
  );
}

function holds(name: string, key: string, wanted: readonly string[], context: RequestContext): boolean {
  const [, set, base = '', ifExists] = FORM.exec(name) ?? [];
  const value = valueIn(context, key);
  const given = typeof value === 'string' ? [value] : (value ?? []);
  if (base === 'Null') return wanted.some((text) => (text === 'true') === (given.length === 0));
  const operator = OPERATORS[base];
  if (operator === undefined) throw new Error(`condition operator ${name} is not implemented`);
  const negated = operator.negated === true;
  if (given.length === 0) {
    if (ifExists !== undefined || set === 'ForAllValues') return true;
    return negated && set === undefined;
  }
  // A key that can have many values is only compared under a set operator.
  if (set === undefined && typeof value !== 'string') return false;
  const passes = (text: string): boolean => {
    const found = wanted.map((candidate) => operator.compare(text, candidate, context));
    return negated ? found.every((matched) => matched === false) : found.some((matched) => matched === true);
  };
  return set === 'ForAllValues' ? given.every(passes) : given.some(passes);
}
