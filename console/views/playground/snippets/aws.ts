import type { Message } from '../request.ts';
import { javascript, Verbatim } from './literal.ts';
import { defined, isStreamed, parsed, reading, type Shown, type Snippet, systemOf, TOKEN } from './snippet.ts';

/** What the caller imports, and this page does not. */
const PACKAGE = '@aws-sdk/client-bedrock-runtime';

export const aws: Snippet = {
  ...{ id: 'aws', label: 'AWS SDK', path: '/model/{id}/converse' },
  code(shown) {
    const { request, model, gateway } = shown;
    const isStream = isStreamed(shown);
    const system = systemOf(request);
    const inference = defined({
      maxTokens: request.max_completion_tokens,
      temperature: request.temperature,
      topP: request.top_p,
      stopSequences: request.stop,
    });
    const body = javascript(
      defined({
        modelId: model.native_id ?? model.id,
        system: system === '' ? undefined : [{ text: system }],
        messages: messagesOf(shown),
        inferenceConfig: Object.keys(inference).length === 0 ? undefined : inference,
        toolConfig: request.tools && {
          tools: request.tools.map(({ function: { name, description, parameters = { type: 'object' } } }) => ({
            toolSpec: defined({ name, description, inputSchema: { json: parameters } }),
          })),
        },
      }),
      1,
    );
    const command = isStream ? 'ConverseStreamCommand' : 'ConverseCommand';
    return `// npm install ${PACKAGE}
${reading(shown)}import { BedrockRuntimeClient, ${command} } from '${PACKAGE}';

const client = new BedrockRuntimeClient({
  endpoint: '${gateway}',
  region: 'us-east-1',
  authSchemePreference: ['httpBearerAuth'],
  token: { token: process.env.${TOKEN} },
});
${request.reasoning_effort === undefined ? '' : '// How much it reasons is said in fields of the model’s own: additionalModelRequestFields.\n'}${
  isStream
    ? `const { stream } = await client.send(
  new ConverseStreamCommand(${body}),
);
for await (const { contentBlockDelta } of stream) process.stdout.write(contentBlockDelta?.delta.text ?? '');
`
    : `const answer = await client.send(
  new ConverseCommand(${body}),
);
console.dir(answer.output.message.content, { depth: null });
`
}client.destroy();
`;
  },
};

/** Neighbours of one role are one message there. */
function messagesOf({ request, files }: Shown): object[] {
  const messages: { role: string; content: object[] }[] = [];
  for (const message of request.messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocksOf(message, files));
    else messages.push({ role, content: blocksOf(message, files) });
  }
  return messages;
}

function blocksOf(message: Message, files: Shown['files']): object[] {
  switch (message.role) {
    case 'tool':
      return [{ toolResult: { toolUseId: message.tool_call_id, content: [{ text: message.content || '{}' }] } }];
    case 'assistant':
      return [
        ...(message.content === null ? [] : [{ text: message.content }]),
        ...(message.tool_calls ?? []).map(({ id, function: { name, arguments: written } }) => ({
          toolUse: { toolUseId: id, name, input: parsed(written) },
        })),
      ];
    case 'user':
      if (typeof message.content === 'string') return [{ text: message.content }];
      return message.content.map((part) => {
        if (part.type === 'text') return { text: part.text };
        const { name = '', type = '' } = files.get(part.image_url.url) ?? {};
        const bytes = new Verbatim(`readFileSync('${name}')`);
        return { image: { format: type.slice('image/'.length), source: { bytes } } };
      });
    default:
      return [];
  }
}
