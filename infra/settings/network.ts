import * as v from 'valibot';
import { parseIssuers } from '../../contract/issuer.ts';
import { isPrivate, parseCidr } from '../network/cidr.ts';
import { PREFIX_LISTS, type PrefixLists } from '../network/prefix-lists.ts';
import { GATEWAYS, SERVICE_NAMES, type Service } from '../network/services.ts';
import { type At, bad, flag, type Group, json, PREFIX, parsed } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** The private network that a stage runs in. */
export interface NetworkSettings {
  /** A network to be made, or one that is there. */
  vpc: MadeVpc | GivenVpc;
  /** Of functions and tasks; none: one is made. */
  securityGroups: readonly string[];
  /** Endpoints that the network has already. */
  endpoints: readonly Service[];
  /** Whether something leads out of it. */
  wayOut: boolean;
  /** Where keys of issuers are fetched by. */
  proxy: { url: string; port: number; cidr: string } | undefined;
  /** Hosts of issuers that are reached without a way out. */
  reachable: readonly string[];
  /** A sentence for each issuer whose keys may not be. */
  unreached: readonly string[];
  /** Undefined where nothing asks for them. */
  prefixLists: PrefixLists | undefined;
  flowLogs: (typeof FLOW_LOGS)[number];
  /** Whether the REST API is called from inside alone. */
  privateApi: boolean;
  callers: {
    cidrs: readonly string[];
    groups: readonly string[];
    endpoints: readonly string[];
    organization: string | undefined;
  };
}

export interface MadeVpc {
  cidr: string;
  /** How many, or which. */
  zones: number | readonly string[];
  /** Gateways. */
  nat: number;
}

export interface GivenVpc {
  id: string;
  subnets: readonly string[];
  routeTables: readonly string[];
}

const FLOW_LOGS = ['none', 's3', 'cloudwatch'] as const;

const id = (kind: string) => {
  const what = `must be an id such as ${kind}-0a1b2c3d4e5f67890`;
  return v.pipe(v.string(what), v.regex(new RegExp(`^${kind}-[0-9a-f]{8}(?:[0-9a-f]{9})?$`), what));
};
const ids = (kind: string, most: number) =>
  v.optional(
    v.pipe(
      v.array(id(kind)),
      v.maxLength(most, `must be a list of at most ${most}`),
      v.check((list) => new Set(list).size === list.length, 'must have each once'),
    ),
    [],
  );

const A_NETWORK =
  'must be a network such as 10.20.0.0/16, without bits of a host, and not of all addresses (/8 or longer)';
const cidr = v.pipe(
  v.string(A_NETWORK),
  v.check((text) => (parseCidr(text)?.bits ?? 0) >= 8, A_NETWORK),
);

const A_VPC =
  'must be a private network of /16 to /24 such as 10.20.0.0/20, without bits of a host (RFC 1918 or 100.64.0.0/10)';
const ZONES = 'must be 2, 3, or a list of two or three zones such as ["us-east-1a", "us-east-1b"]';
const A_HOST = 'must be a host such as login.corp.example, without a path';
const A_PROXY = 'must be http://<host>:<port>';

/** Rules of a security group, unless raised, less those of the stage’s own groups (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups). */
const CALLERS_MAX = 40;

const NETWORK = v.strictObject({
  cidr: v.optional(
    v.pipe(
      v.string(A_VPC),
      v.check((text) => {
        const found = parseCidr(text);
        return found !== undefined && found.bits >= 16 && found.bits <= 24 && isPrivate(found);
      }, A_VPC),
    ),
  ),
  zones: v.optional(v.union([v.picklist([2, 3]), v.pipe(v.array(v.string()), v.minLength(2), v.maxLength(3))], ZONES)),
  nat: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0, 'must be 0 to 3'), v.maxValue(3, 'must be 0 to 3'))),
  vpc: v.optional(id('vpc')),
  subnets: ids('subnet', 16),
  routeTables: ids('rtb', 16),
  securityGroups: ids('sg', 5),
  endpoints: v.optional(v.array(v.picklist(SERVICE_NAMES, `must be one of ${SERVICE_NAMES.join(', ')}`)), []),
  egress: v.optional(v.boolean()),
  proxy: v.optional(
    v.strictObject({
      url: v.pipe(
        v.string(A_PROXY),
        v.regex(/^http:\/\/[a-z0-9.-]{1,253}:[1-9]\d{0,4}$/i, A_PROXY),
        v.check((url) => URL.canParse(url), A_PROXY),
      ),
      cidr,
    }),
  ),
  reachable: v.optional(v.array(v.pipe(v.string(A_HOST), v.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, A_HOST))), []),
  prefixLists: v.optional(v.strictObject({ s3: id('pl'), dynamodb: id('pl') })),
  flowLogs: v.optional(v.picklist(FLOW_LOGS)),
  api: v.optional(v.picklist(['private', 'public']), 'private'),
  callers: v.optional(
    v.strictObject({
      cidrs: v.optional(
        v.pipe(v.array(cidr), v.maxLength(CALLERS_MAX, `must be a list of at most ${CALLERS_MAX}`)),
        [],
      ),
      groups: ids('sg', 16),
      endpoints: ids('vpce', 100),
      organization: v.optional(
        v.pipe(v.string(), v.regex(/^o-[a-z0-9]{10,32}$/, 'must be the id of an organisation such as o-a1b2c3d4e5')),
      ),
    }),
    {},
  ),
});

