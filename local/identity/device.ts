import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';

/** RFC 8628 section 3.4, and what a sign-in of it goes on with. */
export const DEVICE_GRANTS = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'];

/** Where a person enters the code that a terminal shows; the name that the library gives out. */
const PATH = '/device';

/** Nobody has a password here: whoever knows the code is the client's own person. */
const PAGE = (text: string, code: string): string => `<!doctype html><title>Sign in</title><p>${text}</p>
<form method="post" action="${PATH}"><input name="user_code" value="${code}" aria-label="Code"> <button>Sign in</button></form>
`;

/** Serves that page before the library's own, which would want a log-in. @returns a handler for every request */
export function withDevicePage(provider: Provider, resource: string) {
  const serve = provider.callback();
  return (req: IncomingMessage, res: ServerResponse): void => {
    const { pathname, searchParams } = new URL(req.url ?? '', provider.issuer);
    if (pathname !== PATH) serve(req, res);
    else if (req.method === 'POST') signIn(req, res).catch(() => res.destroy());
    else give(res, 200, 'Enter the code that your terminal shows.', searchParams.get('user_code') ?? '');
  };

  async function signIn(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) if (body.length < 1_024) body += chunk;
    const code = (new URLSearchParams(body).get('user_code') ?? '').replace(/\W/g, '').toUpperCase();
    const waiting = await provider.DeviceCode.findByUserCode(code);
    if (waiting === undefined || waiting.accountId !== undefined) {
      give(res, 400, 'Nobody waits for this code.', '');
      return;
    }
    const { clientId } = waiting;
    const accountId = `person@${clientId}`;
    const grant = new provider.Grant({ clientId, accountId });
    grant.addResourceScope(resource, '');
    Object.assign(waiting, { accountId, grantId: await grant.save(), resource });
    await waiting.save();
    give(res, 200, 'You are signed in; go back to your terminal.', '');
  }
}

function give(res: ServerResponse, status: number, text: string, code: string): void {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  res.end(PAGE(text, code.replace(/[^\w-]/g, '')));
}
