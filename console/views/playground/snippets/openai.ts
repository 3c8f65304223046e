import { CHAT_PATH } from '../models.ts';
import type { ChatRequest } from '../request.ts';
import { javascript, python, pythonArguments, Verbatim } from './literal.ts';
import type { PictureFile } from './pictures.ts';
import { isStreamed, reading, type Shown, type Snippet, TOKEN } from './snippet.ts';

/** @param write the address of a picture, in the language's own words */
function withFiles({ request, files }: Shown, write: (file: PictureFile) => string): ChatRequest {
  const messages = request.messages.map((message) =>
    message.role === 'user' && Array.isArray(message.content)
      ? { ...message, content: message.content.map((part) => shown(part)) }
      : message,
  );
  function shown<Part extends { type: string }>(part: Part): Part {
    const { url = '' } = (part as { image_url?: { url?: string } }).image_url ?? {};
    const file = files.get(url);
    return file === undefined ? part : { ...part, image_url: { url: new Verbatim(write(file)) } };
  }
  return { ...request, messages };
}

export const openaiJs: Snippet = {
  ...{ id: 'openai-ts', label: 'OpenAI, TypeScript', path: CHAT_PATH },
  code(shown) {
    const asked = withFiles(shown, ({ name, type }) => `\`data:${type};base64,\${readFileSync('${name}', 'base64')}\``);
    const isStream = isStreamed(shown);
    const body = javascript({ ...asked, ...(isStream && { stream: true }) });
    return `// npm install openai
${reading(shown)}import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${shown.gateway}/v1', apiKey: process.env.${TOKEN} });
${
  isStream
    ? `const stream = await client.chat.completions.create(${body});
for await (const { choices } of stream) process.stdout.write(choices[0]?.delta.content ?? '');
`
    : `const answer = await client.chat.completions.create(${body});
console.dir(answer.choices[0].message, { depth: null });
`
}`;
  },
};

export const openaiPython: Snippet = {
  ...{ id: 'openai-python', label: 'OpenAI, Python', path: CHAT_PATH },
  code(shown) {
    const hasFiles = shown.files.size > 0;
    const asked = withFiles(
      shown,
      ({ name, type }) => `"data:${type};base64," + b64encode(open(${python(name)}, "rb").read()).decode()`,
    );
    const isStream = isStreamed(shown);
    const body = pythonArguments({ ...asked, ...(isStream && { stream: true }) });
    return `# pip install openai
import os
${hasFiles ? 'from base64 import b64encode\n' : ''}
from openai import OpenAI

client = OpenAI(base_url="${shown.gateway}/v1", api_key=os.environ["${TOKEN}"])
${
  isStream
    ? `stream = client.chat.completions.create(
${body})
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`
    : `answer = client.chat.completions.create(
${body})
print(answer.choices[0].message)
`
}`;
  },
};