type Written = v.InferOutput<typeof NETWORK>;

const KEY = `${PREFIX}network`;

/** What is said of the one kind of network alone. */
const OF_MADE = ['zones', 'nat'] as const;
const OF_GIVEN = ['subnets', 'routeTables', 'securityGroups', 'endpoints', 'egress'] as const;

export const NETWORK_GROUP: Group<{ network: NetworkSettings | undefined }, StageSettings> = {
  told: {
    network: {
      values: '`none` (default), a network to be made, or the ids of one ([network.md](network.md))',
      makes:
        'a VPC unless there is one; in it all functions, the container and endpoints of the AWS services that they call; a private API',
      costs:
        '$7.30 a month for each interface endpoint and zone and $0.01 a GB: 7 (functions alone) to 15 (every option) in two zones, $102 to $219; a NAT gateway $32.85 and $0.045 a GB; flow logs by the GB',
      security:
        'nothing of the stage is on the internet, and nothing of it reaches the internet; each endpoint lets pass what the roles allow, for this account alone',
    },
  },
  read(at, base) {
    const written = parsed(NETWORK, at, 'network');
    if (written === undefined) return { network: undefined };
    assertOneKind(written);
    const network = written.vpc === undefined ? madeOf(written, base) : givenOf(written, written.vpc, base);
    return { network: { ...network, unreached: unreached(network, at) } };
  },
};

function assertOneKind(written: Written): void {
  const { cidr: made, vpc } = written;
  if (made === undefined && vpc === undefined)
    throw bad(KEY, 'needs "cidr", for a network to be made, or "vpc", for one that is there');
  if (made !== undefined && vpc !== undefined)
    throw bad(`${KEY}.cidr`, 'is of a network to be made, and "vpc" of one that is there');
  const told = (name: keyof Written) => written[name] !== undefined && String(written[name]) !== '';
  for (const name of vpc === undefined ? OF_GIVEN : OF_MADE)
    if (told(name))
      throw bad(
        `${KEY}.${name}`,
        vpc === undefined ? 'is of a network that is there ("vpc")' : 'is of a network to be made ("cidr")',
      );
}

/** Of a setting with members, whether it is more than a word for nothing. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== 'none' && String(value) !== 'false';
}

type Network = Omit<NetworkSettings, 'unreached'>;

/** What both kinds have. */
function common(written: Written): Omit<Network, 'vpc' | 'wayOut' | 'prefixLists' | 'flowLogs'> {
  const { securityGroups, endpoints, reachable, api, callers, proxy } = written;
  return {
    ...{ securityGroups, endpoints, reachable },
    proxy: proxy && { ...proxy, port: Number(proxy.url.split(':').at(-1)) },
    privateApi: api === 'private',
    callers: { ...callers, organization: callers.organization },
  };
}

function madeOf(written: Written, base: StageSettings): Network {
  const { cidr: made = '', zones = 2, nat = 0, flowLogs = 's3', callers } = written;
  const named = typeof zones === 'number' ? [] : zones;
  for (const [index, zone] of named.entries())
    if (!new RegExp(`^${base.region}[a-z]$`).test(zone) || named.indexOf(zone) !== index)
      throw bad(`${KEY}.zones[${index}]`, `must be a zone of ${base.region}, each once`);
  const count = typeof zones === 'number' ? zones : zones.length;
  if (nat > count) throw bad(`${KEY}.nat`, `must be at most one for each of the ${count} zones`);
  const own = common(written);
  return {
    ...own,
    vpc: { cidr: made, zones, nat },
    wayOut: nat > 0,
    flowLogs,
    prefixLists: nat > 0 ? undefined : prefixLists(written, base),
    // Who is in the network may call.
    callers: { ...own.callers, cidrs: [made, ...callers.cidrs] },
  };
}

