/**
 * The whole local gateway with Bedrock Runtime replaced by the benchmark's bare upstream; all else, STS and the table
 * included, is what `npm start` starts. A process of its own: `node gateway.ts UPSTREAM_PORT GATEWAY_PORT FOLDER`; prints
 * `listening PORT`. What the two doors are started with, the credentials of the functions' roles among it, is then in
 * `FOLDER/door.json`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTEXT_KEY } from '../../local/aws/roles.ts';
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
  corsOrigins: [],
  basePath: '',
  verbose: false,
  bedrockUrl,
});
// The Lambda door is sealed between its functions, too.
const door = { ...local.serveEnv, TOLLGATE_CONTEXT_KEY: CONTEXT_KEY };
writeFileSync(join(dataDir, 'door.json'), JSON.stringify(door), { mode: 0o600 });
process.stdout.write(`listening ${port}\n`);
process.once('SIGTERM', () => local.stop().then(() => process.exit(0)));
