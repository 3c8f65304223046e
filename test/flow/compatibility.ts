/** What is asked of each model through each client, as data: a form of request, by what it shows. */

/** What an answer says, whichever form it has. */
export interface Said {
  text: string;
  tools: string[];
  reasoning: string;
  /** Tokens; read and written ones of the cache apart. */
  usage: { input: number; output: number; cached: number };
}

export interface Feature {
  name: string;
  /** Of the answer; absent: that there is one is enough. */
  holds?(said: Said): boolean;
  /** Asked twice, and the second answer counts. */
  twice?: true;
}

export const FEATURES = [
  { name: 'text', holds: ({ text }) => text === 'echo: hello' },
  { name: 'streamed', holds: ({ text }) => text === 'echo: hello' },
  { name: 'usage', holds: ({ usage }) => usage.input === 1 && usage.output === 2 },
  { name: 'usage, streamed', holds: ({ usage }) => usage.input === 1 && usage.output === 2 },
  { name: 'system', holds: ({ usage }) => usage.input === 3 },
  { name: 'tools', holds: ({ tools }) => tools.join() === 'look' },
  { name: 'tools, streamed', holds: ({ tools }) => tools.join() === 'look' },
  { name: 'tool results', holds: ({ text }) => text.startsWith('echo:') },
  { name: 'pictures', holds: ({ text }) => text === 'echo: hello' },
  { name: 'PDFs', holds: ({ text }) => text === 'echo: hello' },
  { name: 'structured output', holds: ({ text }) => typeof JSON.parse(text).at === 'string' },
  { name: 'reasoning', holds: ({ reasoning }) => reasoning.length > 0 },
  { name: 'prompt caching', holds: ({ usage }) => usage.cached > 0, twice: true },
  { name: 'token count', holds: ({ usage }) => usage.input > 0 },
] as const satisfies readonly Feature[];

export type FeatureName = (typeof FEATURES)[number]['name'];

type Asks = Partial<Record<FeatureName, object>>;

const CALL = '[[tool:look {"at":"sky"}]]';
const THINK = '[[reasoning]] hello';
// One pixel.
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF').toString('base64');
const SCHEMA = {
  type: 'object',
  properties: { at: { type: 'string' } },
  required: ['at'],
  additionalProperties: false,
};
/** More than what a model caches at least. */
const LONG = 'word '.repeat(5_000);

export const OPENAI: Asks = (() => {
  const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
  const hello = user('hello');
  const tools = [{ type: 'function', function: { name: 'look', parameters: SCHEMA } }];
  const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } };
  const text = { type: 'text', text: 'hello' };
  const format = { type: 'json_schema', json_schema: { name: 'look', schema: SCHEMA, strict: true } };
  return {
    text: hello,
    streamed: hello,
    usage: hello,
    'usage, streamed': { ...hello, stream_options: { include_usage: true } },
    system: { messages: [{ role: 'system', content: 'be brief' }, ...hello.messages] },
    tools: { ...user(CALL), tools },
    'tools, streamed': { ...user(CALL), tools },
    'tool results': {
      tools,
      messages: [
        { role: 'user', content: CALL },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'call_1', content: 'blue' },
      ],
    },
    pictures: user([text, { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }]),
    PDFs: user([text, { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } }]),
    'structured output': { ...hello, response_format: format },
    reasoning: { ...user(THINK), reasoning_effort: 'low' },
    'prompt caching': user([{ type: 'text', text: LONG, cache_control: { type: 'ephemeral' } }, text]),
  };
})();

