import { ApiProblem, problemOf } from './problem.ts';

/** What an answer said, and of which version its entry is. */
export interface Answer<T> {
  body: T;
  /** Of its `ETag`: what an edit of this entry sends as `version`. */
  version?: number;
  /** Number of the edit that was made, of `x-tollgate-edit`. */
  edit?: number;
  headers: Headers;
}

/** Members that are undefined or empty are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface SendOptions {
  /** The version that the edit is of (`If-Match`); 0: there must be none yet (`If-None-Match: *`); absent: whatever there is. */
  version?: number;
  /** Says what would be done, and does nothing. */
  dryRun?: boolean;
  query?: Query;
  signal?: AbortSignal;
}

/** The gateway, as the page asks it. Every method throws ApiProblem, and what an aborted `signal` throws. */
export interface Api {
  /** @param path from the gateway’s root, its parts encoded: `/admin/tenants/acme` (see `pathOf`) */
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<Answer<T>>;
  /** An edit, or a verb; what it answers is JSON or nothing. */
  send<T>(method: Method, path: string, body?: unknown, options?: SendOptions): Promise<Answer<T>>;
  /** The answer itself, for streams and files; it was not refused. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface ApiDeps {
  /** The gateway’s root, without a slash at its end. */
  base: string;
  fetch: typeof fetch;
  /**
   * The caller’s token. @param refused one that the gateway did not accept, so that the same is not given again.
   * @throws ApiProblem 401 where nobody is signed in any more
   */
  token(refused?: string): Promise<string>;
  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void>;
}

/** What only reads is asked again for its reader where the gateway says that it may be soon: so often, and so many seconds each. */
const AGAIN = { times: 3, seconds: 5 };

export function createApi({ base, fetch, token, wait }: ApiDeps): Api {
  async function ask(path: string, init: RequestInit, refused?: string): Promise<Response> {
    const held = await token(refused);
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${held}`);
    let response: Response;
    try {
      response = await fetch(base + path, { cache: 'no-store', ...init, headers });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw ApiProblem.offline();
    }
    if (response.ok) return response;
    // Once: a token that is new and refused again is refused for good.
    if (response.status === 401 && refused === undefined) return ask(path, init, held);
    throw await problemOf(response);
  }

  /** An answer of what only reads, which is asked again where there were too many requests at once. */
  async function read(path: string, init: RequestInit, times = AGAIN.times): Promise<Response> {
    try {
      return await ask(path, init);
    } catch (error) {
      const { status, retryAfter = Number.POSITIVE_INFINITY } = error instanceof ApiProblem ? error : { status: 0 };
      if (status !== 429 || times === 0 || retryAfter > AGAIN.seconds) throw error;
      await wait(retryAfter * 1_000);
      init.signal?.throwIfAborted();
      return read(path, init, times - 1);
    }
  }

  return {
    fetch: (path, init = {}) => ask(path, init),
    async get<T>(path: string, query: Query = {}, signal?: AbortSignal) {
      const response = await read(path + searchOf(query), signal === undefined ? {} : { signal });
      return answerOf<T>(response);
    },
    async send<T>(method: Method, path: string, body?: unknown, options: SendOptions = {}) {
      const { version, dryRun, query = {}, signal } = options;
      const headers: Record<string, string> = {};
      if (body !== undefined) headers['content-type'] = 'application/json';
      if (version === 0) headers['if-none-match'] = '*';
      else if (version !== undefined) headers['if-match'] = `"${version}"`;
      const response = await ask(path + searchOf({ ...query, dryRun: dryRun === true ? true : undefined }), {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      return answerOf<T>(response);
    },
  };
}

async function answerOf<T>(response: Response): Promise<Answer<T>> {
  const { headers } = response;
  const text = await response.text();
  const [, version] = /^(?:W\/)?"(\d+)"$/.exec(headers.get('etag') ?? '') ?? [];
  const edit = headers.get('x-tollgate-edit');
  return {
    body: (text === '' ? undefined : JSON.parse(text)) as T,
    ...(version === undefined ? {} : { version: Number(version) }),
    ...(edit === null ? {} : { edit: Number(edit) }),
    headers,
  };
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** A path of these parts, each encoded: whatever an entry is called, it stays one part. */
export function pathOf(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}
