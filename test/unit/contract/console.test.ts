import { describe, expect, test } from 'vitest';
import { parseConsole } from '../../../contract/console.ts';

const GOOD = { issuer: 'https://login.example.com/pool', clientId: 'c1' };

describe('the console’s settings', () => {
  test.each([
    GOOD,
    { ...GOOD, issuer: 'http://127.0.0.1:8788' },
    { ...GOOD, scope: 'openid api://tollgate/use', resource: 'urn:tollgate:gateway' },
    { ...GOOD, origins: ['https://login.example.com', 'https://keys.example.com:8443'] },
  ])('are taken as they are: %j', (settings) => expect(parseConsole(settings, 'X')).toEqual(settings));

  test.each<[string, object | string | null]>([
    ['X', 'https://login.example.com'],
    ['X', null],
    ['X', []],
    ['X.issuer', { clientId: 'c1' }],
    ['X.issuer', { ...GOOD, issuer: 'login.example.com' }],
    ['X.issuer', { ...GOOD, issuer: 'http://login.example.com' }],
    ['X.issuer', { ...GOOD, issuer: 'http://127.0.0.1.example.com' }],
    ['X.issuer', { ...GOOD, issuer: 'https://a@login.example.com' }],
    ['X.issuer', { ...GOOD, issuer: 'https://login.example.com?a=1' }],
    ['X.issuer', { ...GOOD, issuer: "https://login.example.com; script-src 'unsafe-inline'" }],
    ['X.issuer', { ...GOOD, issuer: 'https://login.example.com\r\nx: y' }],
    ['X.clientId', { issuer: GOOD.issuer }],
    ['X.clientId', { ...GOOD, clientId: '' }],
    ['X.clientId', { ...GOOD, clientId: 'a b' }],
    ['X.scope', { ...GOOD, scope: 'openid  email' }],
    ['X.scope', { ...GOOD, scope: ['openid'] }],
    ['X.resource', { ...GOOD, resource: 'a b' }],
    ['X.origins', { ...GOOD, origins: 'https://keys.example.com' }],
    ['X.origins[1]', { ...GOOD, origins: ['https://a.example.com', 'https://b.example.com/keys'] }],
    ['X.origins[0]', { ...GOOD, origins: ['https://*.example.com;'] }],
    ['X.secret', { ...GOOD, secret: 'never' }],
  ])('name %s in %j', (field, settings) => {
    expect(() => parseConsole(settings, 'X')).toThrow(expect.objectContaining({ code: 'bad_setting', field }));
  });
});
