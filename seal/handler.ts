import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createAwsJson } from '../aws/json.ts';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { secretsUrl } from '../contract/settings.ts';
import { createRotate, randomKey } from './rotate.ts';

/** Makes a new key when Secrets Manager says so. Which secret it is, is in the event, and IAM knows of one only. */
export const handler = createRotate({
  call: createAwsJson({
    // Any client's: its credentials and region.
    signedAs: new STSClient({}).config,
    transport: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: CONTEXT_KEY_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    }),
    service: 'secretsmanager',
    url: secretsUrl(process.env),
    clock: () => Date.now(),
  }),
  newKey: randomKey,
});
