import { bounded } from './ask.ts';
import { TokenFault } from './fault.ts';
import type { Fetch } from './fetch.ts';
import { heldToken } from './life.ts';
import type { Time } from './time.ts';
import type { TokenSource } from './token.ts';

/** What a job of GitHub Actions with `permissions: id-token: write` finds in its environment. */
export interface Job {
  /** ACTIONS_ID_TOKEN_REQUEST_URL, which has a query already. */
  url: string;
  /** ACTIONS_ID_TOKEN_REQUEST_TOKEN. */
  bearer: string;
}

/** The job's own token, which lives for minutes and is asked for again as long as the job runs. */
export function fromGithub({ url, bearer }: Job, audience: string, fetch: Fetch, time: Time): TokenSource {
  return async (signal) => {
    const askedAt = time.now();
    const asked = new URL(url);
    asked.searchParams.set('audience', audience);
    const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
    const response = await bounded(fetch, signal)(asked.href, { headers });
    if (!response.ok) throw new TokenFault('refused', { status: response.status });
    const { value } = Object(await response.json().catch(() => ({}))) as { value?: unknown };
    return heldToken({ token: String(value ?? ''), askedAt, isNew: true });
  };
}
