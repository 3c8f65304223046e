import type { Config } from '../config.ts';
import { page } from '../place.ts';
import { ApiProblem, asProblem } from '../problem.ts';
import type { Pending, Provider, Tokens } from './flow.ts';
import * as flow from './flow.ts';

/** Who is signed in here. Tokens are in this file’s memory, and nowhere else: a reload asks the provider again, without a page. */

export type State =
  | { is: 'signed-out' }
  /** The browser is on its way to the provider. */
  | { is: 'leaving' }
  | { is: 'signed-in' }
  /** What was held cannot be renewed; what the page shows is left as it is. */
  | { is: 'ended' };

const PENDING = 'tollgate.sign-in';
const STAY_OUT = 'tollgate.signed-out';

/** Milliseconds before its end in which a token is not sent any more: clocks differ, and requests take time. */
const EARLY = 30_000;

let provider: Provider | undefined;
let held: Tokens | undefined;
let renewing: Promise<string> | undefined;
let onEnd: () => void = () => {};

/** Each tab has tokens of its own: who signs out of one is out of all, and nothing that they show stays. */
const tabs = new BroadcastChannel(`tollgate.signed-out ${page}`);
tabs.onmessage = () => {
  if (held === undefined) return;
  held = undefined;
  sessionStorage.setItem(STAY_OUT, 'yes');
  location.reload();
};

export const session = {
  /**
   * Takes what the provider sent back, or asks it whether somebody is signed in there.
   * @param ended called when a token cannot be renewed
   * @throws Error where the provider does not answer, or its answer is not to be believed
   */
  async start(config: Config, ended: () => void): Promise<State> {
    onEnd = ended;
    // A step back after signing out: the browser may have kept the page as it was, with all that it showed.
    addEventListener('pageshow', ({ persisted }) => persisted && held === undefined && location.reload());
    provider = await flow.discover(config, page);
    const search = new URLSearchParams(location.search);
    const pending = takePending();
    if (pending !== undefined && (search.has('code') || search.has('error'))) {
      history.replaceState(null, '', page + pending.returnTo);
      try {
        held = await flow.redeem(provider, search, pending);
        return { is: 'signed-in' };
      } catch (error) {
        if (flow.needsPerson(error)) return { is: 'signed-out' };
        throw error;
      }
    }
    if (search.size > 0) history.replaceState(null, '', page + location.hash);
    if (sessionStorage.getItem(STAY_OUT) !== null) return { is: 'signed-out' };
    await leave(provider, true);
    return { is: 'leaving' };
  },

  /** Goes to the provider’s page; whoever signs in there comes back to where this was. */
  async signIn(): Promise<void> {
    sessionStorage.removeItem(STAY_OUT);
    if (provider !== undefined) await leave(provider, false);
  },

  /** Ends the session here, in the other tabs and at the provider. */
  async signOut(): Promise<void> {
    const [at, tokens] = [provider, held];
    held = undefined;
    sessionStorage.setItem(STAY_OUT, 'yes');
    tabs.postMessage('');
    if (at === undefined) return;
    await flow.revoke(at, tokens ?? { access: '', expiresAt: 0 });
    location.assign(flow.endOfSession(at, tokens ?? {}) ?? page);
  },

  /**
   * A token that is good for a while; renewed before its end, once, however many ask.
   * @param refused one that is not to be given again
   * @throws ApiProblem `signed_out`, or `offline` where the provider does not answer
   */
  async token(refused?: string): Promise<string> {
    if (held === undefined) throw ApiProblem.signedOut();
    if (held.access !== refused && held.expiresAt - EARLY > Date.now()) return held.access;
    renewing ??= renewed(held).finally(() => {
      renewing = undefined;
    });
    return renewing;
  },
};

async function renewed(old: Tokens): Promise<string> {
  if (provider === undefined || old.refresh === undefined) return end();
  try {
    held = await flow.renew(provider, old);
    return held.access;
  } catch (error) {
    if (flow.isRefused(error)) return end();
    // The token may be good for some seconds more, and the provider be back then.
    if (old.expiresAt > Date.now()) return old.access;
    throw asProblem(error).code === 'unknown' ? ApiProblem.offline() : error;
  }
}

function end(): never {
  held = undefined;
  onEnd();
  throw ApiProblem.signedOut();
}

async function leave(at: Provider, silent: boolean): Promise<void> {
  const { url, pending } = await flow.authorization(at, { silent, returnTo: location.hash });
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  // Not a way back: the provider’s page would only send forward again.
  location.replace(url);
}

/** Once: a code is not redeemed twice. */
function takePending(): Pending | undefined {
  const kept = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  return kept === null ? undefined : (JSON.parse(kept) as Pending);
}
