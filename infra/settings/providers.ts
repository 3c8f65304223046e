import * as v from 'valibot';
import { isTenantId } from '../../contract/identity.ts';

/** Members of a provider of identities, kind by kind, and what a kind fills in. */

export const TENANT = v.pipe(
  v.string(),
  v.check((id) => isTenantId(id), 'must be a tenant id'),
);

const ROLE = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.:-]{0,63}$/, 'must be a role: letters, digits, ".", ":", "-"'),
);

/** The tenant's id alone means that tenant, without a role. */
const shortened = v.pipe(
  v.unknown(),
  v.transform((given) => (typeof given === 'string' ? { tenant: given } : given)),
);

/** Of a machine: it is always of a tenant. */
export const MACHINE = v.pipe(shortened, v.strictObject({ tenant: TENANT, roles: v.optional(v.array(ROLE), []) }));

const GROUP = v.pipe(
  shortened,
  v.strictObject({ tenant: v.optional(TENANT), roles: v.optional(v.array(ROLE)) }),
  v.check(({ tenant, roles }) => tenant !== undefined || roles !== undefined, 'must name a tenant, roles or both'),
);

const CLAIM = v.pipe(
  v.string(),
  v.regex(/^[\w.:/=+@-]{1,256}$/, 'must be the name of a claim, as the provider writes it'),
);

/** Cognito asks no other port. */
const HTTPS = v.pipe(
  v.string(),
  v.regex(/^https:\/\/[a-z0-9.-]+(\/[\w.~%/-]*[\w~-])?(\?[\w.~%&=-]+)?$/i, 'must be an https URL'),
);

const CLIENT = {
  clientId: v.pipe(v.string(), v.regex(/^[\w.:@-]{1,256}$/, 'must be the id that the provider gave')),
  secretArn: v.pipe(
    v.string(),
    v.regex(
      /^arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
      'must be the ARN of a secret of Secrets Manager, whose whole text is the client secret',
    ),
  ),
  /** Named, so that whoever pastes one is told where it belongs. */
  clientSecret: v.optional(v.never('must not stand here, but in Secrets Manager: give its secretArn')),
};

const OPENID_ISSUER = v.pipe(
  HTTPS,
  v.check((url) => !url.endsWith('/'), 'must not end in "/"'),
);

/** What every kind has; `groups` are values of `claim`. */
const common = (claim: v.GenericSchema<unknown, string>, email: string) => ({
  claim,
  groups: v.record(v.string(), GROUP),
  /** The claim that is their address, for whoever looks at the pool: nothing is decided by it. */
  email: v.optional(CLAIM, email),
});

const openId = <const K extends string>(
  kind: K,
  issuer: v.GenericSchema<unknown, string>,
  claim: v.GenericSchema<unknown, string>,
  scopes = 'openid email profile',
) =>
  v.strictObject({
    kind: v.literal(kind),
    issuer,
    ...CLIENT,
    scopes: v.optional(
      v.pipe(v.string(), v.regex(/^openid( [\w.:/-]+)*$/, 'must be scopes, openid the first')),
      scopes,
    ),
    ...common(claim, 'email'),
  });

const SAML_EMAIL = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress';

/** docs/identity.md says for each what to do on the provider's side. */
export const PROVIDER = v.variant(
  'kind',
  [
    openId(
      'entra',
      // One directory: `common` and `organizations` would let anybody's in.
      v.pipe(
        v.string(),
        v.regex(
          /^https:\/\/login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/v2\.0$/,
          'must look like https://login.microsoftonline.com/DIRECTORY_ID/v2.0',
        ),
      ),
      v.optional(CLAIM, 'roles'),
    ),
    openId('okta', OPENID_ISSUER, v.optional(CLAIM, 'groups'), 'openid email profile groups'),
    // Of an organisation's accounts alone: what an address ends in proves nothing.
    openId(
      'google',
      v.optional(v.literal('https://accounts.google.com'), 'https://accounts.google.com'),
      v.optional(v.literal('hd'), 'hd'),
    ),
    openId('oidc', OPENID_ISSUER, CLAIM),
    v.strictObject({ kind: v.literal('saml'), metadataUrl: HTTPS, ...common(CLAIM, SAML_EMAIL) }),
  ],
  'must be one of entra, okta, google, oidc, saml',
);

export type Provider = v.InferOutput<typeof PROVIDER>;
