/** A model as `GET /v1/models` lists it: what of it the playground looks at. */
export interface Model {
  id: string;
  native_id?: string;
  display_name?: string;
  paths: readonly string[];
  streaming: boolean;
  capabilities?: { reasoning_efforts?: readonly string[]; tools?: boolean };
  input_modalities?: readonly string[];
  max_output_tokens?: number;
  /** Seconds since 1970: from then on it does not answer. */
  sunset_at?: number;
  successor?: string;
}

export const CHAT_PATH = '/v1/chat/completions';

/** @returns those that can be talked with */
export function conversing(models: readonly Model[]): Model[] {
  return models.filter(({ paths }) => paths.includes(CHAT_PATH));
}

/** Efforts that any of them can be asked for, in the order in which they are listed. */
export function effortsOf(models: readonly (Model | undefined)[]): string[] {
  return [...new Set(models.flatMap((model) => model?.capabilities?.reasoning_efforts ?? []))];
}

/** Whether it says that it does not look at pictures; one that says nothing may. */
export function isBlind({ input_modalities: input }: Model): boolean {
  return input !== undefined && !input.includes('IMAGE');
}

/** What it is called, and its id where that is another. */
export function titleOf({ id, display_name: name }: Model): string {
  return name === undefined || name === id ? id : `${name} (${id})`;
}
