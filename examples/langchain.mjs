// npm install @langchain/openai @langchain/core
// Run by hand and not by the project's tests: what it brings along is 75 MB.
import { ChatOpenAI } from '@langchain/openai';
import { gateway, token } from './gateway.mjs';

const model = new ChatOpenAI({
  model: 'amazon.nova-lite-v1:0',
  apiKey: token,
  configuration: { baseURL: `${gateway}/v1` },
});
const answer = await model.invoke('hello');
console.log(answer.content, answer.usage_metadata);

for await (const { content } of await model.stream('hello again')) process.stdout.write(content);
console.log();
