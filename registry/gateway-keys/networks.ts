import { BlockList, isIP } from 'node:net';
import { TollgateError } from '../../contract/errors.ts';

/**
 * A network in CIDR notation (RFC 4632, RFC 4291 section 2.3), or one address.
 *
 * @returns as it is written canonically; undefined for what is none, or has bits beside its prefix: whoever wrote that meant another
 */
export function canonicalNetwork(text: string): string | undefined {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0 || address.includes('%')) return undefined;
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^(?:0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : -1;
  if (length < 0 || length > bits) return undefined;
  const bytes = version === 4 ? address.split('.').map(Number) : bytesOf(address);
  const beside = bytes.some((byte, at) => (byte & (0xff >> Math.min(8, Math.max(0, length - at * 8)))) !== 0);
  return beside ? undefined : `${version === 4 ? address : compressed(address)}/${length}`;
}

/** @returns whether the address is in one of the networks; what is no address is in none */
export function isWithin(networks: readonly string[], address: string | undefined): boolean {
  const version = address === undefined ? 0 : isIP(address);
  if (address === undefined || version === 0) return false;
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', length = ''] = network.split('/');
    list.addSubnet(base, Number(length), isIP(base) === 4 ? 'ipv4' : 'ipv6');
  }
  // An IPv4 address that a socket of both versions tells in IPv6 is looked at as what it is.
  return list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** @throws TollgateError `forbidden` with reason key-network */
export function assertWithin(networks: readonly string[], address: string | undefined): void {
  if (isWithin(networks, address)) return;
  throw new TollgateError('forbidden', {
    reason: 'key-network',
    message: 'This key is not for use from this network; who made it can say which it is for.',
  });
}

/** As a URL writes it (RFC 5952). */
function compressed(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function bytesOf(address: string): number[] {
  const [head = '', tail] = compressed(address).split('::');
  const groups = (text = ''): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail);
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return all.flatMap((group) => [group >> 8, group & 0xff]);
}
