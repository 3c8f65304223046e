import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import type Provider from 'oidc-provider';
import { type Context, errors, type ResourceServerInfo } from 'oidc-provider';

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const PARAMETERS = ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'scope'];
const TYPES = ['jwt', 'access_token'].map((name) => `urn:ietf:params:oauth:token-type:${name}`);

/** RFC 8693: a token of this provider's, whoever's it is, for one of the client that asks. */
export function registerExchange(
  provider: Provider,
  key: object,
  resource: string,
  resourceServer: ResourceServerInfo,
): void {
  const { alg } = key as { alg: string };
  const publicKey = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
  provider.registerGrantType(EXCHANGE, grant, PARAMETERS);

  async function grant(ctx: Context): Promise<void> {
    const { client, params } = ctx.oidc;
    const { subject_token: subject = '', subject_token_type: type = '' } = params;
    if (!TYPES.includes(type)) throw new errors.InvalidRequest('subject_token_type is none that is taken here');
    await jwtVerify(subject, publicKey, { issuer: provider.issuer, algorithms: [alg] }).catch(() => {
      throw new errors.InvalidGrant('subject_token is invalid');
    });
    const token = new provider.ClientCredentials({ client });
    token.resourceServer = new provider.ResourceServer(resource, resourceServer);
    ctx.body = {
      access_token: await token.save(),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: token.expiration,
    };
  }
}
