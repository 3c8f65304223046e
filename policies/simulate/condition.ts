import { matches, matchesArn, substitute, valuesOf } from './match.ts';
import { listOf, type RequestContext, type Statement } from './types.ts';

/** Compares one value of the request with one of the policy. */
type Compare = (given: string, wanted: string) => boolean;

interface Operator {
  compare: Compare;
  /** A negated operator holds when no wanted value matches, and also when the request does not have the key. */
  negated?: boolean;
}

const number = (text: string): number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
const moment = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: { compare: (a, b) => a === b },
  StringNotEquals: { compare: (a, b) => a === b, negated: true },
  StringEqualsIgnoreCase: { compare: (a, b) => a.toLowerCase() === b.toLowerCase() },
  StringLike: { compare: (a, b) => matches(b, a) },
  StringNotLike: { compare: (a, b) => matches(b, a), negated: true },
  ArnEquals: { compare: (a, b) => matchesArn(b, a) },
  ArnLike: { compare: (a, b) => matchesArn(b, a) },
  ArnNotEquals: { compare: (a, b) => matchesArn(b, a), negated: true },
  ArnNotLike: { compare: (a, b) => matchesArn(b, a), negated: true },
  Bool: { compare: (a, b) => a.toLowerCase() === b.toLowerCase() },
  NumericEquals: { compare: (a, b) => number(a) === number(b) },
  NumericNotEquals: { compare: (a, b) => number(a) === number(b), negated: true },
  NumericLessThan: { compare: (a, b) => number(a) < number(b) },
  NumericLessThanEquals: { compare: (a, b) => number(a) <= number(b) },
  NumericGreaterThan: { compare: (a, b) => number(a) > number(b) },
  NumericGreaterThanEquals: { compare: (a, b) => number(a) >= number(b) },
  DateEquals: { compare: (a, b) => moment(a) === moment(b) },
  DateLessThan: { compare: (a, b) => moment(a) < moment(b) },
  DateLessThanEquals: { compare: (a, b) => moment(a) <= moment(b) },
  DateGreaterThan: { compare: (a, b) => moment(a) > moment(b) },
  DateGreaterThanEquals: { compare: (a, b) => moment(a) >= moment(b) },
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
    Object.entries(keys).every(([key, wanted]) => holds(name, listOf(wanted), valuesOf(context, key), context)),
  );
}

function holds(
  name: string,
  wanted: readonly string[],
  given: readonly string[] | undefined,
  context: RequestContext,
): boolean {
  const [, set, base = '', ifExists] = FORM.exec(name) ?? [];
  if (base === 'Null')
    return wanted.some((value) => (value === 'true') === (given === undefined || given.length === 0));
  const operator = OPERATORS[base];
  if (operator === undefined) throw new Error(`condition operator ${name} is not implemented`);
  if (given === undefined || given.length === 0) {
    if (ifExists !== undefined || set === 'ForAllValues') return true;
    return operator.negated === true && set === undefined;
  }
  const values = wanted.map((value) => substitute(value, context)).filter((value) => value !== null);
  const matchesAny = (value: string): boolean => values.some((candidate) => operator.compare(value, candidate));
  const passes = (value: string): boolean => matchesAny(value) !== (operator.negated === true);
  // Without a set prefix a key has one value; if there are several, a positive operator needs one and a negated one all.
  if (set === 'ForAllValues' || (set === undefined && operator.negated === true)) return given.every(passes);
  return given.some(passes);
}
