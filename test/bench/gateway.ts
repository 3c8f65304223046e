/**
 * The whole local gateway with Bedrock Runtime replaced by the benchmark's bare upstream; all else, STS and the table
 * included, is what `npm start` starts. A process of its own: `node gateway.ts UPSTREAM_PORT GATEWAY_PORT FOLDER`; prints
 * `listening PORT`. What the two doors are started with, the credentials of the functions' roles among it, is then in
 * `FOLDER/door.json`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roleName } from '../../local/aws/roles.ts';
import { environmentOf } from '../../local/environment.ts';
import { startLocal } from '../../local/start.ts';

/** Seconds for which an authorizer's answer is kept, by the local API Gateway and by both doors. */
const TTL_SECONDS = 60;

const [upstream, port, dataDir = ''] = process.argv.slice(2);
const bedrockUrl = `http://127.0.0.1:${upstream}`;
const local = await startLocal({
  port: Number(port),
  dataDir,
  issuers: [],
  authorizerTtlSeconds: TTL_SECONDS,
  broker: process.env.TOLLGATE_BROKER === '1',
  tenantIsolation: process.env.TOLLGATE_TENANT_ISOLATION === '1',
  verbose: false,
  bedrockUrl,
});
const surroundings = {
  awsUrl: local.aws,
  account: '111122223333',
  region: 'us-east-1',
  issuers: [
    {
      issuer: local.issuer,
      jwksUri: `${local.issuer}/jwks`,
      audience: 'tollgate',
      tenantClaim: 'tenant',
      rolesClaim: 'roles',
    },
  ],
  authorizerTtlSeconds: TTL_SECONDS,
  broker: false,
  bedrockUrl,
};
const environment = (name: 'authorizer' | 'invoke'): Record<string, string> =>
  environmentOf(name, surroundings, local.endpoint.credentialsFor(roleName(name)));
// One process is both functions: the role is the one that may assume the invoker role.
const door = { ...environment('authorizer'), ...environment('invoke') };
writeFileSync(join(dataDir, 'door.json'), JSON.stringify(door), { mode: 0o600 });
process.stdout.write(`listening ${port}\n`);
process.once('SIGTERM', () => local.stop().then(() => process.exit(0)));
