import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FEATURES } from './compatibility.ts';
import {
  CONVERSING,
  clientsOf,
  EMBEDDING,
  LATER,
  type Model,
  madeBy,
  ORDERING,
  PAINTING,
  type Sdks,
} from './compatibility-clients.ts';
import { grantModels, ofBedrock, type Wanted } from './granted.ts';
import { Stack } from './stack.ts';

/**
 * docs/compatibility.md, made by asking: each cell is a call of the vendor's own SDK to the running gateway. It fails where the
 * page says something else, and `npx vitest run test/flow/compatibility.test.ts -u` writes the page anew.
 */

let stack: Stack;
let sdks: Sdks;

beforeAll(async () => {
  stack = await Stack.start();
  const added = [...CONVERSING, ...EMBEDDING, ...PAINTING, ...ORDERING];
  await grantModels(
    stack,
    added.flatMap(({ id, modelId }) => (modelId === undefined ? [] : [ofBedrock([id, modelId])])),
  );
  await grantModels(stack, LATER.map(answeringLater));
  const token = await stack.token('acme-app');
  const { gateway } = stack;
  const aws = { endpoint: gateway, region: 'us-east-1', maxAttempts: 1 };
  sdks = {
    openai: new OpenAI({ baseURL: `${gateway}/v1`, apiKey: token, maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: gateway, authToken: token, apiKey: null, maxRetries: 0 }),
    bedrock: new BedrockRuntimeClient({ ...aws, token: { token }, authSchemePreference: ['httpBearerAuth'] }),
    sagemaker: new SageMakerRuntimeClient({
      ...aws,
      credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
      signer: {
        sign: async (request) =>
          Object.assign(request, { headers: { ...request.headers, authorization: `Bearer ${token}` } }),
      },
    }),
    async http(path, body) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await fetch(`${gateway}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!response.ok) throw Object.assign(new Error(path), { status: response.status });
      return response.json();
    },
  };
});

afterAll(async () => {
  sdks.bedrock.destroy();
  sdks.sagemaker.destroy();
  await stack.remove();
});

function answeringLater({ id }: Model): Wanted {
  const region = 'us-east-1';
  const arn = `arn:aws:sagemaker:${region}:111122223333:endpoint/async-lmi`;
  const asyncInput = 's3://inputs/';
  return { id, target: { kind: 'sagemaker-endpoint', endpointName: 'async-lmi', region, arn, asyncInput } };
}

/** Calls at once: all of them would be a burst that no warm gateway has to take. */
const AT_ONCE = 6;
const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** `yes`, what it was refused with, or what it was instead. */
async function outcome(ask: () => Promise<boolean>): Promise<string> {
  try {
    return (await inTurn(ask)) ? 'yes' : 'no';
  } catch (thrown) {
    const error = thrown as { status?: number; $metadata?: { httpStatusCode?: number } };
    const status = error.status ?? error.$metadata?.httpStatusCode;
    return status === undefined ? 'no' : String(status);
  }
}

const NONE = '–';

async function table(
  models: readonly Model[],
  rows: readonly [string, (model: Model) => Promise<string>][],
): Promise<string> {
  const written = await Promise.all(rows.map(async ([name, cell]) => [name, ...(await Promise.all(models.map(cell)))]));
  const shown = written.filter((cells) => cells.slice(1).some((cell) => cell !== NONE));
  const head = [
    ['', ...models.map(({ name }) => name)],
    ['---', ...models.map(() => '---')],
  ];
  return [...head, ...shown].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

test('docs/compatibility.md says what each client gets of each kind of model', async () => {
  const conversing = clientsOf(sdks).map(async ({ name, has, ask }) => {
    const rows = FEATURES.map((feature): [string, (model: Model) => Promise<string>] => [
      feature.name,
      async (model) => {
        if (!has(model, feature.name)) return NONE;
        return outcome(async () => {
          if ('twice' in feature) await ask(model, feature.name);
          return feature.holds(await ask(model, feature.name));
        });
      },
    ]);
    return `## ${name}\n\n${await table(CONVERSING, rows)}\n`;
  });
  const made = [EMBEDDING, PAINTING, ORDERING, LATER].map((models) =>
    table(
      models,
      madeBy(sdks)
        .filter((one) => one.models === models)
        .map(({ name, ask }) => [name, ({ id }) => outcome(() => ask(id))]),
    ),
  );
  const page = [
    `# What each client gets of each kind of model

Made by \`test/flow/compatibility.test.ts\`, which asks the gateway on this machine for each of these with the vendor's own SDK
where there is one, and fails where the answers are others: \`npx vitest run test/flow/compatibility.test.ts -u\` writes them down.

*yes*: it reached the model in a form of its own, and the answer shows it. *no*: accepted, and the answer does not show it; prompts
are read anew by what keeps none. *A number*: refused with this status and a sentence that says why. *–*: the client has no such
thing, or it passes by the gateway unread. The models are stand-ins that keep to the vendors' forms, and refuse pictures
where those of these names do: another of a family may do more, or less.
`,
    ...(await Promise.all(conversing)),
    '## Embeddings and images by OpenAI’s SDK, and documents in order\n',
    `${(await Promise.all(made.slice(0, -1))).join('\n\n')}\n`,
    '## An endpoint that answers later\n',
    `${await made.at(-1)}\n`,
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/compatibility.md');
});
