/** A user pool alone. */
export const POOL = {
  domain: 'acme-tollgate',
  callbackUrls: ['https://console.acme.example/signed-in', 'http://localhost:8765/signed-in'],
  groups: ['tenant:acme', 'role:admin'],
};
const OPENID = {
  clientId: '99999999-8888-7777-6666-555555555555',
  secretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:sign-in/provider-AbCdEf',
};

/** One of each kind by which its people may come. */
export const PROVIDERS = {
  Entra: {
    ...{ kind: 'entra', issuer: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0' },
    ...{ ...OPENID, groups: { 'Acme.User': 'acme', 'Tollgate.Admin': { tenant: 'ops', roles: ['admin'] } } },
  },
  Okta: { kind: 'okta', issuer: 'https://acme.okta.com', ...OPENID, groups: { 'tollgate-acme': 'acme' } },
  GoogleWork: { kind: 'google', ...OPENID, groups: { 'acme.example': 'acme' } },
  Dex: { kind: 'oidc', issuer: 'https://dex.acme.example', claim: 'groups', ...OPENID, groups: { 'acme:ai': 'acme' } },
  IdentityCenter: {
    ...{ kind: 'saml', metadataUrl: 'https://portal.sso.us-east-1.amazonaws.com/saml/metadata/MTExMTIy' },
    ...{ claim: 'groups', groups: { '94482488-3041-7026-18f3-be45837cd0e4': 'acme' } },
  },
};
/** Everything that a pool can have. */
export const SIGN_IN = {
  ...{ ...POOL, plan: 'plus', providers: PROVIDERS },
  machines: { 'acme-batch': 'acme', nightly: { tenant: 'ops', roles: ['admin'] } },
};

/** For the list of every option. */
export const SIGN_IN_OPTIONS: [string, Record<string, unknown>][] = [
  ['with a user pool', { 'tollgate:cognito': POOL }],
  ...Object.entries(PROVIDERS).map(([name, provider]): [string, Record<string, unknown>] => [
    `with a user pool whose people come by ${name}`,
    { 'tollgate:cognito': { ...POOL, providers: { [name]: provider } } },
  ]),
  [
    'with a user pool alone, on a domain of its own',
    {
      'tollgate:issuers': [],
      'tollgate:cognito': {
        ...{ ...POOL, machines: { 'acme-batch': 'acme' } },
        domain: {
          name: 'login.acme.example',
          certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
        },
      },
    },
  ],
];
