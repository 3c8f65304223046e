import { isObject, type JsonObject } from './read.ts';
import type { RequestDigest } from './service.ts';

/** Members whose own members are settings, and not a caller's names. */
const SETTINGS: ReadonlySet<string> = new Set([
  'inferenceConfig',
  'toolConfig',
  'outputConfig',
  'output_config',
  'additionalModelRequestFields',
  'guardrailConfig',
  'performanceConfig',
  'serviceTier',
  'thinking',
  'response_format',
  'stream_options',
  'parameters',
]);

const IMAGES: ReadonlySet<unknown> = new Set(['image', 'image_url', 'input_image']);
const DOCUMENTS: ReadonlySet<unknown> = new Set(['document', 'file', 'input_file']);

/** @returns null for a body that is no JSON object */
export function digest(operation: string, body: Buffer): RequestDigest | null {
  const root = objectIn(body);
  if (root === undefined) return null;
  const config = isObject(root.toolConfig) ? root.toolConfig : {};
  const blocks = itemsOf(root.messages).flatMap(({ content }) => blocksIn(content));
  const count = (kinds: ReadonlySet<unknown>) => blocks.filter((block) => isOne(block, kinds)).length;
  return {
    operation,
    members: Object.entries(root).flatMap(([name, value]) => [name, ...namesIn(name, value)]),
    tools: itemsOf(config.tools ?? root.tools).flatMap(nameOf),
    toolChoice: config.toolChoice ?? root.tool_choice ?? null,
    images: count(IMAGES),
    documents: count(DOCUMENTS),
  };
}

function objectIn(body: Buffer): JsonObject | undefined {
  try {
    const root: unknown = JSON.parse(body.toString());
    return isObject(root) ? root : undefined;
  } catch {
    return undefined;
  }
}

const itemsOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

function namesIn(name: string, value: unknown): string[] {
  return SETTINGS.has(name) && isObject(value) ? Object.keys(value).map((inner) => `${name}.${inner}`) : [];
}

/** Converse wraps a tool in its kind, OpenAI in `function`; Anthropic's is bare. */
function nameOf(tool: JsonObject): string[] {
  return [tool, tool.toolSpec, tool.systemTool, tool.function]
    .flatMap((form) => (isObject(form) ? [form.name] : []))
    .filter((name) => typeof name === 'string');
}

/** A turn's blocks, those of tool results too. */
function blocksIn(content: unknown): JsonObject[] {
  return itemsOf(content).flatMap((block) => {
    const result = isObject(block.toolResult) ? block.toolResult : block;
    return [block, ...blocksIn(result.content)];
  });
}

/** Converse names a block by its member, the others by its type. */
function isOne(block: JsonObject, kinds: ReadonlySet<unknown>): boolean {
  return kinds.has(block.type) || Object.keys(block).some((name) => isObject(block[name]) && kinds.has(name));
}
