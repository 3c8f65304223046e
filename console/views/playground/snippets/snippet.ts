import type { Model } from '../models.ts';
import type { ChatRequest } from '../request.ts';
import type { PictureFile } from './pictures.ts';

/** What is to be shown as code. */
export interface Shown {
  request: ChatRequest;
  model: Model;
  /** The gateway’s root, without a slash at its end. */
  gateway: string;
  /** Its pictures, by their data URLs. */
  files: ReadonlyMap<string, PictureFile>;
}

/** A way to ask the same of the gateway, with somebody’s client. The code runs as it stands. */
export interface Snippet {
  id: string;
  label: string;
  /** The path that the model must be served on. */
  path: string;
  code(shown: Shown): string;
}

/** Whether what comes is shown as it comes; of what calls tools all is there at once. */
export function isStreamed({ request, model }: Shown): boolean {
  return model.streaming && request.tools === undefined;
}

/** Where every snippet has the caller’s credential from. */
export const TOKEN = 'TOLLGATE_TOKEN';

/** JSON, or nothing where a model wrote none. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/** What JavaScript imports to read pictures; '' where there is none. */
export const reading = ({ files }: Shown): string =>
  files.size === 0 ? '' : `import { readFileSync } from 'node:fs';\n`;

/** The messages of the system, as one text; '': none. */
export function systemOf({ messages }: ChatRequest): string {
  return messages.flatMap((message) => (message.role === 'system' ? [message.content] : [])).join('\n\n');
}

/** Without members that are undefined. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
