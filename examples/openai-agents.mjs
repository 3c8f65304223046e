// npm install @openai/agents openai zod
// Run by hand and not by the project's tests: what it brings along is 80 MB.
import { Agent, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { accessToken, gateway } from './gateway.mjs';

setDefaultOpenAIClient(new OpenAI({ baseURL: `${gateway}/v1`, apiKey: accessToken }));
setOpenAIAPI('chat_completions'); // its other way counts on answers that are kept between calls
setTracingDisabled(true); // traces would go to OpenAI, with what was asked

const weather = tool({
  name: 'weather',
  description: 'The weather of a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});
const agent = new Agent({ name: 'assistant', model: 'amazon.nova-lite-v1:0', tools: [weather] });
// The laptop's model calls a tool when it is told so.
const result = await run(agent, process.argv[2] ?? '[[tool:weather {"city":"Rome"}]]');
console.log(result.finalOutput);
