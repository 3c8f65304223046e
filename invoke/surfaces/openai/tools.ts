import type { Json } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import type { CachePoint, Tool, ToolChoice } from '../converse.ts';
import { invalid, type Members } from '../fields.ts';
import { isStructured } from '../means.ts';
import { cachePoint } from './messages.ts';

/** What a model is offered. */
export interface Offer {
  /** None: it can call none. */
  tools: (Tool | CachePoint)[];
  /** Absent: as it likes. */
  choice?: ToolChoice;
}

/** @throws TollgateError `invalid_request` naming a choice of what is not among the tools */
export function offerOf({ tools, tool_choice: choice }: Members, model: AllowedModel): Offer {
  const given = (tools ?? []) as Members[];
  const allowed = allowedOf(choice, given);
  if (allowed === undefined) return { tools: [] };
  const strict = isStructured(model);
  return {
    tools: given.flatMap((tool) => (allowed.has(nameOf(tool)) ? [toolOf(tool, strict), ...cachePoint(tool)] : [])),
    ...choiceOf(choice),
  };
}

/** By name; undefined: none may be called. */
function allowedOf(choice: Json | undefined, given: readonly Members[]): Set<string> | undefined {
  const names = new Set(given.map(nameOf));
  if (choice == null || choice === 'auto') return names;
  if (choice === 'none') return undefined;
  if (names.size === 0) throw invalid('tool_choice', 'may be given only with tools');
  if (typeof choice !== 'object') return names;
  const { function: one, allowed_tools } = choice as { function?: Json; allowed_tools?: { tools: Members[] } };
  const wanted = allowed_tools === undefined ? [{ function: one ?? null }] : allowed_tools.tools;
  for (const tool of wanted) if (!names.has(nameOf(tool))) throw invalid('tool_choice', 'must name one of the tools');
  return allowed_tools === undefined ? names : new Set(wanted.map(nameOf));
}

function choiceOf(choice: Json | undefined): Pick<Offer, 'choice'> {
  if (choice === 'required') return { choice: { any: {} } };
  if (choice === null || typeof choice !== 'object') return {};
  const { function: one, allowed_tools } = choice as { function?: { name: string }; allowed_tools?: { mode: string } };
  if (one !== undefined) return { choice: { tool: { name: one.name } } };
  return allowed_tools?.mode === 'required' ? { choice: { any: {} } } : {};
}

function nameOf(tool: Members): string {
  return (tool.function as { name: string }).name;
}

const NOTHING: Json = { type: 'object', properties: {} };

function toolOf({ function: described }: Members, canBeStrict: boolean): Tool {
  const { name, description, parameters, strict } = described as Members & { name: string };
  return {
    toolSpec: {
      name,
      ...(typeof description === 'string' && description.trim() !== '' ? { description } : {}),
      inputSchema: { json: parameters ?? NOTHING },
      ...(strict === true && canBeStrict ? { strict } : {}),
    },
  };
}
