import * as v from 'valibot';
import { TollgateError } from '../contract/errors.ts';
import { parseJsonObject } from '../contract/json.ts';
import { ADMIN_PAGE, ADMIN_PAGE_MAX, ADMIN_TARGETS_MAX_MINUTES, ADMIN_TENANTS_MAX } from '../contract/limits/admin.ts';
import { BODY_MAX_BYTES } from '../contract/limits/contract.ts';
import { USAGE_ROWS_MAX } from '../contract/limits/metering.ts';
import { OUTCOMES } from '../contract/usage.ts';
import { UNENDED } from '../metering/calls/told.ts';
import { REPORT_PERIODS } from '../metering/report/period.ts';
import { milliseconds, parseWith } from '../registry/fields.ts';
import type { Document } from '../registry/items.ts';
import { HttpProblem } from './problem.ts';

/** What a request asks beside its path. */

const text = v.exactOptional(v.string('not-text'));
const truth = v.exactOptional(
  v.pipe(
    v.picklist(['true', 'false'], 'not-true-or-false'),
    v.transform((given) => given === 'true'),
  ),
);
const moment = v.exactOptional(milliseconds);
const whole = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,12}$/, 'not-whole'),
    v.transform(Number),
    v.minValue(least, 'too-small'),
    v.maxValue(most, 'too-large'),
  );

const ids = v.exactOptional(
  v.pipe(
    v.string(),
    v.transform((given) => [...new Set(given.split(','))]),
    v.maxLength(ADMIN_TENANTS_MAX, 'too-many'),
  ),
);

/** Every parameter that there is; each route takes those that it names. */
export const PARAMETERS = {
  limit: v.exactOptional(whole(1, ADMIN_PAGE_MAX), String(ADMIN_PAGE)),
  cursor: text,
  prefix: text,
  q: text,
  label: text,
  status: text,
  tenant: text,
  tenants: ids,
  model: text,
  bundle: text,
  principal: text,
  outcome: v.exactOptional(v.picklist([...OUTCOMES, ...UNENDED], 'no-outcome')),
  request: text,
  by: text,
  of: text,
  plan: text,
  since: moment,
  until: moment,
  at: moment,
  from: text,
  to: text,
  period: v.exactOptional(v.picklist(REPORT_PERIODS, 'no-period')),
  top: v.exactOptional(whole(1, USAGE_ROWS_MAX)),
  format: v.exactOptional(v.picklist(['json', 'csv'], 'no-format')),
  version: v.exactOptional(whole(1, 999_999_999)),
  with: v.exactOptional(whole(1, 999_999_999)),
  after: v.exactOptional(whole(0, 999_999_999)),
  minutes: v.exactOptional(whole(1, ADMIN_TARGETS_MAX_MINUTES)),
  action: text,
  roles: text,
  prune: truth,
  dryRun: truth,
} as const;

export type Parameter = keyof typeof PARAMETERS;
export type Query = { [name in Parameter]?: v.InferOutput<(typeof PARAMETERS)[name]> };

/** @throws TollgateError `bad_entry` of every parameter that is none of the route's, stands twice, or is no value of it */
export function queryOf(search: URLSearchParams, taken: readonly Parameter[]): Query {
  const given: Record<string, string> = {};
  for (const [name, value] of search) {
    if (Object.hasOwn(given, name))
      throw new TollgateError('bad_entry', {
        field: name,
        reason: 'twice',
        message: `The parameter ${name} stands twice.`,
      });
    given[name] = value;
  }
  return parseWith(v.strictObject(Object.fromEntries(taken.map((name) => [name, PARAMETERS[name]]))), given) as Query;
}

/** @throws TollgateError `invalid_request`; HttpProblem 413 or 415 */
export async function documentOf(request: Request): Promise<Document> {
  const type = (request.headers.get('content-type') ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'application/merge-patch+json')
    throw new HttpProblem(415, 'The body must be application/json.');
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > BODY_MAX_BYTES) throw new HttpProblem(413, `The body has more than ${BODY_MAX_BYTES} bytes.`);
  return bytes.length === 0 ? {} : (parseJsonObject(bytes, 'body') as Document);
}

/**
 * @returns the version that an edit is to be of: of If-Match; 0 of `If-None-Match: *`, that there is none; undefined: whatever there is
 * @throws HttpProblem 400 for what is no version of ours
 */
export function versionWanted(headers: Headers): number | undefined {
  const [match, noneMatch] = [headers.get('if-match'), headers.get('if-none-match')];
  if (noneMatch !== null) {
    if (noneMatch.trim() === '*' && match === null) return 0;
    throw new HttpProblem(400, 'If-None-Match may only be *, and not beside If-Match.');
  }
  if (match === null || match.trim() === '*') return undefined;
  const [, version] = /^"(\d{1,9})"$/.exec(match.trim()) ?? [];
  if (version === undefined) throw new HttpProblem(400, 'If-Match must be one ETag as an answer gave it, e.g. "3".');
  return Number(version);
}
