import { describe, expect, test } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { parseIssuers } from '../../contract/issuer.ts';
import { poolSettings } from '../../contract/settings.ts';
import { readSettings } from '../../infra/settings/index.ts';
import { createTrigger } from '../../pool/trigger.ts';
import { POOL, PROVIDERS, SIGN_IN } from './sign-in.ts';
import { BOTH, flat, ofType, only, type Resource, resourcesOf, rolesOf, stackOf } from './synth.ts';

const plain = resourcesOf(stackOf().stack);
const alone = resourcesOf(stackOf({ 'tollgate:issuers': [], 'tollgate:cognito': POOL }).stack);
const whole = resourcesOf(stackOf({ ...BOTH, 'tollgate:broker': true, 'tollgate:cognito': SIGN_IN }).stack);

const variablesOf = (resources: Record<string, Resource>, name: string): Record<string, string> => {
  const found = ofType(resources, 'AWS::Lambda::Function').find((it) => it.FunctionName === `tollgate-dev-${name}`);
  const given = found?.Environment as { Variables: Record<string, unknown> } | undefined;
  return Object.fromEntries(Object.entries(given?.Variables ?? {}).map(([key, value]) => [key, flat(value)]));
};

/** As it is where it is deployed: ids of the form that Cognito gives. */
const deployed = (issuers = ''): string =>
  issuers.replace(/us-east-1\.amazonaws\.com\/<[^>]*>/, 'us-east-1.amazonaws.com/us-east-1_AbC123456');

describe('without a user pool', () => {
  test('nothing of one is there', () => {
    expect(JSON.stringify(plain)).not.toMatch(/Cognito|TOLLGATE_PROVIDERS|tollgate-dev-pool/);
    for (const off of ['none', false, ''])
      expect(resourcesOf(stackOf({ 'tollgate:cognito': off }).stack)).toEqual(plain);
  });

  test('with one, all else is as it was, but for the list of issuers', () => {
    const added = resourcesOf(stackOf({ 'tollgate:cognito': SIGN_IN }).stack);
    const changed = Object.keys(plain).filter((id) => JSON.stringify(plain[id]) !== JSON.stringify(added[id]));
    expect(changed.map((id) => plain[id]?.Properties.FunctionName)).toEqual(['tollgate-dev-authorizer']);
    const kinds = Object.keys(added).filter((id) => plain[id] === undefined);
    expect(new Set(kinds.map((id) => added[id]?.Type))).toEqual(
      new Set([
        ...['', 'Client', 'Domain', 'Group', 'IdentityProvider', 'ResourceServer'].map(
          (kind) => `AWS::Cognito::UserPool${kind}`,
        ),
        ...['AWS::Cognito::ManagedLoginBranding', 'AWS::CloudWatch::Alarm', 'AWS::IAM::Role', 'AWS::Logs::LogGroup'],
        ...['AWS::Lambda::Function', 'AWS::Lambda::Permission'],
      ]),
    );
  });
});

describe('whom the stage believes', () => {
  test.each([
    ['the authorizer', variablesOf(whole, 'authorizer').TOLLGATE_ISSUERS],
    ['the broker', variablesOf(whole, 'broker').TOLLGATE_ISSUERS],
    ['the container', containerIssuers()],
  ])('%s believes the pool beside the others: its access tokens, of its own clients', (_, issuers) => {
    const [other, pool, ...more] = parseIssuers(JSON.parse(deployed(issuers)));
    expect(more).toEqual([]);
    expect(other?.issuer).toBe('https://login.example.com');
    const clients = Object.entries(whole).filter(([, { Type }]) => Type === 'AWS::Cognito::UserPoolClient');
    expect(clients).toHaveLength(3);
    expect(pool).toMatchObject({
      issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123456',
      jwksUri: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123456/.well-known/jwks.json',
      ...{ audience: null, tokenUse: 'access', tenant: { by: 'claim', claim: 'tenant' }, rolesClaim: 'roles' },
      ...{
        adminRoles: ['admin'],
        delegates: { 'tenant-admin': ['tenant-admin'], auditor: ['auditor'], finance: ['finance'] },
      },
    });
    expect(pool?.clientIds).toEqual(clients.map(([id]) => `<${id}>`));
  });

  test('the pool alone, where there are no others', () => {
    expect(parseIssuers(JSON.parse(deployed(variablesOf(alone, 'authorizer').TOLLGATE_ISSUERS)))).toHaveLength(1);
  });

  function containerIssuers(): string {
    const task = only(whole, 'AWS::ECS::TaskDefinition') as {
      ContainerDefinitions: { Environment: { Name: string; Value: unknown }[] }[];
    };
    const found = task.ContainerDefinitions[0]?.Environment.find(({ Name }) => Name === 'TOLLGATE_ISSUERS');
    return flat(found?.Value);
  }
});

