import { createHash } from 'node:crypto';
import { type Html, html } from './html.ts';
import { STYLE } from './style.ts';

export interface Page {
  title: string;
  body: Html;
  /** Rules beside those that every page has: `<style>` elements. No element may have a style of its own. */
  style?: Html;
  /** The page's one script: source without a value of anybody's in it, and without `</script`. */
  script?: Html;
}

/**
 * A page that stands alone: read it anywhere, keep it, print it. Nothing is fetched, and nothing runs or changes how it looks
 * but the page's one script and its own styles, known by their hashes
 * (https://www.w3.org/TR/CSP3/#grammardef-hash-source), even if a value were to find a way past the escaping.
 */
export function documentOf({ title, body, style, script }: Page): string {
  const styles = html`${STYLE}
${style ?? ''}`;
  const css = [...styles.toString().matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, rules = '']) => rules);
  const scripts = script === undefined ? '' : html` script-src${hashOf(script.toString())};`;
  const security = html`default-src 'none'; style-src${css.map(hashOf)};${scripts} base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${security}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${styles}</head>
<body>
${body}
${script === undefined ? '' : html`<script>${script}</script>\n`}</body>
</html>
`.toString();
}

function hashOf(source: string): Html {
  return html` 'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}
