import { ADMIN_ROLE } from './identity.ts';

/**
 * What is known of identity providers, as data. A preset only fills in what an issuer's settings leave out: every member
 * that is written there wins, `claims` claim by claim. docs/identity.md says what to configure at each provider.
 */
export interface Preset {
  /** The issuers it is for. Each named group is also a claim that must hold the group's own text. */
  issuer?: RegExp;
  /** That pattern for people. */
  issuerForm?: string;
  /** Where the keys are, behind the issuer's own address; absent: the discovery document says it. */
  jwksPath?: string;
  /** Members that nobody but the operator can know, beside those that every issuer needs. */
  needs?: readonly string[];
  /** The caller chooses its token's `aud`, so that an audience keeps nobody out: client ids must. */
  openAudience?: true;
  /** Members as one would write them. */
  defaults: Readonly<Record<string, unknown>>;
}

// Except for `oidc`, no preset lets a role named `admin` administer Tollgate, or `auditor` read it: such groups exist in many directories for
// other reasons, and who may join them is decided by people who have never heard of this gateway.
export const PRESETS = {
  oidc: {
    defaults: {
      adminRoles: [ADMIN_ROLE],
      tenantAdminRoles: ['tenant-admin'],
      auditorRoles: ['auditor'],
      financeRoles: ['finance'],
    },
  },

  // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
  // Access tokens of users and of machines alike: no `aud`, and a machine's `sub` is its client id.
  cognito: {
    issuer: /^https:\/\/cognito-idp\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/\1_[A-Za-z0-9]+$/,
    issuerForm: 'https://cognito-idp.REGION.amazonaws.com/REGION_POOL',
    jwksPath: '/.well-known/jwks.json',
    defaults: {
      audience: null,
      tokenUse: 'access',
      rolesClaim: 'cognito:groups',
      algorithms: ['RS256'],
      adminRoles: [],
    },
  },

  // https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
  // `azp` is in every v2.0 access token and in no ID token, whose `aud` may be the same. Past 200 groups the token says
  // so in place of listing them: what it then leaves out is unknown, so it is refused.
  entra: {
    // A literal: what calls a constructor stays in bundles that have no use for it.
    issuer:
      /^https:\/\/(?:login\.microsoftonline\.(?:com|us)|login\.partner\.microsoftonline\.cn)\/(?<tid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0$/,
    issuerForm: 'https://login.microsoftonline.com/DIRECTORY_ID/v2.0',
    defaults: {
      claims: { ver: '2.0', azp: true },
      principalClaim: ['tid', 'oid'],
      rolesClaim: 'roles',
      overageClaims: ['_claim_names', 'hasgroups'],
      algorithms: ['RS256'],
      adminRoles: [],
    },
  },

  // https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
  // The org's own authorization server (an issuer without /oauth2/) signs tokens for Okta's APIs alone.
  okta: {
    issuer: /^https:\/\/[a-z0-9.-]+\/oauth2\/[A-Za-z0-9]+$/,
    issuerForm: 'https://DOMAIN/oauth2/AUTHORIZATION_SERVER_ID',
    jwksPath: '/v1/keys',
    defaults: {
      clientClaim: 'cid',
      claims: { cid: true },
      rolesClaim: 'groups',
      algorithms: ['RS256'],
      adminRoles: [],
    },
  },

  // https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateTokenWithIAM.html
  // Its access tokens are opaque; only its ID tokens are JWTs. AWS documents no address of their keys.
  'identity-center': {
    issuer: /^https:\/\/identitycenter\.amazonaws\.com\/ssoins-[0-9a-z]+$/,
    issuerForm: 'https://identitycenter.amazonaws.com/ssoins-ID',
    needs: ['jwksUri'],
    defaults: { rolesClaim: null, adminRoles: [] },
  },

  // https://docs.github.com/en/actions/reference/security/oidc
  // Any workflow of anybody may ask for any `aud`. Owners go by their number: a name that is given up can be taken.
  'github-actions': {
    issuer: /^https:\/\/token\.actions\.githubusercontent\.com$/,
    issuerForm: 'https://token.actions.githubusercontent.com',
    jwksPath: '/.well-known/jwks',
    openAudience: true,
    defaults: { clientClaim: 'repository_owner_id', rolesClaim: null, algorithms: ['RS256'], adminRoles: [] },
  },
} as const satisfies Record<string, Preset>;
