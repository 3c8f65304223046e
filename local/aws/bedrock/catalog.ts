/** The foundation models and inference profiles that the local account has: the demo's, and their close relatives. */

export type FormatName =
  | 'anthropic'
  | 'claude-legacy'
  | 'nova'
  | 'llama'
  | 'openai'
  | 'titan-text'
  | 'titan-embed'
  | 'titan-embed-image'
  | 'cohere-embed'
  | 'nova-embed'
  | 'rerank'
  | 'amazon-image'
  | 'stability-image'
  | 'hosted'
  | 'jumpstart';

export interface FoundationModel {
  readonly id: string;
  readonly format: FormatName;
  /** Whether it can only be called through an inference profile. */
  readonly profileOnly: boolean;
}

export interface InferenceProfile {
  readonly id: string;
  readonly model: FoundationModel;
  /** Where it may run the model. */
  readonly regions: readonly string[];
  /** A `global.` profile also checks the model's ARN without a region. */
  readonly global: boolean;
}

const GEOGRAPHIES: Readonly<Record<string, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-central-1', 'eu-west-1', 'eu-west-3'],
  apac: ['ap-northeast-1', 'ap-southeast-1', 'ap-southeast-2'],
};
const EVERYWHERE = Object.values(GEOGRAPHIES).flat();

/** Those of the geography that a region is in; one that is in none is alone. */
export function regionsAround(region: string): readonly string[] {
  return Object.values(GEOGRAPHIES).find((regions) => regions.includes(region)) ?? [region];
}

const MODELS = new Map<string, FoundationModel>(
  (
    [
      ['anthropic.claude-opus-4-1-20250805-v1:0', 'anthropic', true],
      ['anthropic.claude-sonnet-4-20250514-v1:0', 'anthropic', true],
      ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic', true],
      ['anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic', true],
      ['anthropic.claude-3-5-sonnet-20240620-v1:0', 'anthropic', false],
      ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic', false],
      ['anthropic.claude-v2', 'claude-legacy', false],
      ['anthropic.claude-v2:1', 'claude-legacy', false],
      ['amazon.nova-micro-v1:0', 'nova', false],
      ['amazon.nova-lite-v1:0', 'nova', false],
      ['amazon.nova-pro-v1:0', 'nova', false],
      ['amazon.titan-tg1-large', 'titan-text', false],
      ['amazon.titan-text-express-v1', 'titan-text', false],
      ['amazon.titan-embed-text-v1', 'titan-embed', false],
      ['amazon.titan-embed-text-v2:0', 'titan-embed', false],
      ['amazon.titan-embed-image-v1', 'titan-embed-image', false],
      ['amazon.nova-2-multimodal-embeddings-v1:0', 'nova-embed', false],
      ['amazon.titan-image-generator-v2:0', 'amazon-image', false],
      ['amazon.nova-canvas-v1:0', 'amazon-image', false],
      ['stability.stable-image-core-v1:1', 'stability-image', false],
      ['cohere.embed-english-v3', 'cohere-embed', false],
      ['cohere.embed-v4:0', 'cohere-embed', false],
      ['cohere.rerank-v3-5:0', 'rerank', false],
      ['amazon.rerank-v1:0', 'rerank', false],
      ['openai.gpt-oss-20b-1:0', 'openai', false],
      ['openai.gpt-oss-120b-1:0', 'openai', false],
      ['meta.llama3-1-8b-instruct-v1:0', 'llama', false],
      ['meta.llama3-3-70b-instruct-v1:0', 'llama', true],
    ] as const
  ).map(([id, format, profileOnly]) => [id, { id, format, profileOnly }]),
);

export const foundationModels = (): FoundationModel[] => [...MODELS.values()];

export function foundationModel(id: string): FoundationModel | undefined {
  return MODELS.get(id);
}

/** What a model makes, as Bedrock's catalogue names it. */
export function modalityOf({ format }: FoundationModel): 'TEXT' | 'EMBEDDING' | 'IMAGE' {
  if (format.endsWith('-embed') || format === 'titan-embed-image') return 'EMBEDDING';
  return format === 'amazon-image' || format === 'stability-image' ? 'IMAGE' : 'TEXT';
}

/** Formats of models that see no pictures. */
const TEXT_ONLY: ReadonlySet<FormatName> = new Set(['claude-legacy', 'llama', 'openai', 'titan-text']);

/** Whether a model sees pictures. */
export function sees({ id, format }: FoundationModel): boolean {
  return !TEXT_ONLY.has(format) && !id.startsWith('amazon.nova-micro');
}

/** A system-defined profile: a geography, a dot, and a model's id. */
export function inferenceProfile(id: string): InferenceProfile | undefined {
  const dot = id.indexOf('.');
  const geography = id.slice(0, Math.max(0, dot));
  const model = MODELS.get(id.slice(dot + 1));
  const regions = geography === 'global' ? EVERYWHERE : GEOGRAPHIES[geography];
  if (model === undefined || regions === undefined) return undefined;
  return { id, model, regions, global: geography === 'global' };
}

/** Those that are called in a region: its geography's, and the ones that run a model anywhere. */
export function profilesAround(region: string): InferenceProfile[] {
  const geographies = Object.entries(GEOGRAPHIES).filter(([, regions]) => regions.includes(region));
  const conversing = foundationModels().filter(({ format, profileOnly }) => profileOnly || format === 'nova');
  return [...geographies.map(([name]) => name), 'global'].flatMap((name) =>
    conversing.flatMap(({ id }) => inferenceProfile(`${name}.${id}`) ?? []),
  );
}

/** Whether an id has a profile's form, known or not: it decides which ARN is checked. */
export function looksLikeProfile(id: string): boolean {
  return /^(global|[a-z]{2,4}(-gov)?)\.[a-z0-9-]+\./.test(id);
}
