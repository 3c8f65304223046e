import { CHAT_PATH } from '../models.ts';
import type { ChatRequest, Message } from '../request.ts';
import { javascript, Verbatim } from './literal.ts';
import { defined, isStreamed, parsed, reading, type Shown, type Snippet, systemOf, TOKEN } from './snippet.ts';

export const vercel: Snippet = {
  ...{ id: 'vercel', label: 'Vercel AI', path: CHAT_PATH },
  code(shown) {
    const { request, gateway } = shown;
    const isStream = isStreamed(shown);
    const call = isStream ? 'streamText' : 'generateText';
    const body = javascript(
      defined({
        model: new Verbatim(`tollgate(${javascript(request.model)})`),
        instructions: systemOf(request) || undefined,
        messages: messagesOf(shown),
        temperature: request.temperature,
        topP: request.top_p,
        maxOutputTokens: request.max_completion_tokens,
        stopSequences: request.stop,
        providerOptions: request.reasoning_effort && { tollgate: { reasoningEffort: request.reasoning_effort } },
        tools: toolsOf(request),
      }),
    );
    return `// npm install ai @ai-sdk/openai-compatible
${reading(shown)}import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ${isStream ? call : `${call}, jsonSchema, tool`} } from 'ai';

const tollgate = createOpenAICompatible({ name: 'tollgate', baseURL: '${gateway}/v1', apiKey: process.env.${TOKEN} });
${
  isStream
    ? `const { textStream } = streamText(${body});
for await (const text of textStream) process.stdout.write(text);
`
    : `const { text, toolCalls } = await generateText(${body});
console.dir({ text, toolCalls }, { depth: null });
`
}`;
  },
};

function toolsOf({ tools }: ChatRequest): object | undefined {
  if (tools === undefined) return undefined;
  return Object.fromEntries(
    tools.map(({ function: { name, description, parameters = { type: 'object', properties: {} } } }) => {
      const inputSchema = new Verbatim(`jsonSchema(${javascript(parameters, 3)})`);
      return [name, new Verbatim(`tool(${javascript(defined({ description, inputSchema }), 2)})`)];
    }),
  );
}

function messagesOf({ request, files }: Shown): object[] {
  /** By the ids of calls: a result says which tool it is of. */
  const names = new Map<string, string>();
  const contentOf = (message: Message): object | string => {
    switch (message.role) {
      case 'assistant':
        if (message.tool_calls === undefined) return message.content ?? '';
        return [
          ...(message.content === null ? [] : [{ type: 'text', text: message.content }]),
          ...message.tool_calls.map(({ id, function: { name, arguments: written } }) => {
            names.set(id, name);
            return { type: 'tool-call', toolCallId: id, toolName: name, input: parsed(written) };
          }),
        ];
      case 'tool': {
        const { tool_call_id: id, content } = message;
        const output = { type: 'text', value: content };
        return [{ type: 'tool-result', toolCallId: id, toolName: names.get(id) ?? '', output }];
      }
      default:
        if (typeof message.content === 'string') return message.content;
        return message.content.map((part) => {
          if (part.type === 'text') return part;
          const { name = '', type = '' } = files.get(part.image_url.url) ?? {};
          return { type: 'file', mediaType: type, data: new Verbatim(`readFileSync('${name}')`) };
        });
    }
  };
  return request.messages.flatMap((message) =>
    message.role === 'system' ? [] : [{ role: message.role, content: contentOf(message) }],
  );
}
