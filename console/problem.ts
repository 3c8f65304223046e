/** One thing that is wrong with what was sent. */
export interface FieldProblem {
  /** Where, as the body has it: `labels.team`. */
  path: string;
  /** A word of the API: `missing`, `too-large`. */
  reason: string;
  /** The same, for people. */
  detail?: string;
}

/** A refusal, in one form, whichever form the path has: problem details (RFC 9457), OpenAI’s, Anthropic’s, or AWS’s. */
export class ApiProblem extends Error {
  /** Of HTTP; 0 where no answer came. */
  readonly status: number;
  /** Of the gateway’s closed list, or `offline`, `unknown`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
  readonly requestId: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(given: {
    status: number;
    code: string;
    title: string;
    detail: string;
    errors?: readonly FieldProblem[];
    requestId?: string | undefined;
    retryAfter?: number | undefined;
  }) {
    super(given.detail);
    this.name = 'ApiProblem';
    this.status = given.status;
    this.code = given.code;
    this.title = given.title;
    this.detail = given.detail;
    this.errors = given.errors ?? [];
    this.requestId = given.requestId;
    this.retryAfter = given.retryAfter;
  }

  static offline(): ApiProblem {
    return new ApiProblem({
      ...{ status: 0, code: 'offline', title: 'No answer' },
      detail: 'The gateway could not be reached. Is this machine online?',
    });
  }

  /** @param error what a part of the page threw while it was drawn */
  static broken(error: unknown): ApiProblem {
    const said = error instanceof Error ? error.message : String(error);
    return new ApiProblem({
      ...{ status: 0, code: 'unknown', title: 'Something broke in this page' },
      detail: `This page broke; nothing was changed by it. The others go on, and loading it anew may help. (${said})`,
    });
  }

  static signedOut(): ApiProblem {
    return new ApiProblem({
      ...{ status: 401, code: 'signed_out', title: 'Signed out' },
      detail: 'You are not signed in any more.',
    });
  }
}

/** @returns what the refusal says; also of an answer that is none of the gateway’s, of a proxy before it */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const { status, headers } = response;
  const told = record(parsed(await response.text().catch(() => '')));
  const error = record(told.error);
  const wait = Number(headers.get('retry-after') ?? Number.NaN);
  return new ApiProblem({
    status,
    code: text(told.code) ?? text(error.code) ?? text(error.type) ?? 'unknown',
    title: text(told.title) ?? (response.statusText || `Error ${status}`),
    detail: text(told.detail) ?? text(error.message) ?? text(told.message) ?? `The answer was ${status}.`,
    errors: fieldsOf(told.errors) ?? (text(error.param) === undefined ? [] : [ofParam(error)]),
    requestId: headers.get('x-request-id') ?? text(told.instance),
    retryAfter: Number.isFinite(wait) ? wait : undefined,
  });
}

/** @returns any thrown value as one that can be shown */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({
    ...{ status: 0, code: 'unknown', title: 'Something broke in this page' },
    detail: error instanceof Error ? error.message : String(error),
  });
}

function fieldsOf(errors: unknown): FieldProblem[] | undefined {
  if (!Array.isArray(errors)) return undefined;
  return errors.map((one) => {
    const { path, reason, detail, message } = record(one);
    const told = text(detail) ?? text(message);
    return { path: text(path) ?? '', reason: text(reason) ?? 'wrong', ...(told === undefined ? {} : { detail: told }) };
  });
}

function ofParam(error: Record<string, unknown>): FieldProblem {
  return { path: text(error.param) ?? '', reason: text(error.code) ?? 'wrong', detail: text(error.message) ?? '' };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
