/** What a developer pastes to make a client call the gateway. GATEWAY stands for its address, TOKEN for an access token. */
export interface Client {
  name: string;
  /** The program in examples/ that does the same, and runs. */
  example: string;
  lines: string;
}

const MODEL = 'amazon.nova-lite-v1:0';
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

const AWS_SHELL = 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME=GATEWAY AWS_BEARER_TOKEN_BEDROCK=$TOKEN AWS_REGION=us-east-1';

export const CLIENTS: readonly Client[] = [
  {
    name: 'curl',
    example: 'curl.sh',
    lines: `curl -sSf "GATEWAY/v1/chat/completions" -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -d '{"model":"${MODEL}","messages":[{"role":"user","content":"hello"}]}'`,
  },
  {
    name: 'OpenAI for JavaScript',
    example: 'openai-chat.mjs',
    lines: `const client = new OpenAI({ baseURL: 'GATEWAY/v1', apiKey: accessToken }); // a function is asked for every request
await client.chat.completions.create({ model: '${MODEL}', messages: [{ role: 'user', content: 'hello' }] });`,
  },
  {
    name: 'OpenAI for Python',
    example: 'openai_chat.py',
    lines: `client = OpenAI(base_url="GATEWAY/v1", api_key=access_token)  # a function is asked for every request
client.chat.completions.create(model="${MODEL}", messages=[{"role": "user", "content": "hello"}])`,
  },
  {
    name: 'OpenAI for JavaScript, responses',
    example: 'openai-responses.mjs',
    lines: `const client = new OpenAI({ baseURL: 'GATEWAY/v1', apiKey: accessToken });
const model = '${MODEL}';
await client.responses.create({ model, input: 'hello' });`,
  },
  {
    name: 'OpenAI Agents SDK',
    example: 'openai-agents.mjs',
    lines: `setDefaultOpenAIClient(new OpenAI({ baseURL: 'GATEWAY/v1', apiKey: accessToken }));
setOpenAIAPI('chat_completions');
setTracingDisabled(true); // traces would go to OpenAI, with what was asked`,
  },
  {
    name: 'Anthropic for JavaScript',
    example: 'anthropic.mjs',
    lines: `const client = new Anthropic({ baseURL: 'GATEWAY', authToken: token, apiKey: null });
await client.messages.create({ model: '${CLAUDE}', max_tokens: 256, messages: [{ role: 'user', content: 'hello' }] });`,
  },
  {
    name: 'AWS SDK for JavaScript',
    example: 'aws-sdk.mjs',
    lines: `// ${AWS_SHELL}
const client = new BedrockRuntimeClient({});
await client.send(new ConverseCommand({ modelId: '${MODEL}', messages: [{ role: 'user', content: [{ text: 'hello' }] }] }));`,
  },
  {
    name: 'boto3',
    example: 'boto3_bedrock.py',
    lines: `# ${AWS_SHELL}
client = boto3.client("bedrock-runtime")
client.converse(modelId="${MODEL}", messages=[{"role": "user", "content": [{"text": "hello"}]}])`,
  },
  {
    name: 'AWS SDK for JavaScript, SageMaker',
    example: 'sagemaker.mjs',
    lines: `const signer = { sign: async (request) => { request.headers.authorization = \`Bearer \${await accessToken()}\`; return request; } };
const credentials = { accessKeyId: '-', secretAccessKey: '-' }; // not used
const client = new SageMakerRuntimeClient({ endpoint: 'GATEWAY', region: 'us-east-1', credentials, signer });`,
  },
  {
    name: 'Vercel AI SDK',
    example: 'vercel-ai.mjs',
    lines: `const tollgate = createOpenAICompatible({ name: 'tollgate', baseURL: 'GATEWAY/v1', apiKey: token });
await generateText({ model: tollgate('${MODEL}'), prompt: 'hello' });`,
  },
  {
    name: 'LangChain',
    example: 'langchain.mjs',
    lines: `const model = new ChatOpenAI({ model: '${MODEL}', apiKey: token, configuration: { baseURL: 'GATEWAY/v1' } });
await model.invoke('hello');`,
  },
  {
    name: 'A coding agent (Claude Code, .claude/settings.json)',
    example: 'claude-code/settings.json',
    lines: `{
  "apiKeyHelper": "npx tollgate token acme-app",
  "env": {
    "ANTHROPIC_BASE_URL": "GATEWAY",
    "ANTHROPIC_MODEL": "${CLAUDE}",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL": "${CLAUDE}"
  }
}`,
  },
];
