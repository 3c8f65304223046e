import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Environment, readAll, required } from '../../../contract/read-setting.ts';
import { readClients } from '../../../sidecar/clients.ts';

const KNOWN = new Set([
  ...['PORT', 'TOLLGATE_URL', 'TOLLGATE_ISSUER', 'TOLLGATE_CLIENT_ID', 'TOLLGATE_TOKEN_FILE'],
  ...['SIDECAR_SOCKET', 'SIDECAR_AUTHORIZATION_FILE', 'SIDECAR_CLIENTS', 'SIDECAR_METRICS'],
]);
const SHARED = { TOLLGATE_URL: 'https://gateway.example.com', TOLLGATE_ISSUER: 'https://login.example.com' };

const read = (env: Environment) =>
  readAll({
    url: () => required(env, 'TOLLGATE_URL'),
    socket: () => required(env, 'SIDECAR_SOCKET'),
    client: () => required(env, 'TOLLGATE_CLIENT_ID'),
  });

const clients = (table: unknown, env: Environment = SHARED) =>
  readClients({ ...env, SIDECAR_CLIENTS: typeof table === 'string' ? table : JSON.stringify(table) }, KNOWN, read);

const billing = { SIDECAR_SOCKET: '/run/billing.sock', TOLLGATE_CLIENT_ID: 'billing' };

describe('SIDECAR_CLIENTS', () => {
  test('gives each client the environment that they share, and its own', () => {
    const search = {
      SIDECAR_SOCKET: '/run/search.sock',
      TOLLGATE_CLIENT_ID: 'search',
      TOLLGATE_URL: 'https://b.example',
    };
    expect([...(clients({ billing, search }) ?? [])]).toEqual([
      ['billing', { url: SHARED.TOLLGATE_URL, socket: '/run/billing.sock', client: 'billing' }],
      ['search', { url: 'https://b.example', socket: '/run/search.sock', client: 'search' }],
    ]);
  });

  test('may be a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-clients-'));
    try {
      writeFileSync(join(folder, 'clients.json'), JSON.stringify({ billing }));
      expect([...(clients(join(folder, 'clients.json')) ?? [])]).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is not there: there is one client', () => {
    expect(readClients({ ...SHARED, TOLLGATE_CLIENT_ID: 'one' }, KNOWN, read)).toBeUndefined();
  });

  test.each<[string, unknown, string, Environment?]>([
    ['no client', {}, 'SIDECAR_CLIENTS names no client'],
    ['no JSON', '{', 'SIDECAR_CLIENTS is not right: The SIDECAR_CLIENTS is not JSON'],
    ['no file', '/nowhere/clients.json', 'no file that can be read (ENOENT)'],
    ['a client twice', '{"a":{},"a":{}}', 'has a member twice: "a"'],
    ['a name that no label can have', { 'a b': billing }, 'SIDECAR_CLIENTS.a b: the name must be'],
    ['a client that is no object', { billing: 'x' }, 'SIDECAR_CLIENTS.billing: it must be an object'],
    ['a value that is no text', { billing: { ...billing, SIDECAR_METRICS: true } }, 'SIDECAR_METRICS must be a text'],
    [
      'a variable that there is not',
      { billing: { ...billing, TOLLGATE_CLIENTID: 'x' } },
      'TOLLGATE_CLIENTID is no setting',
    ],
    ['a port', { billing: { ...billing, PORT: '9192' } }, 'PORT is no setting of a client'],
    [
      'no socket',
      { billing: { TOLLGATE_CLIENT_ID: 'x' } },
      'SIDECAR_CLIENTS.billing: SIDECAR_SOCKET must be an absolute path',
    ],
    ['a socket of two', { billing, search: billing }, 'SIDECAR_CLIENTS.search: SIDECAR_SOCKET is another client’s'],
    [
      'a socket of two, by two names',
      { billing, search: { ...billing, SIDECAR_SOCKET: '/run/../run/billing.sock' } },
      'SIDECAR_CLIENTS.search: SIDECAR_SOCKET is another client’s',
    ],
    [
      'an authorization file of two',
      Object.fromEntries(
        ['a', 'b'].map((name) => [
          name,
          { ...billing, SIDECAR_SOCKET: `/run/${name}.sock`, SIDECAR_AUTHORIZATION_FILE: '/run/file' },
        ]),
      ),
      'SIDECAR_CLIENTS.b: SIDECAR_AUTHORIZATION_FILE is another client’s',
    ],
    [
      'who is nobody',
      { billing: { SIDECAR_SOCKET: '/run/x' } },
      'SIDECAR_CLIENTS.billing: TOLLGATE_CLIENT_ID is not set.',
    ],
    [
      'somebody beside it',
      { billing },
      'TOLLGATE_CLIENT_ID belongs to a client',
      { ...SHARED, TOLLGATE_CLIENT_ID: 'main' },
    ],
    ['a port beside it', { billing }, 'PORT belongs to a client', { ...SHARED, PORT: '9191' }],
  ])('with %s is refused by name', (_what, table, message, env = SHARED) => {
    expect(() => clients(table, env)).toThrow(
      expect.objectContaining({ code: 'bad_setting', publicMessage: expect.stringContaining(message) }),
    );
  });

  test('names all that is wrong at once', () => {
    const thrown = (() => {
      try {
        return clients({ a: { SIDECAR_SOCKET: '/run/a' }, b: { SIDECAR_SOCKET: 'b' } });
      } catch (error) {
        return (error as { publicMessage: string }).publicMessage.split('\n');
      }
    })();
    expect(thrown).toHaveLength(2);
  });
});
