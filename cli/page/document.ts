import { createHash } from 'node:crypto';
import { type Html, html } from './html.ts';
import { STYLE } from './style.ts';

export interface Page {
  title: string;
  body: Html;
  /** Rules beside those that every page has. */
  style?: Html;
  /** The page's one script: source without a value of anybody's in it, and without `</script`. */
  script?: Html;
}

/**
 * A page that stands alone: read it anywhere, keep it, print it. Nothing is fetched, and nothing runs but the page's one
 * script, known by its hash (https://www.w3.org/TR/CSP3/#grammardef-hash-source), even if a value were to find a way past
 * the escaping.
 */
export function documentOf({ title, body, style, script }: Page): string {
  const scripts = script === undefined ? '' : html` script-src '${hashOf(script)}';`;
  const security = html`default-src 'none'; style-src 'unsafe-inline';${scripts} base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${security}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${STYLE}
${style ?? ''}</head>
<body>
${body}
${script === undefined ? '' : html`<script>${script}</script>\n`}</body>
</html>
`.toString();
}

function hashOf(script: Html): string {
  return `sha256-${createHash('sha256').update(script.toString()).digest('base64')}`;
}