describe('nobody says themselves whose they are', () => {
  const clients = ofType(whole, 'AWS::Cognito::UserPoolClient');

  test('no client may ask for the scope that changes attributes, nor take a password', () => {
    for (const client of clients) {
      expect(client.ExplicitAuthFlows).toEqual(['ALLOW_REFRESH_TOKEN_AUTH']);
      expect(client.AllowedOAuthFlowsUserPoolClient).toBe(true);
      for (const scope of client.AllowedOAuthScopes as string[])
        expect(scope).toMatch(/^(openid|email|tollgate\/(tenant|role)\.\w+)$/);
    }
  });

  test('where nobody’s groups come from elsewhere, no client writes the attribute of them', () => {
    expect(only(alone, 'AWS::Cognito::UserPoolClient').WriteAttributes).toEqual(['email']);
    expect(clients.map(({ WriteAttributes }) => WriteAttributes)).toEqual([
      ['email', 'custom:groups'],
      ['email'],
      ['email'],
    ]);
  });

  test('people sign up nowhere, have a second factor and a long password', () => {
    expect(only(alone, 'AWS::Cognito::UserPool')).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      ...{ MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] },
      Policies: { PasswordPolicy: { MinimumLength: 14, RequireSymbols: true } },
    });
    // An address is no name to sign in with: a provider could say that somebody has it.
    for (const aliases of ['AliasAttributes', 'UsernameAttributes'])
      expect(only(alone, 'AWS::Cognito::UserPool')).not.toHaveProperty(aliases);
  });

  test('a person’s client has no secret and an authorization code; a machine’s has one, and its own scopes alone', () => {
    const [people, acme, nightly] = clients;
    expect(people).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      CallbackURLs: POOL.callbackUrls,
    });
    expect(people?.SupportedIdentityProviders).toEqual(['COGNITO', ...Object.keys(PROVIDERS)]);
    const machine = { GenerateSecret: true, AllowedOAuthFlows: ['client_credentials'] };
    expect(acme).toMatchObject({ ...machine, AllowedOAuthScopes: ['tollgate/tenant.acme'] });
    expect(nightly).toMatchObject({ ...machine, AllowedOAuthScopes: ['tollgate/tenant.ops', 'tollgate/role.admin'] });
  });
});

