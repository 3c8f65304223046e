// npm install @anthropic-ai/sdk
import Anthropic from '@anthropic-ai/sdk';
import { gateway, token } from './gateway.mjs';

const client = new Anthropic({ baseURL: gateway, authToken: token, apiKey: null });
const answer = await client.messages.create({
  model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  max_tokens: 256,
  messages: [{ role: 'user', content: 'hello' }],
});
console.log(answer.content[0].text, answer.usage);

const stream = client.messages.stream({
  model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  max_tokens: 256,
  messages: [{ role: 'user', content: 'hello again' }],
});
stream.on('text', (text) => process.stdout.write(text));
await stream.finalMessage();
console.log();
