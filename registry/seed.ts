import { isTollgateError } from '../contract/errors.ts';
import type { Target } from '../contract/model.ts';
import { isoMilliseconds } from './fields.ts';
import type { Document } from './items.ts';
import type { TokenRates } from './price.ts';
import type { Writer } from './writer.ts';

/** The demo registry of a gateway on a laptop. Prices are AWS's public on-demand ones in US dollars per 1,000,000 tokens. */

const REGION = 'us-east-1';
/** The regions of a `us.` profile (https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html). */
const US_REGIONS = ['us-east-1', 'us-east-2', 'us-west-2'];
const SUNSET_AFTER_MS = 30 * 24 * 3_600_000;

interface DemoModel {
  id: string;
  displayName: string;
  target: Target;
  rates: TokenRates;
  grantedTo: string[];
  /** Those who hold it not may ask for it. */
  askable?: true;
  /** Given, the model is deprecated in favour of it. */
  successor?: string;
}

// The operator's stands for a seeding that was completed, since all is written at once.
const OPERATOR = { id: 'ops', displayName: 'Operations', costCenter: 'CC-000' };
const TENANTS = [
  { id: 'acme', displayName: 'Acme', costCenter: 'CC-100' },
  { id: 'globex', displayName: 'Globex', costCenter: 'CC-200' },
  OPERATOR,
];

/**
 * Writes the demo models, tenants and grants, once: a table that was seeded is left as it is, whatever was changed in it
 * since.
 *
 * @param at `account`: twelve digits; `nowMs`: milliseconds since 1970, from which the deprecated model has 30 days
 * @returns whether anything was written
 */
export async function seedDemo(writer: Writer, at: { account: string; nowMs: number }): Promise<boolean> {
  if (await isSeeded(writer)) return false;
  const models = demoModels(at.account);
  await writer.create({
    models: models.map((model) => documentOf(model, at.nowMs)),
    tenants: TENANTS,
    grants: models.flatMap(({ id, grantedTo }) => grantedTo.map((tenant) => ({ tenant, model: id }))),
  });
  return true;
}

async function isSeeded(writer: Writer): Promise<boolean> {
  try {
    await writer.showTenant(OPERATOR.id);
    return true;
  } catch (error) {
    if (isTollgateError(error, 'not_found')) return false;
    // Malformed is there all the same, and somebody's own.
    if (isTollgateError(error, 'bad_entry')) return true;
    throw error;
  }
}

function demoModels(account: string): DemoModel[] {
  return [
    {
      id: 'claude-sonnet-4-5',
      displayName: 'Claude Sonnet 4.5',
      target: usProfile('anthropic.claude-sonnet-4-5-20250929-v1:0', account),
      // A profile of a geography costs what a region does: a tenth more than the global one.
      rates: { input: '3.3', output: '16.5', cacheRead: '0.33', cacheWrite: '4.125', cacheWrite1h: '6.6' },
      grantedTo: ['acme'],
      askable: true,
    },
    {
      id: 'nova-lite',
      displayName: 'Amazon Nova Lite',
      target: foundationModel('amazon.nova-lite-v1:0'),
      // AWS bills nothing for what Nova writes to its cache.
      rates: { input: '0.06', output: '0.24', cacheRead: '0.015', cacheWrite: '0', cacheWrite1h: '0' },
      grantedTo: ['acme', 'globex'],
    },
    {
      id: 'llama-3-3-70b',
      displayName: 'Llama 3.3 70B Instruct',
      target: usProfile('meta.llama3-3-70b-instruct-v1:0', account),
      rates: uncached({ input: '0.72', output: '0.72' }),
      grantedTo: ['globex'],
      askable: true,
    },
    {
      id: 'titan-embed-v2',
      displayName: 'Amazon Titan Text Embeddings V2',
      target: foundationModel('amazon.titan-embed-text-v2:0'),
      rates: { input: '0.02', output: '0' },
      grantedTo: ['acme', 'globex'],
    },
    {
      id: 'mixtral-8x7b',
      displayName: 'Mixtral 8x7B on SageMaker',
      target: {
        kind: 'sagemaker-endpoint',
        endpointName: 'mixtral-8x7b',
        region: REGION,
        arn: `arn:aws:sagemaker:${REGION}:${account}:endpoint/mixtral-8x7b`,
      },
      // An endpoint is paid by the hour; these are what such a model costs by the token on Bedrock.
      rates: { input: '0.45', output: '0.7' },
      grantedTo: ['acme'],
    },
    {
      id: 'claude-v2',
      displayName: 'Claude 2.1',
      target: foundationModel('anthropic.claude-v2:1'),
      rates: uncached({ input: '8', output: '24' }),
      grantedTo: ['acme'],
      successor: 'claude-sonnet-4-5',
    },
  ];
}

function documentOf({ id, displayName, target, rates, askable, successor }: DemoModel, nowMs: number): Document {
  return {
    id,
    displayName,
    target: { ...target },
    ...(askable === undefined ? {} : { askable }),
    lifecycle: successor === undefined ? { status: 'active' } : endingLifecycle(successor, nowMs),
    prices: [{ version: '2024-01', from: '2024-01-01', usdPerMillion: { ...rates } }],
  };
}

/**
 * Prices of a model that caches nothing on AWS. The local endpoint caches for every model that converses, and a kind
 * without a price would make the demo's calls unpriced: so cached input costs what input does.
 */
function uncached({ input, output }: { input: string; output: string }): TokenRates {
  return { input, output, cacheRead: input, cacheWrite: input, cacheWrite1h: input };
}

function endingLifecycle(successor: string, nowMs: number): Document {
  return {
    status: 'deprecated',
    deprecatedAt: isoMilliseconds(nowMs),
    sunsetAt: isoMilliseconds(nowMs + SUNSET_AFTER_MS),
    successor,
  };
}

function foundationModel(modelId: string): Target {
  return { kind: 'bedrock-model', modelId, region: REGION, arn: modelArn(modelId, REGION) };
}

function usProfile(modelId: string, account: string): Target {
  return {
    kind: 'bedrock-profile',
    modelId: `us.${modelId}`,
    region: REGION,
    arn: `arn:aws:bedrock:${REGION}:${account}:inference-profile/us.${modelId}`,
    modelArns: US_REGIONS.map((region) => modelArn(modelId, region)),
  };
}

function modelArn(modelId: string, region: string): string {
  return `arn:aws:bedrock:${region}::foundation-model/${modelId}`;
}
