import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { isPublic } from '../../../alerts/address.ts';
import { createWebhook, type WebhookOptions } from '../../../alerts/webhook.ts';
import cases from '../../cases/webhook-addresses.json' with { type: 'json' };

test.each(cases.public)('%s is of the internet', (address) => expect(isPublic(address)).toBe(true));

test.each(cases.private)('%s is not', (address) => expect(isPublic(address)).toBe(false));

/** A resolver that knows one answer. */
const answering = (...addresses: string[]) =>
  ((_: string, __: object, done: (error: null, found: { address: string; family: number }[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as NonNullable<WebhookOptions['resolve']>;

const NOT_PUBLIC = 'the webhook is at no address of the internet';

test.each([
  ['https://hooks.example/x', ['10.0.0.1']],
  ['https://hooks.example/x', ['169.254.169.254']],
  // One of several is enough: which of them is taken is not ours to say.
  ['https://hooks.example/x', ['52.94.236.248', '127.0.0.1']],
  ['https://169.254.169.254/x', []],
  ['https://[::1]/x', []],
  ['https://[::ffff:10.0.0.1]/x', []],
  ['https://2130706433/x', []],
])('on a stage %s at %j is not called', async (url, addresses) => {
  const send = createWebhook({ loopback: false, resolve: answering(...addresses) });
  await expect(send(url, {})).rejects.toThrow(NOT_PUBLIC);
});

test('without TLS nothing is called but this machine, and that on a laptop alone', async () => {
  const received: string[] = [];
  const server = createServer((req, res) => {
    received.push(req.url ?? '');
    res.writeHead(req.url === '/moved' ? 302 : 200, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const onLaptop = createWebhook({ loopback: true });
  await onLaptop(`${at}/hook`, { text: 'x' });
  await expect(onLaptop(`${at}/moved`, {})).rejects.toThrow('the webhook answered 302');
  await expect(onLaptop('http://example.com/', {})).rejects.toThrow('a webhook without TLS');
  await expect(createWebhook({ loopback: false })(`${at}/hook`, {})).rejects.toThrow('a webhook without TLS');
  expect(received).toEqual(['/hook', '/moved']);
  server.close();
});