export const RESPONSES: Asks = (() => {
  const user = (content: unknown) => ({ input: [{ role: 'user', content }], store: false });
  const hello = { input: 'hello', store: false };
  const tools = [{ type: 'function', name: 'look', parameters: SCHEMA, strict: true }];
  const text = { type: 'input_text', text: 'hello' };
  return {
    text: hello,
    streamed: hello,
    usage: hello,
    'usage, streamed': hello,
    system: { ...hello, instructions: 'be brief' },
    tools: { ...user(CALL), tools },
    'tools, streamed': { ...user(CALL), tools },
    'tool results': {
      tools,
      store: false,
      input: [
        { role: 'user', content: CALL },
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"at":"sky"}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'blue' },
      ],
    },
    pictures: user([text, { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${PNG}` }]),
    PDFs: user([text, { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` }]),
    'structured output': {
      ...hello,
      text: { format: { type: 'json_schema', name: 'look', schema: SCHEMA, strict: true } },
    },
    reasoning: { ...user(THINK), reasoning: { effort: 'low', summary: 'auto' } },
    'prompt caching': user([
      { type: 'input_text', text: LONG, prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'input_text', text: 'hello' },
    ]),
  };
})();

export const ANTHROPIC: Asks = (() => {
  const user = (content: unknown) => ({ max_tokens: 2_000, messages: [{ role: 'user', content }] });
  const hello = user('hello');
  const tools = [{ name: 'look', input_schema: SCHEMA }];
  const text = { type: 'text', text: 'hello' };
  const data = (media_type: string, bytes: string) => ({ type: 'base64', media_type, data: bytes });
  return {
    text: hello,
    streamed: hello,
    usage: hello,
    'usage, streamed': hello,
    system: { ...hello, system: 'be brief' },
    tools: { ...user(CALL), tools },
    'tools, streamed': { ...user(CALL), tools },
    'tool results': {
      max_tokens: 2_000,
      tools,
      messages: [
        { role: 'user', content: CALL },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'look', input: { at: 'sky' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'blue' }] },
      ],
    },
    pictures: user([text, { type: 'image', source: data('image/png', PNG) }]),
    PDFs: user([text, { type: 'document', source: data('application/pdf', PDF) }]),
    'structured output': { ...hello, output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
    reasoning: { ...user(THINK), thinking: { type: 'enabled', budget_tokens: 1_024 } },
    'prompt caching': user([{ type: 'text', text: LONG, cache_control: { type: 'ephemeral' } }, text]),
    'token count': { messages: hello.messages },
  };
})();

export const GUIDANCE: Asks = {
  text: { inputs: 'hello' },
  tools: {
    inputs: CALL,
    tool_config: { tools: [{ toolSpec: { name: 'look', inputSchema: { json: SCHEMA } } }] },
  },
};

export const CONVERSE: Asks = (() => {
  const user = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] });
  const text = { text: 'hello' };
  const hello = user(text);
  const toolConfig = { tools: [{ toolSpec: { name: 'look', inputSchema: { json: SCHEMA } } }] };
  const bytes = (base64: string) => Buffer.from(base64, 'base64');
  const json = { jsonSchema: { schema: JSON.stringify(SCHEMA), name: 'look' } };
  return {
    text: hello,
    streamed: hello,
    usage: hello,
    'usage, streamed': hello,
    system: { ...hello, system: [{ text: 'be brief' }] },
    tools: { ...user({ text: CALL }), toolConfig },
    'tools, streamed': { ...user({ text: CALL }), toolConfig },
    'tool results': {
      toolConfig,
      messages: [
        { role: 'user', content: [{ text: CALL }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'call_1', name: 'look', input: { at: 'sky' } } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 'call_1', content: [{ text: 'blue' }] } }] },
      ],
    },
    pictures: user(text, { image: { format: 'png', source: { bytes: bytes(PNG) } } }),
    PDFs: user(text, { document: { format: 'pdf', name: 'a', source: { bytes: bytes(PDF) } } }),
    'structured output': {
      ...hello,
      outputConfig: { textFormat: { type: 'json_schema', structure: json } },
    },
    reasoning: user({ text: THINK }),
    'prompt caching': user({ text: LONG }, { cachePoint: { type: 'default' } }, text),
    'token count': hello,
  };
})();
