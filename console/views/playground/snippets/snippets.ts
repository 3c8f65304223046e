import type { Model } from '../models.ts';
import { anthropic } from './anthropic.ts';
import { aws } from './aws.ts';
import { curl } from './curl.ts';
import { openaiJs, openaiPython } from './openai.ts';
import type { Snippet } from './snippet.ts';
import { vercel } from './vercel.ts';

export { filesOf } from './pictures.ts';
export { TOKEN } from './snippet.ts';

const SNIPPETS: readonly Snippet[] = [curl, openaiJs, openaiPython, anthropic, aws, vercel];

/** @returns the ways to ask a model, of those that it is served on */
export function snippetsFor({ paths }: Model): readonly Snippet[] {
  return SNIPPETS.filter(({ path }) => paths.includes(path));
}
