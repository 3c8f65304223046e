/** What a developer pastes to make a client call the gateway. GATEWAY stands for its address, TOKEN for an access token. */
export interface Client {
  name: string;
  language: 'sh' | 'js' | 'python';
  lines: string;
}

const OPENAI_MODEL = 'amazon.nova-lite-v1:0';
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

export const CLIENTS: readonly Client[] = [
  {
    name: 'curl',
    language: 'sh',
    lines: `curl GATEWAY/v1/chat/completions -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -d '{"model":"${OPENAI_MODEL}","messages":[{"role":"user","content":"hello"}]}'`,
  },
  {
    name: 'OpenAI for JavaScript',
    language: 'js',
    lines: `const client = new OpenAI({ baseURL: 'GATEWAY/v1', apiKey: accessToken });  // a function is asked for every request
await client.chat.completions.create({ model: '${OPENAI_MODEL}', messages: [{ role: 'user', content: 'hello' }] });`,
  },
  {
    name: 'OpenAI for Python',
    language: 'python',
    lines: `client = OpenAI(base_url="GATEWAY/v1", api_key=access_token)
client.chat.completions.create(model="${OPENAI_MODEL}", messages=[{"role": "user", "content": "hello"}])`,
  },
  {
    name: 'Anthropic for JavaScript',
    language: 'js',
    lines: `const client = new Anthropic({ baseURL: 'GATEWAY', authToken: token, apiKey: null });
await client.messages.create({ model: '${CLAUDE}', max_tokens: 256, messages: [{ role: 'user', content: 'hello' }] });`,
  },
  {
    name: 'AWS SDK for JavaScript',
    language: 'js',
    lines: `// AWS_ENDPOINT_URL_BEDROCK_RUNTIME=GATEWAY AWS_BEARER_TOKEN_BEDROCK=$TOKEN AWS_REGION=us-east-1
const client = new BedrockRuntimeClient({});
await client.send(new ConverseCommand({ modelId: '${OPENAI_MODEL}', messages: [{ role: 'user', content: [{ text: 'hello' }] }] }));`,
  },
  {
    name: 'boto3',
    language: 'python',
    lines: `# AWS_ENDPOINT_URL_BEDROCK_RUNTIME=GATEWAY AWS_BEARER_TOKEN_BEDROCK=$TOKEN AWS_REGION=us-east-1
client = boto3.client("bedrock-runtime")
client.converse(modelId="${OPENAI_MODEL}", messages=[{"role": "user", "content": [{"text": "hello"}]}])`,
  },
  {
    name: 'Vercel AI SDK',
    language: 'js',
    lines: `const gateway = createOpenAICompatible({ name: 'tollgate', baseURL: 'GATEWAY/v1', apiKey: token });
await generateText({ model: gateway('${OPENAI_MODEL}'), prompt: 'hello' });`,
  },
  {
    name: 'LangChain',
    language: 'js',
    lines: `const model = new ChatOpenAI({ model: '${OPENAI_MODEL}', apiKey: token, configuration: { baseURL: 'GATEWAY/v1' } });
await model.invoke('hello');`,
  },
  {
    name: 'A coding agent (Claude Code)',
    language: 'sh',
    lines: `export ANTHROPIC_BASE_URL=GATEWAY ANTHROPIC_AUTH_TOKEN=$TOKEN
export ANTHROPIC_MODEL=${CLAUDE}
claude`,
  },
];
