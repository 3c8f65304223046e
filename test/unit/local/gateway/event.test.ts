import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { authorizerEvent, methodArn, proxyEvent, receive } from '../../../../local/gateway/event.ts';

const api = {
  apiId: 'local',
  accountId: '111122223333',
  region: 'us-east-1',
  stage: 'local',
  domainName: '127.0.0.1:8787',
};

function request(url: string, rawHeaders: string[] = [], method = 'POST') {
  const req = { url, method, rawHeaders, socket: { remoteAddress: '127.0.0.1' } } as unknown as IncomingMessage;
  return receive(req, 'a-request-id', 1_764_000_000_000);
}

describe('a REST event', () => {
  test('keeps the path as it was received, percent-encoding and dot segments included', () => {
    const raw = '/model/arn%3Aaws%3Abedrock%2Fx/../admin';
    const event = proxyEvent(api, request(raw), '/{proxy+}', null, new Uint8Array());
    expect(event.path).toBe(raw);
    expect(methodArn(api, request(raw))).toBe(`arn:aws:execute-api:us-east-1:111122223333:local/local/POST${raw}`);
  });

  test('has the last of equal headers in the single form and all of them, in order, in the other', () => {
    const { headers, multiValueHeaders } = proxyEvent(
      api,
      request('/x', ['X-Tag', 'a', 'Accept', '*/*', 'X-Tag', 'b']),
      '/{proxy+}',
      null,
      new Uint8Array(),
    );
    expect(headers).toEqual({ 'X-Tag': 'b', Accept: '*/*' });
    expect(multiValueHeaders).toEqual({ 'X-Tag': ['a', 'b'], Accept: ['*/*'] });
  });

  test('has no hop-by-hop header, and HTTP/2 pseudo headers only as Host', () => {
    const { headers } = proxyEvent(
      api,
      request('/x', [':method', 'POST', ':authority', 'h:1', ':path', '/x', 'Transfer-Encoding', 'chunked', 'TE', 'x']),
      '/{proxy+}',
      null,
      new Uint8Array(),
    );
    expect(headers).toEqual({ Host: 'h:1' });
  });

  test('takes its domain name from the API, never from the Host header', () => {
    const event = proxyEvent(api, request('/x', ['Host', 'evil.example']), '/{proxy+}', null, new Uint8Array());
    expect(event.requestContext.domainName).toBe('127.0.0.1:8787');
  });

  test('carries a header named __proto__ as a header and changes no prototype', () => {
    const { headers } = proxyEvent(api, request('/x', ['__proto__', 'x']), '/{proxy+}', null, new Uint8Array());
    expect(Object.getOwnPropertyNames(headers)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  test('has the query decoded in both forms, or null without one', () => {
    const { queryStringParameters, multiValueQueryStringParameters } = proxyEvent(
      api,
      request('/x?a=1&a=%2F'),
      '/{proxy+}',
      null,
      new Uint8Array(),
    );
    expect(queryStringParameters).toEqual({ a: '/' });
    expect(multiValueQueryStringParameters).toEqual({ a: ['1', '/'] });
    expect(proxyEvent(api, request('/x'), '/{proxy+}', null, new Uint8Array()).queryStringParameters).toBeNull();
  });

  test('carries any bytes as base64, and no body as null', () => {
    const bytes = Uint8Array.of(0, 255, 128);
    const event = proxyEvent(api, request('/x'), '/{proxy+}', null, bytes);
    expect(event.isBase64Encoded).toBe(true);
    expect(Buffer.from(event.body ?? '', 'base64')).toEqual(Buffer.from(bytes));
    expect(proxyEvent(api, request('/x'), '/{proxy+}', null, new Uint8Array()).body).toBeNull();
  });

  test('has the authorizer context only behind an authorizer', () => {
    const context = { tenant: 'acme' };
    expect(proxyEvent(api, request('/x'), '/{proxy+}', context, new Uint8Array()).requestContext).toMatchObject({
      authorizer: context,
    });
    expect(proxyEvent(api, request('/x'), '/x', null, new Uint8Array()).requestContext).not.toHaveProperty(
      'authorizer',
    );
  });

  test('of an authorizer names the method and has no body', () => {
    const event = authorizerEvent(api, request('/v1/models', [], 'GET'), '/{proxy+}');
    expect(event).toMatchObject({
      type: 'REQUEST',
      methodArn: 'arn:aws:execute-api:us-east-1:111122223333:local/local/GET/v1/models',
      resource: '/{proxy+}',
    });
    expect(event).not.toHaveProperty('body');
  });
});
