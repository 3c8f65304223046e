// npm install openai
import OpenAI from 'openai';
import { accessToken, gateway } from './gateway.mjs';

const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: accessToken });
const model = 'amazon.nova-lite-v1:0';
const answer = await client.responses.create({ model, input: 'hello' });
console.log(answer.output_text, answer.usage);

// In the background, for who cannot hold a connection for as long as the model thinks.
let later = await client.responses.create({ model, input: 'hello again', background: true });
while (later.status === 'queued' || later.status === 'in_progress') {
  await new Promise((resolve) => setTimeout(resolve, 500));
  later = await client.responses.retrieve(later.id);
}
console.log(later.status, later.output_text);
