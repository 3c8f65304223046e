import * as oauth from 'oauth4webapi';
import { privateKeyOf } from './key.ts';
import { textOf } from './text.ts';

/**
 * How the client says who it is, asked for at each use, so that what lies in a file or in Secrets Manager can be replaced.
 *
 * @returns one way at least; another where the issuer might take that instead
 */
export type ClientAuth = (server: oauth.AuthorizationServer, signal: AbortSignal) => Promise<oauth.ClientAuth[]>;

/** A client without a secret (RFC 6749 section 2.1): of a laptop, or where the token that is exchanged says enough. */
export const publicClient: ClientAuth = async () => [oauth.None()];

/** In the header, as every issuer has to take it (RFC 6749 section 2.3.1); in the body where its metadata say so. */
export function bySecret(secret: (signal: AbortSignal) => Promise<string>): ClientAuth {
  return async (server, signal) => {
    const text = await secret(signal);
    const [basic, post] = [oauth.ClientSecretBasic(text), oauth.ClientSecretPost(text)];
    const methods = server.token_endpoint_auth_methods_supported ?? [];
    if (!methods.includes('client_secret_post')) return [basic];
    // Of two that an issuer has, one client may be registered for either.
    return methods.includes('client_secret_basic') ? [basic, post] : [post];
  };
}

export const bySecretFile = (path: string): ClientAuth => bySecret(() => textOf(path));

/**
 * A JWT that the client's own key signs (RFC 7523 section 2.2, OpenID Connect Core section 9, `private_key_jwt`). Whom it is for
 * issuers see in two ways: their identifier is right, and some want the token endpoint, as RFC 7523 has it.
 */
export function byKey(path: string): ClientAuth {
  return async ({ token_endpoint: endpoint }) => {
    const { key, kid, thumbprint } = await privateKeyOf(await textOf(path));
    const signed = (aud: string | undefined): oauth.ClientAuth =>
      oauth.PrivateKeyJwt(kid === undefined ? { key } : { key, kid }, {
        [oauth.modifyAssertion](header, payload) {
          // Entra finds the key by its certificate.
          if (thumbprint !== undefined) Object.assign(header, { typ: 'JWT', 'x5t#S256': thumbprint });
          if (aud !== undefined) payload.aud = aud;
        },
      });
    return [signed(undefined), signed(endpoint)];
  };
}

/** A JWT of somebody else whom the issuer trusts with naming its clients: of Kubernetes, for one (RFC 7523 section 2.2). */
export function byAssertion(path: string): ClientAuth {
  return async () => {
    const assertion = await textOf(path);
    return [
      (_server, { client_id }, body) => {
        body.set('client_id', client_id);
        body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
        body.set('client_assertion', assertion);
      },
    ];
  };
}
