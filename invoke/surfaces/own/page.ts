import { createHash } from 'node:crypto';
import type { Given } from '../../exchange.ts';
import { CLIENTS } from './clients.ts';

/** A part of OpenAPI, as far as the page shows it. */
interface Operation {
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; description?: string }[];
  requestBody?: { content: Record<string, { schema?: Shown }> };
}

interface Shown {
  type?: unknown;
  required?: readonly string[];
  properties?: Record<string, Shown>;
  items?: Shown;
  oneOf?: Shown[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
}

const STYLE = `:root{color-scheme:light dark;--line:#8884;--dim:#777;--code:#8881}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2.5rem}h3{font-size:1rem;margin:1.5rem 0 .3rem}
pre{background:var(--code);padding:.7rem;overflow-x:auto;border-radius:.4rem;font-size:.85rem}
summary{cursor:pointer;padding:.35rem 0}details{border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-top:1px solid var(--line)}
.dim{color:var(--dim)}code{font-size:.9em;overflow-wrap:anywhere}`;

// The address is the page's own: a request never says where it is.
const SCRIPT = `const here=location.href.replace(/\\/docs([?#].*)?$/,'');
for(const code of document.querySelectorAll('pre'))code.textContent=code.textContent.replaceAll('GATEWAY',here);`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing from elsewhere, and of its own only what is written here. */
const POLICY = `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * `GET /docs`: what to paste into each client, and what `/openapi.json` says, for people. It says nothing of any tenant.
 *
 * @param document as `openapi` makes it
 */
export function docsPage(document: object): Given {
  const { paths } = document as { paths: Record<string, Record<string, Operation>> };
  const clients = CLIENTS.map(({ name, lines }) => `<h3>${escaped(name)}</h3><pre>${escaped(lines)}</pre>`);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationOf(`${method.toUpperCase()} ${path}`, operation)),
  );
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tollgate</title><style>${STYLE}</style>
<h1>Tollgate</h1>
<p>Amazon Bedrock and SageMaker under your own token. It goes into <code>Authorization: Bearer</code>, with whichever client you
have; which models you may call, <code>GET /v1/models</code> says. Their ids are the registry’s or AWS’s own.</p>
<h2>Clients</h2>${clients.join('')}
<h2>Paths</h2><p class="dim">For programs: <a href="openapi.json">openapi.json</a></p>${operations.join('')}
<script>${SCRIPT}</script></html>`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'public, max-age=300',
    },
    body,
  };
}

function operationOf(name: string, { summary, description, parameters = [], requestBody }: Operation): string {
  const schema = Object.values(requestBody?.content ?? {})[0]?.schema;
  const rows = [
    ...parameters.map((one) => row(one.name, one.in, one.description)),
    ...(schema === undefined ? [] : rowsOf(schema, '')),
  ];
  const table = rows.length === 0 ? '' : `<table>${rows.join('')}</table>`;
  return `<details><summary><code>${escaped(name)}</code> <span class="dim">${escaped(summary)}</span></summary>
<p>${escaped(description)}</p>${table}</details>`;
}

function rowsOf({ properties = {}, required = [], items, oneOf = [] }: Shown, at: string): string[] {
  const below = Object.entries(properties).flatMap(([name, schema]) => {
    const path = at === '' ? name : `${at}.${name}`;
    const must = required.includes(name) ? ', required' : '';
    return [row(path, `${typeOf(schema)}${must}`, schema.description), ...rowsOf(schema, path)];
  });
  return [
    ...below,
    ...oneOf.flatMap((form) => rowsOf(form, at)),
    ...(items === undefined ? [] : rowsOf(items, `${at}[]`)),
  ];
}

function typeOf({ type, enum: words, const: word }: Shown): string {
  if (word !== undefined) return JSON.stringify(word);
  if (words !== undefined) return words.map((one) => JSON.stringify(one)).join(' | ');
  return type === undefined ? 'any' : String(type).replaceAll(',', ' | ');
}

function row(name: string, type: string, description = ''): string {
  return `<tr><td><code>${escaped(name)}</code><td class="dim">${escaped(type)}<td>${escaped(description)}`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text = ''): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c);
}
