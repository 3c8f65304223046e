import type { ConsoleSettings } from '../contract/console.ts';
import { ASSETS, DOCUMENT, type PageFiles } from './files.ts';

/** Where the console is, below the gateway's base path. */
export const CONSOLE = '/console';

/** Whether a path of the gateway is the console's. */
export function isConsole(path: string): boolean {
  return path === CONSOLE || path.startsWith(`${CONSOLE}/`);
}

export interface PageRequest {
  method: string;
  /** The gateway's own path, below any base path; as it was written, nothing decoded. */
  path: string;
  /** The query with its question mark; '' for none. */
  search: string;
  /** The header's value. */
  acceptEncoding: string | undefined;
}

export interface PageAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface PagesOptions {
  settings: ConsoleSettings;
  /** Whether the stage serves the registry's API. */
  admin: boolean;
  /** What the stage is called. */
  stage: string;
  files(): Promise<PageFiles>;
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
};

const NOTHING = new Uint8Array();

/**
 * Serves the console. What it answers is the same for everybody, and says nothing of any tenant: who one is, and what one may, is
 * between the page and the gateway's APIs.
 *
 * @returns answers; for a method other than GET and HEAD 405, for what is not there 404
 */
export function createPages({ settings, admin, stage, files }: PagesOptions) {
  const { origins, ...told } = settings;
  const config = new TextEncoder().encode(JSON.stringify({ ...told, admin, stage }));
  const guards = guardsFor(settings);

  return async ({ method, path, search, acceptEncoding }: PageRequest): Promise<PageAnswer> => {
    const answer = (status: number, headers: Record<string, string>, body: Uint8Array): PageAnswer => ({
      status,
      headers: { 'cache-control': 'no-cache', ...guards, ...headers },
      body: method === 'HEAD' ? NOTHING : body,
    });
    if (method !== 'GET' && method !== 'HEAD') return answer(405, { allow: 'GET, HEAD' }, NOTHING);
    // Relative, so that it holds below any base path and any stage's name.
    if (path === CONSOLE) return answer(307, { location: `console/${search}`, 'cache-control': 'no-store' }, NOTHING);
    const name = path.slice(CONSOLE.length + 1) || DOCUMENT;
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    if (name === 'config.json') return answer(200, { 'content-type': type }, config);
    const file = (await files()).get(name);
    if (file === undefined)
      return answer(404, { 'content-type': 'text/plain' }, new TextEncoder().encode('Not found.'));
    const zipped = /(?:^|[\s,])gzip(?:\s*(?:,|$)|\s*;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/i.test(acceptEncoding ?? '');
    return answer(
      200,
      {
        'content-type': type,
        vary: 'accept-encoding',
        ...(zipped ? { 'content-encoding': 'gzip' } : {}),
        ...(name.startsWith(ASSETS) ? { 'cache-control': 'public, max-age=31536000, immutable' } : {}),
      },
      zipped ? file.gzip : file.body,
    );
  };
}

/**
 * What a browser lets the page do: run and show what this origin serves, ask this origin and the issuer, and nothing else. No text
 * becomes a script or markup (Trusted Types), and no other page may hold this one in a frame.
 */
function guardsFor({ issuer, origins = [] }: ConsoleSettings): Record<string, string> {
  const asked = ["'self'", ...new Set([new URL(issuer).origin, ...origins])].join(' ');
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data: blob:",
    'connect-src': asked,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map((directive) => directive.join(' '))
      .join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}
