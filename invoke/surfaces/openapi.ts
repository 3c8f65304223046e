import { type Documented, FALLBACK, json, USE_CASE } from './document-parts.ts';
import type { Route } from './routes.ts';

/** What anybody may ask for. */
const OPEN: Documented = {
  'GET /health': {
    operationId: 'health',
    summary: 'Whether the function answers.',
    security: [],
    responses: { '200': { description: 'It does.', content: json() } },
  },
  'GET /openapi.json': {
    operationId: 'openapi',
    summary: 'This document.',
    security: [],
    responses: { '200': { description: 'The document.', content: json() } },
  },
  'GET /docs': {
    operationId: 'docs',
    summary: 'This document for people, and what to paste into each client.',
    security: [],
    responses: { '200': { description: 'The page.', content: { 'text/html': {} } } },
  },
};

/** `GET /openapi.json`: the paths that exist, and what each answers (https://spec.openapis.org/oas/v3.1.0). */
export async function openapi(routes: readonly Route[]): Promise<object> {
  const paths: Record<string, Record<string, object>> = {};
  const add = (method: string, path: string, operation: object | undefined): void => {
    // Shown without one it would be a promise of nothing; a test holds that each has one.
    if (operation !== undefined) paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  for (const { method, path, document, serves } of routes) {
    const { documented } = await document();
    const operation: { parameters?: object[] } | undefined = documented[`${method} ${path}`];
    const answers = serves !== undefined && serves.action !== 'count';
    add(
      method,
      path,
      operation && answers
        ? { ...operation, parameters: [...(operation.parameters ?? []), FALLBACK, USE_CASE] }
        : operation,
    );
  }
  for (const [name, operation] of Object.entries(OPEN)) {
    const [method = '', path = ''] = name.split(' ');
    add(method, path, operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tollgate',
      version: '0.1.0',
      description: 'Amazon Bedrock and SageMaker for many tenants, each confined to its own models.',
    },
    // Where the document lies, which is below a stage's name or a domain's base path: the paths are not the host's.
    servers: [{ url: '.' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "The SSO's access token." },
      },
    },
  };
}
