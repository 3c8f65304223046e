// npm install @aws-sdk/client-sagemaker-runtime; beside it runs `npx tollgate sidecar` (docs/sidecar.md)
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';

// No token, no secret, no code of ours: it signs with keys that are none, and the sidecar puts the tenant's token in their place.
const endpoint = process.env.SIDECAR ?? 'http://127.0.0.1:9191';
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
const client = new SageMakerRuntimeClient({ endpoint, region: 'us-east-1', credentials });
const answer = await client.send(
  new InvokeEndpointCommand({
    EndpointName: 'mixtral-8x7b',
    ContentType: 'application/json',
    Body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }] }),
  }),
);
console.log(JSON.parse(answer.Body.transformToString()).choices[0].message.content);
client.destroy();
