// npm install openai
import OpenAI from 'openai';
import { accessToken, gateway } from './gateway.mjs';

const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: accessToken }); // a function is asked for every request
const answer = await client.chat.completions.create({
  model: 'amazon.nova-lite-v1:0',
  messages: [{ role: 'user', content: 'hello' }],
});
console.log(answer.choices[0].message.content, answer.usage);

const stream = await client.chat.completions.create({
  model: 'amazon.nova-lite-v1:0',
  messages: [{ role: 'user', content: 'hello again' }],
  stream: true,
});
for await (const { choices } of stream) process.stdout.write(choices[0]?.delta.content ?? '');
console.log();
