import { expect, test } from 'vitest';
import { fromCaller, fromGateway, unsigned } from '../../../sidecar/headers.ts';

const names = (raw: readonly string[]) => raw.filter((_, i) => i % 2 === 0);
const lines = (...given: string[]) => given.flatMap((name) => [name, 'x']);

test.each([
  ['who it is', ['Authorization', 'X-Api-Key', 'api-key', 'Cookie', 'X-Tollgate-Principal', 'x-tollgate-tenant']],
  ['a signature', ['x-amz-date', 'X-Amz-Security-Token', 'x-amz-content-sha256', 'x-amz-region-set']],
  ['where it goes', ['Host', ':authority', ':path', 'Via']],
  [
    'what is of its connection',
    ['Connection', 'Keep-Alive', 'TE', 'Transfer-Encoding', 'Upgrade', 'Proxy-Authorization'],
  ],
])('a caller’s word goes no further on %s', (_, said) => {
  const kept = [
    'accept',
    'x-amzn-bedrock-trace',
    'X-Tollgate-Fallback',
    'x-tollgate-usage',
    'traceparent',
    'tracestate',
  ];
  expect(names(fromCaller(lines(...said, ...kept)))).toEqual(kept);
});

test('what a connection names is its own, but never what frames the body', () => {
  const raw = ['connection', 'close, X-Hop, content-length', 'x-hop', '1', 'content-length', '3', 'x-kept', '1'];
  expect(fromCaller(raw)).toEqual(['content-length', '3', 'x-kept', '1']);
});

test('the gateway’s word goes on as it is', () => {
  expect(fromGateway(['X-Tollgate-Region', 'us-east-1', 'Link', 'a', 'Link', 'b', 'Connection', 'close'])).toEqual([
    ...['X-Tollgate-Region', 'us-east-1', 'Link', 'a', 'Link', 'b'],
  ]);
});

test.each([
  ['/v1/models?a=b', '/v1/models?a=b'],
  ['/v1/models?X-Amz-Signature=s&a=b&X-Amz-Credential=c', '/v1/models?a=b'],
  ['/v1/models?X-Amz-Signature=s&X-Amz-Expires=60', '/v1/models'],
  ['/x-amz-date?x-amz-dates=1', '/x-amz-date?x-amz-dates=1'],
])('a signature in the query of %s is left out', (target, sent) => {
  expect(unsigned(target)).toBe(sent);
});
