import * as v from 'valibot';
import { isTenantId } from '../../contract/identity.ts';
import { ROLE_GROUP, TENANT_GROUP } from '../../contract/sign-in.ts';
import { poolIssuerAsLong, scopesOf, tablesOf } from '../sign-in/derived.ts';
import { ISSUERS_MAX_BYTES } from './callers.ts';
import { MACHINE, PROVIDER } from './providers.ts';
import { type At, bad, type Group, PREFIX, parsed } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** A user pool of the stage's own, whose tokens the stage believes. */
export interface SignInSettings {
  /** undefined: there is none. */
  cognito: Cognito | undefined;
}

/** Cognito's own names for kinds of provider, and for its own users. */
const TAKEN = ['cognito', 'facebook', 'google', 'loginwithamazon', 'signinwithapple'];

const isGroup = (name: string): boolean =>
  name.startsWith(TENANT_GROUP)
    ? isTenantId(name.slice(TENANT_GROUP.length))
    : new RegExp(`^${ROLE_GROUP}[A-Za-z0-9][\\w.:-]{0,63}$`).test(name);

const url = v.pipe(
  v.string(),
  v.regex(
    // Cognito's own rule; a program on somebody's machine listens on loopback.
    /^(https:\/\/[a-z0-9.-]+(:\d+)?|http:\/\/localhost(:\d+)?)(\/[\w.~%/-]*)?$/i,
    'must be an https URL, or http://localhost',
  ),
);

const DOMAIN = v.pipe(
  v.unknown(),
  v.transform((given) => (typeof given === 'string' ? { prefix: given } : given)),
  v.strictObject({
    prefix: v.optional(
      v.pipe(
        v.string(),
        v.regex(
          /^(?!.*(aws|amazon|cognito))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
          'must be 1 to 63 of a-z, 0-9 and "-", without "aws", "amazon" or "cognito"',
        ),
      ),
    ),
    name: v.optional(
      v.pipe(v.string(), v.regex(/^([a-z0-9-]+\.){2,}[a-z]+$/, 'must be a domain, such as login.example.com')),
    ),
    certificateArn: v.optional(
      v.pipe(
        v.string(),
        v.regex(
          /^arn:aws[\w-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/,
          'must be the ARN of a certificate of ACM in us-east-1',
        ),
      ),
    ),
  }),
  v.check(
    ({ prefix, name, certificateArn }) =>
      prefix === undefined
        ? name !== undefined && certificateArn !== undefined
        : (name ?? certificateArn) === undefined,
    'must be a prefix, or a name with its certificateArn',
  ),
);

const NAME = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be named by a-z, 0-9 and "-", beginning with a letter'),
);
const PROVIDER_NAME = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z][A-Za-z0-9-]{2,31}$/, 'must be named by 3 to 32 letters, digits and "-"'),
  v.check((name) => !TAKEN.includes(name.toLowerCase()), 'must be named otherwise: that is Cognito’s own name'),
);

const COGNITO = v.strictObject({
  domain: DOMAIN,
  callbackUrls: v.pipe(
    v.array(url),
    v.minLength(1, 'must list where people come back to'),
    v.maxLength(100, 'must be at most 100'),
  ),
  logoutUrls: v.optional(v.array(url), []),
  groups: v.optional(
    v.array(v.pipe(v.string(), v.check(isGroup, `must be ${TENANT_GROUP}<tenant id> or ${ROLE_GROUP}<role>`))),
    [],
  ),
  machines: v.optional(v.record(NAME, MACHINE), {}),
  providers: v.optional(v.record(PROVIDER_NAME, PROVIDER), {}),
  plan: v.optional(v.picklist(['essentials', 'plus']), 'essentials'),
});

export type Cognito = v.InferOutput<typeof COGNITO>;

/** Bytes, of the same room as the issuers: the function's other variables take under 100. */
const PROVIDERS_MAX_BYTES = 3_400;

/** Of one resource server (https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html). */
const SCOPES_MAX = 100;

export const SIGN_IN_GROUP: Group<SignInSettings, StageSettings> = {
  told: {
    cognito: {
      values: '`none` (default), an object ([identity.md](identity.md#sign-in-for-people))',
      makes:
        'a user pool with its sign-in pages, groups, app clients and providers of identities, and a function that puts `tenant` and `roles` into tokens',
      costs:
        '$0.10 a month of alarm; a person who was there in a month $0.015 after 10,000 (by OpenID Connect or SAML: after 50), `plan: plus` $0.02 from the first; a machine’s token $2.25 a thousand',
      security:
        'its access tokens are believed: who may edit the pool, its groups, or groups of its providers, says who is of which tenant',
    },
  },
  read(at, base) {
    const cognito = parsed(COGNITO, at, 'cognito');
    if (cognito !== undefined) check(cognito, at, base);
    return { cognito };
  },
};

/** What the parts say of each other, and the issuers beside the pool. */
function check({ domain, machines, providers }: Cognito, at: At, base: StageSettings): void {
  const key = `${PREFIX}cognito`;
  const { region, partition, account } = base;
  const { certificateArn } = domain;
  if (partition === 'aws-cn') throw bad(key, 'cannot be had in China, where Cognito has no user pools');
  for (const [name, provider] of Object.entries(providers))
    if ('secretArn' in provider && !provider.secretArn.startsWith(`arn:${partition}:secretsmanager:${region}:`))
      throw bad(
        `${key}.providers.${name}.secretArn`,
        `must be of a secret in ${region}, partition ${partition}, where the stage lies`,
      );
  const [, of, , , owner] = certificateArn?.split(':') ?? [];
  if (certificateArn !== undefined && (of !== partition || owner !== (account ?? owner)))
    throw bad(
      `${key}.domain.certificateArn`,
      `must be of a certificate of the account that deploys, partition ${partition}`,
    );
  if (new Set(Object.values(machines).flatMap(scopesOf)).size > SCOPES_MAX)
    throw bad(`${key}.machines`, `must be of at most ${SCOPES_MAX} tenants and roles in all`);
  if (bytes(tablesOf(providers)) > PROVIDERS_MAX_BYTES)
    throw bad(`${key}.providers`, `must have groups of at most ${PROVIDERS_MAX_BYTES} bytes as JSON in all`);
  const pool = bytes(poolIssuerAsLong(region, 1 + Object.keys(machines).length));
  if (bytes(at('issuers') ?? []) + pool > ISSUERS_MAX_BYTES)
    throw bad(
      `${key}.machines`,
      `must leave the list of issuers, with this pool and its clients in it, within ${ISSUERS_MAX_BYTES} bytes as JSON`,
    );
}

/** As JSON; what is text already is JSON. */
function bytes(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
}
