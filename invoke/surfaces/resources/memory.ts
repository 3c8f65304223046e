import { type Json, parseJson } from '../../../contract/json.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { aliased, pathOf } from './agent.ts';
import { neededIn, queryOf } from './query.ts';
import { askResource, ownId } from './resource.ts';

/** Stands before what Bedrock is told of a session: of the name that its caller gave it, nothing is left there. */
const TOLD = /^own:(?=[0-9a-f]{32}$)/;

/**
 * `GET /agents/{agentId}/agentAliases/{agentAliasId}/memories`: what an agent remembers under an id of the tenant's.
 *
 * @param agent as for InvokeAgent
 * @throws TollgateError
 */
export function getAgentMemory(exchange: Exchange, agent: string, alias: string): Promise<Given> {
  const { memoryId, named } = memoryOf(exchange);
  const query = queryOf(exchange.request.query, ['memoryType', 'maxItems', 'nextToken'], { memoryId });
  const asked = { ...askedOf(agent, alias), operation: 'get-agent-memory', method: 'GET', query } as const;
  return askResource(exchange, asked, (body) => JSON.stringify(renamed(parseJson(body), named)));
}

/**
 * `DELETE` of the same, whole or of one session. Without an id it would be what the agent remembers of every tenant.
 *
 * @throws TollgateError
 */
export function deleteAgentMemory(exchange: Exchange, agent: string, alias: string): Promise<Given> {
  const { memoryId } = memoryOf(exchange);
  const { query: given } = exchange.request;
  const session = given.get('sessionId');
  const query = queryOf(given, [], {
    memoryId,
    sessionId: session === null ? undefined : sessionIdOf(exchange.caller.tenant, session),
  });
  return askResource(exchange, {
    ...{ ...askedOf(agent, alias), operation: 'delete-agent-memory', method: 'DELETE', query },
  });
}

function askedOf(agent: string, alias: string) {
  const native = (target: Parameters<typeof pathOf>[0]): string => `${pathOf(target)}/memories`;
  return { kind: 'bedrock-agent', wanted: aliased(agent, alias), native } as const;
}

function memoryOf({ caller, request }: Exchange): { memoryId: string; named: string } {
  const named = neededIn(request.query, 'memoryId');
  return { memoryId: ownId(caller.tenant, 'memory', named, 'memoryId'), named };
}

/** By the caller's name, or as a memory tells of it: it is of this memory, and so of this tenant. */
function sessionIdOf(tenant: string, session: string): string {
  return TOLD.test(session) ? session.replace(TOLD, '') : ownId(tenant, 'session', session, 'sessionId');
}

/** Each memory is the one that was asked for. */
function renamed(value: Json, named: string): Json {
  if (Array.isArray(value)) return value.map((item) => renamed(item, named));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name === 'memoryId') return [name, named];
      if (name === 'sessionId') return [name, `own:${inner}`];
      return [name, renamed(inner, named)];
    }),
  );
}
