// npm install @aws-sdk/client-sagemaker-runtime
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { accessToken, gateway } from './gateway.mjs';

// This client knows no bearer tokens: what it is given in place of a signature is one.
const signer = {
  sign: async (request) => {
    request.headers.authorization = `Bearer ${await accessToken()}`;
    return request;
  },
};
const credentials = { accessKeyId: '-', secretAccessKey: '-' }; // not used
const client = new SageMakerRuntimeClient({ endpoint: gateway, region: 'us-east-1', credentials, signer });
const answer = await client.send(
  new InvokeEndpointCommand({
    EndpointName: 'mixtral-8x7b',
    ContentType: 'application/json',
    Body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }] }),
  }),
);
console.log(JSON.parse(answer.Body.transformToString()).choices[0].message.content);
client.destroy();
