/** Addresses of IPv4 as a number, and how many bits of them name the network. */
export interface Cidr {
  base: number;
  bits: number;
}

const FORM = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** @returns undefined for what is none: a part over 255, more than 32 bits, or bits of a host in a network's name */
export function parseCidr(text: string): Cidr | undefined {
  const [, ...found] = FORM.exec(text) ?? [];
  const [a = 256, b = 256, c = 256, d = 256, bits = 33] = found.map(Number);
  // 010 is eight to some readers.
  if (bits > 32 || [a, b, c, d].some((part) => part > 255) || found.some((part) => /^0\d/.test(part))) return undefined;
  const base = [a, b, c, d].reduce((sum, part) => sum * 256 + part, 0);
  return base % sizeOf(bits) === 0 ? { base, bits } : undefined;
}

/** @returns the part of `bits` that is number `index` of its kind in `cidr` */
export function partOf({ base, bits: own }: Cidr, bits: number, index: number): string {
  if (index >= 2 ** (bits - own)) throw new RangeError(`a /${own} has no part ${index} of /${bits}`);
  const at = base + index * sizeOf(bits);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(at / 2 ** shift) % 256).join('.')}/${bits}`;
}

/** Networks that no host of the internet is in (RFC 1918, and RFC 6598's shared space, which AWS lets a VPC have). */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(
  (text) => parseCidr(text) as Cidr,
);

/** Whether all of it lies in private space: what a VPC has of the internet's addresses its functions cannot reach there. */
export function isPrivate({ base, bits }: Cidr): boolean {
  return PRIVATE.some((one) => bits >= one.bits && Math.floor(base / sizeOf(one.bits)) * sizeOf(one.bits) === one.base);
}

function sizeOf(bits: number): number {
  return 2 ** (32 - bits);
}
