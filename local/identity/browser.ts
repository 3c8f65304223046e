import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { ClientMetadata, Context } from 'oidc-provider';
import { CONSOLE_CLIENT } from '../clients.ts';
import type { DemoPerson } from '../people.ts';
import { choicePage, leavingPage, PAGE_HEADERS, refusedPage } from './pages.ts';

/** Where one says who one is. */
const WHO = '/who/';

/** Bytes of the form there. */
const FORM_MAX = 1_024;

/** @param urls where the console is served, as its users may write them */
export function consoleClient(urls: readonly string[]): ClientMetadata {
  return {
    client_id: CONSOLE_CLIENT,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [...urls],
    post_logout_redirect_uris: [...urls],
    token_endpoint_auth_method: 'none',
  };
}

/** What the provider is told for a sign-in by browser: authorization code with PKCE (which public clients need), and sign-out. */
export function browserSignIn(people: readonly DemoPerson[], resource: string, port: number) {
  const byId = new Map(people.map((person) => [person.id, person]));
  return {
    /** Cookies know no port: two gateways on one machine would end each other's sessions. */
    cookieNames: {
      session: `tollgate_${port}`,
      interaction: `tollgate_${port}_asked`,
      resume: `tollgate_${port}_resume`,
    },
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `${WHO}${uid}` },
    /** The ID token shows a name; what one may do is in the access token alone. */
    claims: { openid: ['sub', 'name'] },
    accountClaims: (sub: string) => ({ sub, name: byId.get(sub)?.name ?? sub }),
    tokenClaims: (accountId: string | undefined) => {
      const person = byId.get(accountId ?? '');
      return person && { tenant: person.tenant, roles: person.roles };
    },
    /** Nobody is asked whether the console may: it is the gateway's own. */
    async loadExistingGrant({ oidc }: Context) {
      const { client, session, provider } = oidc;
      const known = session.grantIdFor(client.clientId);
      const found = known === undefined ? undefined : await provider.Grant.find(known);
      if (found !== undefined) return found;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId ?? '' });
      grant.addOIDCScope('openid');
      grant.addResourceScope(resource, '');
      await grant.save();
      return grant;
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource(ctx: Context, form: string): void {
        ctx.set(PAGE_HEADERS);
        ctx.body = leavingPage(form);
      },
      postLogoutSuccessSource(ctx: Context): void {
        ctx.set(PAGE_HEADERS);
        ctx.body = refusedPage('You are signed out.');
      },
    },
    renderError(ctx: Context, { error, error_description: about = error }: Record<string, string>): void {
      ctx.set(PAGE_HEADERS);
      ctx.body = refusedPage(String(about));
    },
  };
}

/**
 * Serves the page on which one says who one is, before the provider's own.
 *
 * @param next whoever serves the rest
 */
export function withWhoPage(
  provider: Provider,
  people: readonly DemoPerson[],
  next: (req: IncomingMessage, res: ServerResponse) => void,
) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    if (req.url?.startsWith(WHO)) who(req, res).catch(() => give(res, 400, refusedPage('This sign-in is over.')));
    else next(req, res);
  };

  async function who(req: IncomingMessage, res: ServerResponse): Promise<void> {
    await provider.interactionDetails(req, res);
    if (req.method !== 'POST') return give(res, 200, choicePage(people));
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) if (body.length < FORM_MAX) body += chunk;
    const chosen = new URLSearchParams(body).get('who');
    if (chosen === '') {
      await provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'Nobody was chosen.' });
      return;
    }
    if (!people.some(({ id }) => id === chosen)) return give(res, 400, choicePage(people));
    await provider.interactionFinished(req, res, { login: { accountId: chosen } });
  }
}

function give(res: ServerResponse, status: number, body: string): void {
  res.writeHead(status, PAGE_HEADERS);
  res.end(body);
}
