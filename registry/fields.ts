import * as v from 'valibot';
import { type Code, isTollgateError, type Problem, TollgateError } from '../contract/errors.ts';
import { MODEL_ID_MAX_CHARS, PRINCIPAL_MAX_CHARS } from '../contract/limits/contract.ts';
import { DISPLAY_NAME_MAX_CHARS } from '../contract/limits/registry.ts';

/**
 * What the schemas of this room are made of. A *document* is the written form of an entry: what stands in a DynamoDB
 * item, in the file of `tollgate model put`, and on the screen. Its dates are ISO 8601 text in UTC, because people edit it.
 */

export { isoMilliseconds, isoSeconds } from './dates.ts';

/** The schema of every document so far; an item of another one belongs to a newer Tollgate and is not guessed at. */
export const SCHEMA_VERSION = 1;

const MODEL_ID = /^[a-z0-9][a-z0-9._-]*$/;

export function isModelId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MODEL_ID_MAX_CHARS && MODEL_ID.test(value);
}

export const modelId = v.pipe(
  v.string('not-text'),
  v.maxLength(MODEL_ID_MAX_CHARS, 'too-long'),
  v.regex(MODEL_ID, 'not-a-model-id'),
);

/** As a token's `iss` names it. */
export function isIssuer(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** A name for people: no line break, so that a table stays a table. */
export const displayName = v.pipe(
  v.string('not-text'),
  v.minLength(1, 'empty'),
  v.maxLength(DISPLAY_NAME_MAX_CHARS, 'too-long'),
  v.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'not-printable'),
);

/** Who edited: an operator's name or a token's principal. */
export const actor = v.pipe(
  v.string('not-text'),
  v.minLength(1, 'empty'),
  v.maxLength(PRINCIPAL_MAX_CHARS, 'too-long'),
);

/** Counts the edits of one item, from 1. */
export const version = v.pipe(v.number('not-a-number'), v.safeInteger('not-whole'), v.minValue(1, 'too-small'));

export const schemaVersion = v.literal(SCHEMA_VERSION, 'unknown-version');

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/;

/** `2026-12-21` (its first moment) or `2026-12-21T09:30:00Z` -> milliseconds since 1970. */
export const milliseconds = v.pipe(
  v.string('not-a-date'),
  v.check(isDate, 'not-a-date'),
  v.transform((text) => Date.parse(text)),
);

/** The same, in whole seconds. */
export const seconds = v.pipe(
  milliseconds,
  v.transform((ms) => Math.floor(ms / 1000)),
);

// JavaScript reads 30 February as 2 March; a date that does not come back as it was written is refused.
function isDate(text: string): boolean {
  if (!ISO.test(text)) return false;
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, 10));
}

/**
 * @returns the schema's output
 * @throws TollgateError `bad_entry` of every member at fault, e.g. `target.modelArns[1]`
 */
export function parseWith<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  throw badEntries(result.issues.map((issue) => ({ path: pathOf(issue), reason: reasonOf(issue) })));
}

function reasonOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'unknown-member';
  // The messages of the pieces above are reasons already; valibot's own sentences are not.
  if (/^[a-z-]+$/.test(issue.message)) return issue.message;
  return issue.received === 'undefined' ? 'missing' : 'wrong-type';
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) =>
    typeof key === 'number' ? `[${key}]` : `.${String(key).slice(0, 64)}`,
  );
  return path.join('').replace(/^\./, '') || 'entry';
}

export function badEntry(field: string, reason: string, cause?: unknown): TollgateError {
  return new TollgateError('bad_entry', { field, reason, message: sentenceOf([{ path: field, reason }]), cause });
}

/** @param problems one at least */
export function badEntries(problems: readonly Problem[], cause?: unknown): TollgateError {
  const [{ path: field, reason, message } = { path: 'entry', reason: 'unreadable' }] = problems;
  const said = problems.length === 1 && message !== undefined ? message : sentenceOf(problems);
  return new TollgateError('bad_entry', { field, reason, problems, message: said, cause });
}

function sentenceOf(problems: readonly Problem[]): string {
  const [first] = problems;
  if (first === undefined || problems.length > 1) return `The registry item is not valid in ${problems.length} places.`;
  return `The registry item is not valid: ${first.path}: ${first.message ?? `${first.reason.replaceAll('-', ' ')}.`}`;
}

/** What a refusal is about. @returns none for an error of another kind: it is to be thrown on */
export function problemsOf(error: unknown): readonly Problem[] {
  if (!isTollgateError(error)) return [];
  const { code, problems, field = 'entry', reason = code, publicMessage } = error;
  if (code === 'bad_entry')
    return problems ?? [{ path: field, reason, ...(isOwn(publicMessage) ? { message: publicMessage } : {}) }];
  // A size, an ARN or a reference that is refused: of the code's own sentence.
  return REFUSALS.has(code) ? [{ path: field, reason, message: publicMessage }] : [];
}

const REFUSALS: ReadonlySet<Code> = new Set(['not_found', 'policy_too_large', 'bad_arn']);

function isOwn(message: string): boolean {
  return !message.startsWith('The registry item is not valid');
}

/**
 * Makes every check, and throws once.
 *
 * @param checks each throws TollgateError `bad_entry` for what it finds
 * @throws TollgateError `bad_entry` of all of it; any other error at once
 */
export function checkAll(...checks: readonly (() => void)[]): void {
  const errors: unknown[] = [];
  for (const check of checks)
    try {
      check();
    } catch (error) {
      if (problemsOf(error).length === 0) throw error;
      errors.push(error);
    }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw badEntries(errors.flatMap(problemsOf));
}

/** A date as documents write it -> seconds since 1970. @throws TollgateError `bad_entry` naming `field` */
export function parseSeconds(text: string, field: string): number {
  const result = v.safeParse(seconds, text);
  if (!result.success) throw badEntry(field, 'not-a-date');
  return result.output;
}

/**
 * Each entry of a list by its place in it, and none twice.
 *
 * @param name the list's member
 * @throws TollgateError `bad_entry` naming the entry, e.g. `budgets[1].id`
 */
export function eachOnce<Given extends { id: string }, Checked>(
  list: readonly Given[],
  name: string,
  check: (one: Given, at: string) => Checked,
): Checked[] {
  return list.map((one, index) => {
    const at = `${name}[${index}].`;
    if (list.findIndex(({ id }) => id === one.id) !== index) throw badEntry(`${at}id`, 'listed-twice');
    return check(one, at);
  });
}
