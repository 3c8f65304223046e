import { createAwsJson } from '../aws/json.ts';
import { CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { lineWriter } from '../contract/log.ts';
import { contextKeySettings, invokeSettings } from '../contract/settings.ts';
import { createContextKeys } from '../seal/keys.ts';
import { createOpen } from '../seal/seal.ts';
import { createSecretReader } from '../seal/secret.ts';
import { createApp } from './app.ts';
import { compose } from './compose.ts';
import { type LambdaRuntime, streamingHandler } from './edge/lambda.ts';
import { createTransport } from './providers/transport.ts';

const settings = invokeSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout, settings.stage);
const { client, ...deps } = await compose(settings, { clock, write });

const { secretId, url } = contextKeySettings(process.env);
const secrets = createAwsJson({
  signedAs: client.config,
  transport: createTransport({ requestMs: CONTEXT_KEY_TIMEOUT_MS }),
  service: 'secretsmanager',
  url,
  clock,
});
const keys = createContextKeys({ read: createSecretReader({ call: secrets, secretId }), clock, write });
keys.prefetch();

const { awslambda } = globalThis as unknown as { awslambda: LambdaRuntime };

export const handler = streamingHandler(createApp({ ...deps, open: createOpen({ keys, clock }) }), awslambda);
