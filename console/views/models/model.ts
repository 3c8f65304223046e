import { DAY_MS } from '../../days.ts';

/** A model as `/v1/models` tells it to whom it was granted. Times are seconds since 1970. */
export interface HeldModel {
  id: string;
  display_name?: string;
  native_id?: string;
  owned_by: string;
  /** Of an alias: what answers to it. */
  served_by?: string[];
  paths: string[];
  streaming: boolean;
  capabilities?: {
    dialects?: string[];
    reasoning_efforts?: string[];
    structured_output?: string;
    tools?: boolean;
    reasoning?: boolean;
    prompt_caching?: boolean;
  };
  input_modalities?: string[];
  output_modalities?: string[];
  context_length?: number;
  max_output_tokens?: number;
  service_tiers?: string[];
  expires_at?: number;
  deprecated_at?: number;
  sunset_at?: number;
  successor?: string;
}

/** What may be asked for, as `/admin/catalogue` tells it. */
export interface AskableModel {
  id: string;
  displayName?: string;
  capabilities?: {
    input?: string[];
    output?: string[];
    streaming?: boolean;
    tools?: boolean;
    reasoning?: boolean;
    promptCaching?: boolean;
  };
  limits?: { context?: number; output?: number };
  lifecycle: { status: string; deprecatedAt?: string; sunsetAt?: string; successor?: string };
}

/** What of its end is to be seen at a glance; undefined: it has none. */
export interface Ending {
  tone: 'warn' | 'bad';
  text: string;
  /** Milliseconds since 1970 of when it stops answering; absent: not said. */
  at?: number;
}

/**
 * @param deprecated whether its end is announced, or in force
 * @param sunset milliseconds since 1970
 */
export function endingOf(deprecated: boolean, sunset: number | undefined, now = Date.now()): Ending | undefined {
  if (sunset === undefined) return deprecated ? { tone: 'warn', text: 'deprecated' } : undefined;
  const days = Math.ceil((sunset - now) / DAY_MS);
  if (days <= 0) return { tone: 'bad', text: 'ended', at: sunset };
  return { tone: days <= 30 ? 'bad' : 'warn', text: `ends in ${days} day${days === 1 ? '' : 's'}`, at: sunset };
}

/** @param now milliseconds since 1970 */
export function endingOfHeld({ deprecated_at, sunset_at }: HeldModel, now = Date.now()): Ending | undefined {
  const sunset = sunset_at === undefined ? undefined : sunset_at * 1000;
  return endingOf(deprecated_at !== undefined && deprecated_at * 1000 <= now, sunset, now);
}

/** @param now milliseconds since 1970 */
export function endingOfAskable({ lifecycle }: AskableModel, now = Date.now()): Ending | undefined {
  const { status, sunsetAt } = lifecycle;
  return endingOf(status === 'deprecated', sunsetAt === undefined ? undefined : Date.parse(sunsetAt), now);
}

/** Whether one can talk with it: what embeds or ranks has no such capabilities. */
export function isChat({ capabilities }: HeldModel): boolean {
  return capabilities !== undefined;
}

/** What it does, in words: `images in`, `tools`. */
export function abilitiesOf(model: HeldModel): string[] {
  const { input_modalities: input = [], output_modalities: output = [], capabilities = {}, streaming } = model;
  return abilities(input, output, {
    ...{ streaming, tools: capabilities.tools, promptCaching: capabilities.prompt_caching },
    reasoning: capabilities.reasoning ?? capabilities.reasoning_efforts?.some((effort) => effort !== 'none'),
  });
}

/** The same of what may be asked for. */
export function askableAbilities({ capabilities = {} }: AskableModel): string[] {
  const { input = [], output = [], ...more } = capabilities;
  return abilities(input, output, more);
}

interface Means {
  streaming?: boolean | undefined;
  tools?: boolean | undefined;
  reasoning?: boolean | undefined;
  promptCaching?: boolean | undefined;
}

function abilities(input: readonly string[], output: readonly string[], means: Means): string[] {
  const other = (list: readonly string[]): string[] =>
    list.map((one) => one.toLowerCase()).filter((one) => one !== 'text');
  return [
    ...other(input).map((one) => `${one} in`),
    ...other(output).map((one) => (one === 'embedding' ? 'embeddings' : `${one} out`)),
    ...(means.streaming ? ['streams'] : []),
    ...(means.tools ? ['tools'] : []),
    ...(means.reasoning ? ['reasons'] : []),
    ...(means.promptCaching ? ['caches'] : []),
  ];
}