describe('the function of the pool', () => {
  test('may write its log and nothing else, and only that pool may ask it', () => {
    const role = rolesOf(whole).find(({ name }) => name === 'tollgate-dev-pool-us-east-1');
    expect(role?.managed).toEqual([]);
    expect(role?.own.filter(({ Effect }) => Effect === 'Allow')).toMatchObject([
      {
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: ['arn:aws:logs:us-east-1:111122223333:log-group:/tollgate/dev/pool:log-stream:*'],
      },
    ]);
    const asked = ofType(whole, 'AWS::Lambda::Permission').filter(
      ({ Principal }) => Principal === 'cognito-idp.amazonaws.com',
    );
    expect(asked).toMatchObject([
      { SourceAccount: '111122223333', SourceArn: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } },
    ]);
  });

  test('is asked of people’s and of machines’ tokens, and of what a provider said where there is one', () => {
    expect(only(alone, 'AWS::Cognito::UserPool')).toMatchObject({ UserPoolTier: 'ESSENTIALS' });
    expect(only(alone, 'AWS::Cognito::UserPool').LambdaConfig).toEqual({
      PreTokenGenerationConfig: { LambdaArn: expect.anything(), LambdaVersion: 'V3_0' },
    });
    const pool = only(whole, 'AWS::Cognito::UserPool');
    expect(pool).toMatchObject({ UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } });
    expect(pool.LambdaConfig).toMatchObject({ InboundFederation: { LambdaVersion: 'V1_0' } });
    expect(ofType(whole, 'AWS::CloudWatch::Alarm').map(({ AlarmName }) => AlarmName)).toContain(
      'tollgate-dev-pool-errors',
    );
  });

  test('finds the groups of each provider, and the scopes of each machine, as the pool has them', () => {
    const { providers } = poolSettings(variablesOf(whole, 'pool'));
    const trigger = createTrigger({ providers, clock: () => 0, write: () => undefined });
    const claims = (triggerSource: string, request: object) =>
      (trigger({ triggerSource, request }).response as Record<string, Record<string, Record<string, unknown>>>)
        .claimsAndScopeOverrideDetails?.accessTokenGeneration?.claimsToAddOrOverride;
    const [, , nightly] = ofType(whole, 'AWS::Cognito::UserPoolClient');
    const scopes = nightly?.AllowedOAuthScopes;
    expect(claims('TokenGeneration_ClientCredentials', { scopes })).toEqual({ tenant: 'ops', roles: ['admin'] });
    for (const { ProviderName, AttributeMapping } of ofType(whole, 'AWS::Cognito::UserPoolIdentityProvider')) {
      const [said] = Object.keys(PROVIDERS[ProviderName as keyof typeof PROVIDERS].groups);
      const [attribute = ''] =
        Object.entries(AttributeMapping as Record<string, string>).find(
          ([, claim]) => claim === providers[String(ProviderName)]?.claim,
        ) ?? [];
      const userAttributes = {
        ...{ 'cognito:user_status': 'EXTERNAL_PROVIDER', identities: JSON.stringify([{ providerName: ProviderName }]) },
        [attribute]: said,
      };
      expect(claims('TokenGeneration_HostedAuth', { userAttributes })).toEqual({ tenant: 'acme', roles: [] });
    }
  });
});

describe('providers', () => {
  const detailsOf = (name: string) =>
    ofType(whole, 'AWS::Cognito::UserPoolIdentityProvider').find(({ ProviderName }) => ProviderName === name);

  test('by OpenID Connect have a secret that is read while it is deployed', () => {
    expect(detailsOf('Entra')).toMatchObject({
      ProviderType: 'OIDC',
      ProviderDetails: {
        oidc_issuer: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
        client_secret:
          '{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:sign-in/provider-AbCdEf:SecretString}}',
      },
      AttributeMapping: { email: 'email', 'custom:groups': 'roles' },
    });
    expect(detailsOf('GoogleWork')).toMatchObject({
      ProviderDetails: { oidc_issuer: 'https://accounts.google.com' },
      AttributeMapping: { 'custom:groups': 'hd' },
    });
  });

  test('by SAML have an address of their metadata', () => {
    expect(detailsOf('IdentityCenter')).toMatchObject({
      ProviderType: 'SAML',
      ProviderDetails: { MetadataURL: 'https://portal.sso.us-east-1.amazonaws.com/saml/metadata/MTExMTIy' },
      AttributeMapping: { 'custom:groups': 'groups' },
    });
  });
});

describe('what outlives a mistake', () => {
  test.each([
    ['none', 'Delete', 'INACTIVE'],
    ['data', 'RetainExceptOnCreate', 'INACTIVE'],
    ['all', 'RetainExceptOnCreate', 'ACTIVE'],
  ])('with %s: %s, and %s', (protect, policy, protection) => {
    const made = resourcesOf(stackOf({ 'tollgate:protect': protect, 'tollgate:cognito': POOL }).stack);
    const pool = Object.values(made).find(({ Type }) => Type === 'AWS::Cognito::UserPool');
    expect(pool).toMatchObject({ DeletionPolicy: policy, Properties: { DeletionProtection: protection } });
  });
});

test('the list of issuers has room for some ninety machines, and is refused beyond by name', () => {
  const of = (count: number) => ({
    ...cdk.context,
    'tollgate:cognito': {
      ...POOL,
      machines: Object.fromEntries([...Array(count).keys()].map((n) => [`m-${n}`, 'acme'])),
    },
  });
  expect(readSettings(of(90)).cognito?.machines).toHaveProperty('m-89');
  expect(() => readSettings(of(110))).toThrow(expect.objectContaining({ field: 'tollgate:cognito.machines' }));
});
