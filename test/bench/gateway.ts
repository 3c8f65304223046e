/**
 * The whole local gateway with Bedrock Runtime replaced by the benchmark's bare upstream; all else, STS and the table
 * included, is what `npm start` starts. A process of its own: `node gateway.ts UPSTREAM_PORT GATEWAY_PORT FOLDER`; prints
 * `listening PORT`.
 */
import { startLocal } from '../../local/start.ts';

const [upstream, port, dataDir] = process.argv.slice(2);
const local = await startLocal({
  port: Number(port),
  dataDir: String(dataDir),
  issuers: [],
  authorizerTtlSeconds: 60,
  broker: process.env.TOLLGATE_BROKER === '1',
  tenantIsolation: process.env.TOLLGATE_TENANT_ISOLATION === '1',
  verbose: false,
  bedrockUrl: `http://127.0.0.1:${upstream}`,
});
process.stdout.write(`listening ${port}\n`);
process.once('SIGTERM', () => local.stop().then(() => process.exit(0)));
