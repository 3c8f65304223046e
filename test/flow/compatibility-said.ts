import { ANTHROPIC, CONVERSE, OPENAI, type Said } from './compatibility.ts';

/** How the answer of each client is read. */

// biome-ignore lint/suspicious/noExplicitAny: requests are data here, and what came of them is looked at and not trusted.
export type Json = any;

export const OPENAI_SAYS = ({ choices, usage }: Json): Said => ({
  text: choices[0].message.content ?? '',
  tools: (choices[0].message.tool_calls ?? []).map((one: Json) => one.function.name),
  reasoning: choices[0].message.reasoning_content ?? '',
  usage: {
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
  },
});

export const RESPONSES_SAY = ({ output, usage }: Json): Said => {
  const textsOf = (type: string, member: string): string =>
    output
      .filter((item: Json) => item.type === type)
      .flatMap((item: Json) => item[member] ?? [])
      .map((part: Json) => part.text ?? '')
      .join('');
  return {
    text: textsOf('message', 'content'),
    tools: output.flatMap((item: Json) => (item.type === 'function_call' ? [item.name] : [])),
    reasoning: textsOf('reasoning', 'content') + textsOf('reasoning', 'summary'),
    usage: {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.input_tokens_details?.cached_tokens ?? 0,
    },
  };
};

export const ANTHROPIC_SAYS = ({ content, usage }: Json): Said => ({
  text: content.map((one: Json) => one.text ?? '').join(''),
  tools: content.flatMap((one: Json) => (one.type === 'tool_use' ? [one.name] : [])),
  reasoning: content.map((one: Json) => one.thinking ?? '').join(''),
  usage: { input: usage.input_tokens, output: usage.output_tokens, cached: usage.cache_read_input_tokens ?? 0 },
});

export const CONVERSE_SAYS = ({ output, usage }: Json): Said => ({
  text: output.message.content.map((one: Json) => one.text ?? '').join(''),
  tools: output.message.content.flatMap((one: Json) => one.toolUse?.name ?? []),
  reasoning: output.message.content.map((one: Json) => one.reasoningContent?.reasoningText?.text ?? '').join(''),
  usage: { input: usage.inputTokens, output: usage.outputTokens, cached: usage.cacheReadInputTokens ?? 0 },
});

/** In the guidance's form an answer says no usage, and tools in Converse's. */
export const GUIDANCE_SAYS = ([{ generated_text: said }]: Json): Said => ({
  ...NOTHING,
  text: typeof said === 'string' ? said : '',
  tools: Array.isArray(said) ? said.map((one: Json) => one.toolUse.name) : [],
});

export const NOTHING: Said = { text: '', tools: [], reasoning: '', usage: { input: 0, output: 0, cached: 0 } };

/** Chunks of OpenAI's streams as one answer. */
export async function chunksOf(chunks: AsyncIterable<Json>): Promise<Said> {
  const message = { content: '', tool_calls: [] as Json[] };
  let usage: Json = {};
  for await (const chunk of chunks) {
    const delta = chunk.choices[0]?.delta ?? {};
    message.content += delta.content ?? '';
    for (const call of delta.tool_calls ?? []) if (call.function?.name) message.tool_calls.push(call);
    usage = chunk.usage ?? usage;
  }
  return OPENAI_SAYS({ choices: [{ message }], usage });
}

export async function* sse(bytes: AsyncIterable<Uint8Array | undefined>): AsyncGenerator<Json> {
  let text = '';
  for await (const piece of bytes) text += Buffer.from(piece ?? []).toString();
  for (const [, data = ''] of text.matchAll(/^data: ?(\{.*)$/gm)) yield JSON.parse(data);
}

/** How each family's own body is written and read, for the clients that pass it on. */
export const OWN: Record<
  string,
  { asks: typeof OPENAI; body(ask: Json): object; says(answer: Json): Said; delta(event: Json): string }
> = {
  Claude: {
    asks: ANTHROPIC,
    body: (ask) => ({ anthropic_version: 'bedrock-2023-05-31', ...ask }),
    says: ANTHROPIC_SAYS,
    delta: (event) => event.delta?.text ?? '',
  },
  Nova: {
    asks: CONVERSE,
    body: (ask) => ask,
    says: CONVERSE_SAYS,
    delta: (event) => event.contentBlockDelta?.delta.text ?? '',
  },
  Llama: {
    asks: { text: { prompt: 'hello' }, streamed: { prompt: 'hello' }, usage: { prompt: 'hello' } },
    body: (ask) => ask,
    says: (answer) => ({
      ...NOTHING,
      text: answer.generation,
      usage: { input: answer.prompt_token_count, output: answer.generation_token_count, cached: 0 },
    }),
    delta: (event) => event.generation ?? '',
  },
  'gpt-oss': {
    asks: OPENAI,
    body: (ask) => ask,
    says: OPENAI_SAYS,
    delta: (event) => event.choices?.[0]?.delta.content ?? '',
  },
};

/** Of a client that only counts. */
export const counted = (input: number): Said => ({ ...NOTHING, usage: { input, output: 0, cached: 0 } });
