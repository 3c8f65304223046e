/** What the next request is made with. Numbers are as they were typed: what is wrong with them is said beside them. */
export interface Settings {
  /** One, or two that are compared. */
  models: readonly string[];
  system: string;
  temperature: string;
  topP: string;
  maxTokens: string;
  /** One on each line. */
  stop: string;
  /** '': as the model does by itself. */
  effort: string;
  /** JSON, as OpenAI’s `tools` has it; '': none. */
  tools: string;
}

export const NO_SETTINGS: Settings = {
  ...{ models: [], system: '', temperature: '', topP: '', maxTokens: '', stop: '', effort: '', tools: '' },
};

/** OpenAI’s own limit. */
const STOPS_MAX = 4;

/** A number in bounds, or nothing. */
interface Bounds {
  least: number;
  most: number;
  whole?: true;
}

const NUMBERS = {
  temperature: { least: 0, most: 2 },
  topP: { least: 0, most: 1 },
  maxTokens: { least: 1, most: 10_000_000, whole: true },
} as const satisfies Partial<Record<keyof Settings, Bounds>>;

export type Faults = Partial<Record<keyof Settings, string>>;

/** @returns what cannot be sent as it is, and why; a model’s own limits are the API’s to say */
export function faultsIn(settings: Settings): Faults {
  const faults: Faults = {};
  for (const [name, bounds] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, Bounds][]) {
    const text = settings[name].trim();
    const value = Number(text);
    if (text === '') continue;
    if (!(value >= bounds.least && value <= bounds.most) || (bounds.whole === true && !Number.isInteger(value)))
      faults[name] =
        bounds.whole === true ? 'A whole number from 1 up.' : `A number from ${bounds.least} to ${bounds.most}.`;
  }
  if (stopsIn(settings.stop).length > STOPS_MAX) faults.stop = `At most ${STOPS_MAX}.`;
  const tools = toolsIn(settings.tools);
  if (typeof tools === 'string') faults.tools = tools;
  return faults;
}

/** One a line; an empty line is none. */
export function stopsIn(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** @returns undefined: not given; only of settings without faults */
export function numberIn(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}

/** A function that the model may have called. */
export interface Tool {
  name: string;
  description?: string;
  /** JSON Schema of its arguments. */
  parameters?: Record<string, unknown>;
  strict?: boolean;
}

const NAME = /^[\w-]{1,64}$/;

/** @returns the functions that the text lists, or what is wrong with it */
export function toolsIn(text: string): Tool[] | string {
  if (text.trim() === '') return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    return `Not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`;
  }
  if (!Array.isArray(list)) return 'A list of tools: [{"type": "function", "function": {…}}].';
  const tools: Tool[] = [];
  for (const [at, one] of list.entries()) {
    const fault = faultOf(one);
    if (fault !== undefined) return `Tool ${at + 1}: ${fault}`;
    const { function: tool } = one as { function: Tool };
    if (tools.some(({ name }) => name === tool.name)) return `Tool ${at + 1}: there is another of this name.`;
    tools.push(tool);
  }
  return tools;
}

function faultOf(one: unknown): string | undefined {
  if (!isObject(one) || one.type !== 'function') return 'its type must be "function".';
  const { function: tool } = one;
  if (!isObject(tool)) return 'it has no "function".';
  if (typeof tool.name !== 'string' || !NAME.test(tool.name))
    return 'its name must be 1 to 64 letters, digits, - or _.';
  if (tool.description !== undefined && typeof tool.description !== 'string') return 'its description must be a text.';
  if (tool.parameters !== undefined && !isObject(tool.parameters)) return 'its parameters must be a JSON Schema.';
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a form of a tool looks like, for who has none at hand. */
export const EXAMPLE_TOOLS = JSON.stringify(
  [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'The weather of a city.',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string' } },
          required: ['city'],
          additionalProperties: false,
        },
      },
    },
  ],
  null,
  2,
);
