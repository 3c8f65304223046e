// npm install @aws-sdk/client-bedrock-runtime
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { gateway, token } from './gateway.mjs';

// What a shell would set: AWS_ENDPOINT_URL_BEDROCK_RUNTIME=GATEWAY AWS_BEARER_TOKEN_BEDROCK=$TOKEN AWS_REGION=us-east-1
process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = gateway;
process.env.AWS_BEARER_TOKEN_BEDROCK = token;
process.env.AWS_REGION = 'us-east-1';

const client = new BedrockRuntimeClient({});
const answer = await client.send(
  new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: [{ text: 'hello' }] }] }),
);
console.log(answer.output.message.content[0].text, answer.usage);

const { stream } = await client.send(
  new ConverseStreamCommand({
    modelId: 'amazon.nova-lite-v1:0',
    messages: [{ role: 'user', content: [{ text: 'hello again' }] }],
  }),
);
for await (const { contentBlockDelta } of stream) process.stdout.write(contentBlockDelta?.delta.text ?? '');
console.log();
client.destroy();
