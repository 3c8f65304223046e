import type { ChatRequest, Message } from '../request.ts';
import { javascript, Verbatim } from './literal.ts';
import { defined, isStreamed, parsed, reading, type Shown, type Snippet, systemOf, TOKEN } from './snippet.ts';

/** Anthropic’s format asks for a limit; this one is for who has none. */
const MAX_TOKENS = 1024;

/** Of its own list: it has no words for less. */
const EFFORTS: readonly string[] = ['low', 'medium', 'high', 'xhigh', 'max'];

export const anthropic: Snippet = {
  ...{ id: 'anthropic', label: 'Anthropic', path: '/v1/messages' },
  code(shown) {
    const { request, model, gateway } = shown;
    const isStream = isStreamed(shown);
    const body = javascript(
      defined({
        model: model.id,
        max_tokens: request.max_completion_tokens ?? Math.min(MAX_TOKENS, model.max_output_tokens ?? MAX_TOKENS),
        system: systemOf(request) || undefined,
        messages: messagesOf(shown),
        temperature: request.temperature,
        top_p: request.top_p,
        stop_sequences: request.stop,
        output_config: effortOf(request),
        tools: request.tools?.map(({ function: { name, description, parameters = { type: 'object' } } }) =>
          defined({ name, description, input_schema: parameters }),
        ),
      }),
    );
    return `// npm install @anthropic-ai/sdk
${reading(shown)}import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '${gateway}', authToken: process.env.${TOKEN}, apiKey: null });
${
  isStream
    ? `const stream = client.messages.stream(${body});
stream.on('text', (text) => process.stdout.write(text));
await stream.finalMessage();
`
    : `const answer = await client.messages.create(${body});
console.dir(answer.content, { depth: null });
`
}`;
  },
};

function effortOf({ reasoning_effort: effort }: ChatRequest): object | undefined {
  return effort !== undefined && EFFORTS.includes(effort) ? { effort } : undefined;
}

/** Results of tools are the user’s there, and those that follow each other are one message. */
function messagesOf({ request, files }: Shown): object[] {
  const messages: { role: string; content: string | object[] }[] = [];
  for (const message of request.messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = contentOf(message, files);
    const last = messages.at(-1);
    if (last?.role === role && Array.isArray(last.content) && Array.isArray(content)) last.content.push(...content);
    else messages.push({ role, content });
  }
  return messages;
}

function contentOf(message: Message, files: Shown['files']): string | object[] {
  if (message.role === 'tool')
    return [{ type: 'tool_result', tool_use_id: message.tool_call_id, content: message.content }];
  if (message.role === 'assistant') {
    if (message.tool_calls === undefined) return message.content ?? '';
    return [
      ...(message.content === null ? [] : [{ type: 'text', text: message.content }]),
      ...message.tool_calls.map(({ id, function: { name, arguments: written } }) => ({
        ...{ type: 'tool_use', id, name },
        input: parsed(written),
      })),
    ];
  }
  if (typeof message.content === 'string') return message.content;
  return message.content.map((part) => {
    if (part.type === 'text') return part;
    const { name = '', type = '' } = files.get(part.image_url.url) ?? {};
    const data = new Verbatim(`readFileSync('${name}', 'base64')`);
    return { type: 'image', source: { type: 'base64', media_type: type, data } };
  });
}
