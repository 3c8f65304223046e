import {
  CfnManagedLoginBranding,
  type CfnUserPool,
  CfnUserPoolClient,
  type CfnUserPoolIdentityProvider,
  type CfnUserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';
import { GROUPS_ATTRIBUTE, type Membership } from '../../contract/sign-in.ts';
import type { Names } from '../names.ts';
import type { Cognito } from '../settings/sign-in.ts';
import { scopesOf } from './derived.ts';

/**
 * Minutes for which an access token is good, and hours for which a person's may be made new without signing in. Groups of the pool
 * are asked for each token; those of a provider only at a sign-in, so the second is how long somebody stays in one who has left it.
 */
const PERSON_MINUTES = 30;
const PERSON_HOURS = 12;
/** A machine pays for each token. */
const MACHINE_MINUTES = 60;

/** What of a person may be read, for who looks at the pool or at an ID token. */
const READ = ['email', 'email_verified'];

const common = {
  // No password reaches Cognito but on its own page: tokens of its API could change their own attributes.
  explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
  allowedOAuthFlowsUserPoolClient: true,
  enableTokenRevocation: true,
  preventUserExistenceErrors: 'ENABLED',
};

/**
 * The console and the command line, which keep no secret: an authorization code with PKCE. What a provider says is written by
 * Cognito under the client's rights, so the client must have them; a person cannot use them, for lack of the scope.
 */
export function peopleClient(
  scope: Construct,
  pool: CfnUserPool,
  names: Names,
  { callbackUrls, logoutUrls }: Cognito,
  providers: readonly CfnUserPoolIdentityProvider[],
): CfnUserPoolClient {
  const attributes = providers.length === 0 ? ['email'] : ['email', GROUPS_ATTRIBUTE];
  const client = new CfnUserPoolClient(scope, 'Client', {
    ...common,
    ...{ userPoolId: pool.ref, clientName: names.of('people'), generateSecret: false },
    allowedOAuthFlows: ['code'],
    allowedOAuthScopes: ['openid', 'email'],
    supportedIdentityProviders: ['COGNITO', ...providers.map(({ providerName }) => providerName)],
    callbackUrLs: [...callbackUrls],
    ...(logoutUrls.length === 0 ? {} : { logoutUrLs: [...logoutUrls] }),
    accessTokenValidity: PERSON_MINUTES,
    idTokenValidity: PERSON_MINUTES,
    refreshTokenValidity: PERSON_HOURS,
    tokenValidityUnits: { accessToken: 'minutes', idToken: 'minutes', refreshToken: 'hours' },
    readAttributes: [...new Set([...READ, ...attributes])],
    writeAttributes: attributes,
  });
  for (const provider of providers) client.addResourceDependency(provider);
  // Without one there is no page (https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-branding.html).
  new CfnManagedLoginBranding(scope, 'Pages', {
    ...{ userPoolId: pool.ref, clientId: client.ref, useCognitoProvidedValues: true },
  });
  return client;
}

/** A service, with a secret: it may ask for the scopes that say what it is, and for no others. */
export function machineClient(
  scope: Construct,
  pool: CfnUserPool,
  server: CfnUserPoolResourceServer,
  names: Names,
  name: string,
  machine: Membership,
): CfnUserPoolClient {
  const client = new CfnUserPoolClient(scope, `Machine ${name}`, {
    ...common,
    ...{ userPoolId: pool.ref, clientName: names.of(`machine-${name}`), generateSecret: true },
    allowedOAuthFlows: ['client_credentials'],
    allowedOAuthScopes: scopesOf(machine).map((scopeName) => `${server.identifier}/${scopeName}`),
    accessTokenValidity: MACHINE_MINUTES,
    tokenValidityUnits: { accessToken: 'minutes' },
    readAttributes: READ,
    writeAttributes: ['email'],
  });
  client.addResourceDependency(server);
  return client;
}
