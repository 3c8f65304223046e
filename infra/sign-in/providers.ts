import { type CfnUserPool, CfnUserPoolIdentityProvider } from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import { GROUPS_ATTRIBUTE } from '../../contract/sign-in.ts';
import type { Provider } from '../settings/providers.ts';

/** Other providers of identities by which people sign in to the pool. */
export function identityProviders(
  scope: Construct,
  pool: CfnUserPool,
  providers: Readonly<Record<string, Provider>>,
): CfnUserPoolIdentityProvider[] {
  return Object.entries(providers).map(
    ([name, provider]) =>
      new CfnUserPoolIdentityProvider(scope, `Provider ${name}`, {
        userPoolId: pool.ref,
        providerName: name,
        providerType: provider.kind === 'saml' ? 'SAML' : 'OIDC',
        providerDetails: detailsOf(provider),
        attributeMapping: { email: provider.email, [GROUPS_ATTRIBUTE]: provider.claim },
      }),
  );
}

/** Their members have names of Cognito's own (API_CreateIdentityProvider). */
function detailsOf(provider: Provider): Record<string, string> {
  if (provider.kind === 'saml') return { MetadataURL: provider.metadataUrl, RequestSigningAlgorithm: 'rsa-sha256' };
  const { issuer, clientId, secretArn, scopes } = provider;
  return {
    client_id: clientId,
    // CloudFormation reads it while it deploys: it stands in no template and no setting.
    client_secret: `{{resolve:secretsmanager:${secretArn}:SecretString}}`,
    oidc_issuer: issuer,
    authorize_scopes: scopes,
    attributes_request_method: 'GET',
  };
}
