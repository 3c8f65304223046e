import { STATUS_CODES } from 'node:http';
import { asTollgateError, type Problem, type TollgateError } from '../contract/errors.ts';
import { problemsOf } from '../registry/fields.ts';

/** An answer that refuses, as RFC 9457 has it; `errors` names each thing that is wrong. */
export interface ProblemDetails {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  /** Of contract/errors.ts. */
  code: string;
  /** The request, as the header x-request-id names it. */
  instance: string;
  errors?: { path: string; reason: string; detail?: string }[];
  /** Of a conflict: what somebody else changed. */
  changes?: unknown;
}

/** A refusal of HTTP's own, which the codes of the gateway have no word for. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly detail: string;
  readonly headers: Record<string, string>;

  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}

/**
 * @param conditional whether the request said which version it had seen: a conflict is then its condition that did not hold
 * @returns what goes out; an operator is told what a caller of models is not, but never what broke inside
 */
export function problemAnswer(error: unknown, requestId: string, conditional: boolean): Response {
  if (error instanceof HttpProblem) {
    const { status, detail, headers } = error;
    return answer({ ...common(status, requestId), detail, code: 'invalid_request' }, headers);
  }
  const known = asTollgateError(error);
  const status = conditional && known.code === 'conflict' ? 412 : known.status;
  const { retryAfterSeconds, detail = {} } = known;
  const errors = errorsOf(known);
  return answer(
    {
      ...common(status, requestId),
      ...{ detail: known.publicMessage, code: known.code },
      ...(errors.length === 0 ? {} : { errors }),
      ...(detail.changes === undefined ? {} : { changes: detail.changes }),
    },
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
}

function common(status: number, instance: string) {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, instance } as const;
}

function answer(problem: ProblemDetails, headers: Record<string, string>): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

function errorsOf(error: TollgateError): NonNullable<ProblemDetails['errors']> {
  const told = ({ path, reason, message }: Problem) => ({
    path,
    reason,
    ...(message === undefined ? {} : { detail: message }),
  });
  const problems = problemsOf(error).map(told);
  if (problems.length > 0 || error.field === undefined) return problems;
  return [{ path: error.field, reason: error.reason ?? error.code }];
}
