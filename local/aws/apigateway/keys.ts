import { randomBytes } from 'node:crypto';
import { textOf } from '../read.ts';
import { operationsOf } from './patch.ts';
import type { ApiKey, State } from './store.ts';
import { type Asked, bad, conflict, newId, notFound, page } from './wire.ts';

export function listKeys(state: State, { query }: Asked): object {
  const prefix = query.get('name') ?? '';
  const found = state.keys.filter(({ name }) => name.startsWith(prefix));
  return page(
    found.map((key) => shown(key, query, 'includeValues')),
    query,
  );
}

export function createKey(state: State, { body, now }: Asked): ApiKey {
  const value = body.value === undefined ? randomBytes(20).toString('hex') : textOf(body.value, 'value');
  if (!/^[A-Za-z0-9]{20,128}$/.test(value)) throw bad('API key value should be 20 to 128 letters and digits');
  if (state.keys.some((key) => key.value === value)) throw conflict('API Key already exists');
  const { name = '', description, enabled } = body;
  return addKey(
    state,
    {
      name: textOf(name, 'name'),
      value,
      // API Gateway makes a key that says nothing of it disabled.
      enabled: enabled === true,
      ...(description === undefined ? {} : { description: textOf(description, 'description') }),
    },
    now,
  );
}

export function addKey(
  state: State,
  fields: Omit<ApiKey, 'id' | 'createdDate' | 'lastUpdatedDate'>,
  now: number,
): ApiKey {
  const key = { id: newId(), ...fields, createdDate: now, lastUpdatedDate: now };
  state.keys.push(key);
  return key;
}

export function updateKey(state: State, { ids, body, query, now }: Asked): object {
  const key = keyOf(state, ids[0]);
  for (const { path, value } of operationsOf(body)) {
    if (path === '/enabled') key.enabled = value === 'true';
    else if (path === '/name') key.name = value;
    else if (path === '/description') key.description = value;
    else throw bad(`Invalid patch path ${path}`);
  }
  key.lastUpdatedDate = now;
  return shown(key, query, 'includeValue');
}

export function deleteKey(state: State, { ids }: Asked): undefined {
  const { id } = keyOf(state, ids[0]);
  state.keys = state.keys.filter((key) => key.id !== id);
  state.planKeys = state.planKeys.filter(({ keyId }) => keyId !== id);
}

export function keyOf({ keys }: State, id: string | undefined): ApiKey {
  const key = keys.find((one) => one.id === id);
  if (key === undefined) throw notFound('API Key');
  return key;
}

/** A key without its value, unless the query asks for it. */
export function shown({ value, ...key }: ApiKey, query: URLSearchParams, asked: string): { id: string } {
  return query.get(asked) === 'true' ? Object.assign({}, key, { value }) : key;
}