function givenOf(written: Written, vpc: string, base: StageSettings): Network {
  const { subnets, routeTables, securityGroups, endpoints, egress = false, flowLogs = 'none' } = written;
  const own = common(written);
  if (subnets.length < 2) throw bad(`${KEY}.subnets`, 'must be two at least, in different zones');
  const routed = GATEWAYS.filter((service) => !endpoints.includes(service));
  if (routed.length > 0 && routeTables.length === 0)
    throw bad(
      `${KEY}.routeTables`,
      `must be those of the subnets, for the endpoints of ${routed.join(' and ')} (or ${KEY}.endpoints says that they are there)`,
    );
  const there = endpoints.find((service) => !GATEWAYS.includes(service));
  if (there !== undefined && securityGroups.length === 0)
    throw bad(
      `${KEY}.securityGroups`,
      `must be groups that reach the endpoints which are there (${there}): whom those let in is not known here`,
    );
  const { cidrs, groups } = own.callers;
  const open = own.privateApi && base.runtime !== 'container' && !endpoints.includes('execute-api');
  if (open && cidrs.length + groups.length === 0)
    throw bad(
      `${KEY}.callers`,
      'needs "cidrs" or "groups": nobody could call the private API by the endpoint that is made for it',
    );
  return {
    ...own,
    vpc: { id: vpc, subnets, routeTables },
    wayOut: egress,
    flowLogs,
    prefixLists: egress || securityGroups.length > 0 ? undefined : prefixLists(written, base),
  };
}

function prefixLists({ prefixLists: told }: Written, { region }: StageSettings): PrefixLists {
  const found = told ?? PREFIX_LISTS[region];
  if (found !== undefined) return found;
  throw bad(
    `${KEY}.prefixLists`,
    `is not set, and those of ${region} are not known here: aws ec2 describe-managed-prefix-lists --region ${region} --filters Name=owner-id,Values=AWS`,
  );
}

/** Providers that are on the internet alone: GitHub, Google, Auth0, Entra, Okta, and Cognito, whose pools with a domain answer no endpoint. */
const ON_THE_INTERNET =
  /\.(amazonaws\.com(\.cn)?|auth0\.com|githubusercontent\.com|google\.com|googleapis\.com|microsoftonline\.(com|us|cn)|okta(preview|-emea)?\.com)$/;

/**
 * Keys that cannot be fetched fail every call, and a host's name does not say whether subnets reach it: what is known to be on the
 * internet is refused, and of another host it is told.
 *
 * @returns a sentence for each issuer that nothing is known of
 */
function unreached({ wayOut, proxy, reachable }: Network, at: At): string[] {
  if (wayOut) return [];
  if (flag(at, 'benchmark', false))
    throw bad(`${PREFIX}benchmark`, `is called by its public URL: it needs a way out of ${KEY} ("nat" or "egress")`);
  if (proxy !== undefined) return [];
  if (isSet(at('cognito')))
    throw bad(
      `${PREFIX}cognito`,
      `makes an issuer whose keys are on the internet: ${KEY} needs "nat", "egress" or a "proxy"`,
    );
  const key = `${PREFIX}issuers`;
  const raw = at('issuers');
  const issuers = parseIssuers(typeof raw === 'string' ? json(raw, key) : raw, key);
  return issuers.flatMap(({ issuer, jwksUri = issuer }, index) => {
    const { hostname } = new URL(jwksUri);
    if (reachable.includes(hostname)) return [];
    const member = `${key}[${index}].${jwksUri === issuer ? 'issuer' : 'jwksUri'}`;
    const what = `has its keys at ${hostname}, and nothing leads out of ${KEY}: let it have "nat" (or "egress") or a "proxy", or list the host under "reachable" if the subnets reach it all the same`;
    if (ON_THE_INTERNET.test(hostname)) throw bad(member, what);
    return [`${member} ${what}.`];
  });
}
