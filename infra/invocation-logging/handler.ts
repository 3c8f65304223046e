import { setTimeout as wait } from 'node:timers/promises';
import {
  BedrockClient,
  DeleteModelInvocationLoggingConfigurationCommand,
  GetModelInvocationLoggingConfigurationCommand,
  type LoggingConfig,
  PutModelInvocationLoggingConfigurationCommand,
} from '@aws-sdk/client-bedrock';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createConfigure } from './configure.ts';

const client = new BedrockClient({ authSchemePreference: ['sigv4'], requestHandler: new NodeHttpHandler() });

export const handler = createConfigure({
  setting: {
    get: async () => (await client.send(new GetModelInvocationLoggingConfigurationCommand({}))).loggingConfig,
    put: async (logging) => {
      await client.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig: logging as LoggingConfig }));
    },
    remove: async () => {
      await client.send(new DeleteModelInvocationLoggingConfigurationCommand({}));
    },
  },
  // The URL is signed for an empty content type.
  answer: async (url, body) => {
    const { ok, status } = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } });
    if (!ok) throw new Error(`CloudFormation did not take the answer: ${status}`);
  },
  wait: async (ms) => {
    await wait(ms);
  },
});
