import { generateKeyPair, SignJWT } from 'jose';
import { createAuthorizer } from '../../authorizer/authorize.ts';
import { bearerToken } from '../../authorizer/bearer.ts';
import { trustIssuers } from '../../authorizer/issuers.ts';
import { createVerifier } from '../../authorizer/verify.ts';
import { encodeContext } from '../../contract/context.ts';
import { parsePrincipal, parseTenantId } from '../../contract/identity.ts';
import { parseIssuers } from '../../contract/issuer.ts';
import { ACTIONS, type AllowedModel } from '../../contract/model.ts';
import { routingOf } from '../../contract/routing.ts';
import { Secret } from '../../contract/secret.ts';
import { createRouter } from '../../invoke/routing/router.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { createOpen, createSeal } from '../../seal/seal.ts';
import { KEYS } from '../seal.ts';

const REPEAT = 2_000;
const ROUNDS = 7;

/** Microseconds per call: the median of the rounds' means, after one round to warm up. */
export async function microseconds(act: () => unknown, repeat = REPEAT): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now();
    for (let i = 0; i < repeat; i++) await act();
    rounds.push(((performance.now() - begin) * 1_000) / repeat);
  }
  rounds.shift();
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

const PROFILE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const MODEL: AllowedModel = {
  id: 'claude-sonnet-4-5',
  target: {
    kind: 'bedrock-profile',
    modelId: PROFILE,
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/${PROFILE}`,
    modelArns: ['us-east-1', 'us-east-2', 'us-west-2'].map(
      (region) => `arn:aws:bedrock:${region}::foundation-model/${PROFILE.slice(3)}`,
    ),
  },
  actions: [...ACTIONS],
  lifecycle: { status: 'active' },
};

/** What each decision takes by itself, in microseconds, warm, with the table's and the issuer's latency left out. */
export async function decisions(): Promise<Record<string, number>> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const issuer = 'https://issuer.example';
  const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: 'k1', use: 'sig', alg: 'RS256' };
  const token = await new SignJWT({ tenant: 'acme', roles: [] })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience('tollgate')
    .setSubject('acme-app')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  const clock = () => Date.now();
  const issuers = trustIssuers(
    parseIssuers([
      { issuer, jwksUri: `${issuer}/jwks`, audience: 'tollgate', tenantClaim: 'tenant', rolesClaim: 'roles' },
    ]),
    { fetch: async () => Response.json({ keys: [jwk] }), clock, report: () => {} },
  );
  const verify = createVerifier({ issuers, clock });
  const headers = { Authorization: `Bearer ${token}` };
  const event = { type: 'REQUEST', methodArn: 'arn:aws:execute-api:us-east-1:111122223333:abc/prod/POST/v1', headers };
  const authorize = createAuthorizer({
    verify,
    registry: {
      clientTenant: async () => null,
      tenant: async (id) => ({
        id,
        suspended: false,
        costCenter: 'CC-100',
        countedBy: null,
        models: [MODEL],
        budgets: [],
        unusable: 0,
      }),
    },
    seal: createSeal({ keys: KEYS }),
    clock,
    write: () => {},
  });
  const seal = createSeal({ keys: KEYS });
  const caller = {
    ...{ tenant: parseTenantId('acme'), principal: parsePrincipal('acme-app'), roles: [], costCenter: 'CC-100' },
    ...{ exp: Math.floor(Date.now() / 1000) + 3_600, models: [MODEL, MODEL, MODEL], budgets: [] },
  };
  const encoded = encodeContext(caller);
  const sealed = await seal(encoded, headers.Authorization);
  const authorization = new Secret(headers.Authorization);
  const open = createOpen({ keys: KEYS, clock });
  const router = createRouter({ clock, random: Math.random });
  const routing = routingOf({ distribution: 'equal' });
  const regions = ['us-east-1', 'us-west-2', 'eu-west-1'];
  const places = regions.map((region) => ({ target: { ...MODEL.target, region } }));
  const route = (count: number): void => {
    const way = router.route(places.slice(0, count), routing);
    way.next();
    way.came('answered', 1);
  };
  return {
    'policy build': await microseconds(() => sessionPolicy(MODEL.target, ['invoke'])),
    'token verify (RS256)': await microseconds(() => verify(bearerToken({ headers }))),
    'context seal': await microseconds(() => seal(encoded, headers.Authorization)),
    'context open, new': await microseconds(() => createOpen({ keys: KEYS, clock })(sealed, authorization)),
    'context open, seen before': await microseconds(() => open(sealed, authorization)),
    'authorizer, without the table': await microseconds(() => authorize(event)),
    'routing, one place': await microseconds(() => route(1)),
    'routing, three places': await microseconds(() => route(3)),
  };
}
