// npm install ai @ai-sdk/openai-compatible
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import { gateway, token } from './gateway.mjs';

const tollgate = createOpenAICompatible({ name: 'tollgate', baseURL: `${gateway}/v1`, apiKey: token });
const answer = await generateText({ model: tollgate('amazon.nova-lite-v1:0'), prompt: 'hello' });
console.log(answer.text, answer.usage);

const { textStream } = streamText({ model: tollgate('amazon.nova-lite-v1:0'), prompt: 'hello again' });
for await (const text of textStream) process.stdout.write(text);
console.log();
