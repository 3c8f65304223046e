import { isIP } from 'node:net';
import * as v from 'valibot';
import { type At, bad, type Group, PREFIX, parsed } from './setting.ts';
import type { StageSettings } from './stage.ts';

export interface WafSettings {
  /** The web ACL in front of the stage's doors: one of its own, or one that is there. */
  waf: OwnAcl | { arn: string } | undefined;
}

export interface OwnAcl {
  arn: undefined;
  /** Whether anonymising networks (VPN, Tor, proxies) are refused. */
  anonymous: boolean;
  /** Requests of one address in the window; undefined: as many as the whole stage may have. */
  rate: number | undefined;
  windowSeconds: number;
  /** Networks that may call, by their family; none: all. */
  allow: { ipv4: readonly string[]; ipv6: readonly string[] };
}

/** Seconds; WAF takes no other (https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html). */
const WINDOWS = [60, 120, 300, 600];
/** Requests; the least and the most of the same. */
const RATE_MIN = 10;
const RATE_MAX = 2_000_000_000;
/** Networks of one list (https://docs.aws.amazon.com/waf/latest/developerguide/limits.html). */
const NETWORKS_MAX = 10_000;

const A_NETWORK = 'must be a network such as 203.0.113.0/24 or 2001:db8::/32, and not of all addresses';
const A_RATE = `must be a whole number from ${RATE_MIN} to ${RATE_MAX}`;

const WAF = v.strictObject({
  arn: v.optional(v.string()),
  anonymous: v.optional(v.boolean()),
  rate: v.optional(
    v.pipe(v.number(A_RATE), v.integer(A_RATE), v.minValue(RATE_MIN, A_RATE), v.maxValue(RATE_MAX, A_RATE)),
  ),
  windowSeconds: v.optional(v.picklist(WINDOWS, `must be one of ${WINDOWS.join(', ')}`)),
  allow: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          v.string(A_NETWORK),
          v.check((text) => familyOf(text) !== undefined, A_NETWORK),
        ),
      ),
      // An empty list could mean that nobody may call, or that it is not looked at.
      v.minLength(1, 'must have a network at least; without it all may call'),
      v.maxLength(NETWORKS_MAX, `must have at most ${NETWORKS_MAX} networks`),
    ),
  ),
});

const KEY = `${PREFIX}waf`;

export const WAF_GROUP: Group<WafSettings, StageSettings> = {
  told: {
    waf: {
      values:
        '`none` (default), `true`, the ARN of a web ACL, or any of `anonymous`, `rate`, `windowSeconds`, `allow` ([domain.md](domain.md#waf))',
      makes: 'a web ACL before the API and the load balancer, its log of what it refused, and lists of addresses',
      costs:
        '$9 a month ($5 the web ACL, $1 a rule: four, and one more for `anonymous` and for `allow`), $0.60 a million calls; $0.50 a GB of log',
      security:
        'known attacks, addresses of ill repute and floods of one address are refused before any function runs; with `allow` every other address; prompts are not read',
    },
  },
  read(at, base) {
    const waf = wafOf(at, base);
    if (waf !== undefined && base.runtime === 'container' && at('kubernetes') !== undefined)
      throw bad(KEY, 'is of an API or a load balancer, and this stage has neither: a container on Kubernetes');
    return { waf };
  },
};

function wafOf(at: At, { partition, region, account = '\\d{12}' }: StageSettings): WafSettings['waf'] {
  const raw = at('waf');
  const alone = typeof raw === 'string' && raw.startsWith('arn:');
  const written = parsed(WAF, () => (raw === true || raw === 'true' ? {} : alone ? { arn: raw } : raw), 'waf');
  if (written === undefined) return undefined;
  const { arn, ...own } = written;
  const { anonymous = false, rate, windowSeconds = 300, allow = [] } = own;
  if (arn === undefined) {
    const of = (family: 4 | 6): string[] => allow.filter((network) => familyOf(network) === family);
    return { arn, anonymous, rate, windowSeconds, allow: { ipv4: of(4), ipv6: of(6) } };
  }
  const [other] = Object.keys(own);
  if (other !== undefined)
    throw bad(`${KEY}.${other}`, 'is of a web ACL that this stack makes, and this one is there ("arn")');
  const pattern = `^arn:${partition}:wafv2:${region}:${account}:regional/webacl/[\\w-]{1,128}/[0-9a-f-]{36}$`;
  if (new RegExp(pattern).test(arn)) return { arn };
  throw bad(
    alone ? KEY : `${KEY}.arn`,
    `must be the ARN of a regional web ACL in ${region}, partition ${partition}, of the account that deploys`,
  );
}

/** @returns undefined for what is no network of either family, or is all of one, which WAF does not take */
function familyOf(text: string): 4 | 6 | undefined {
  const [address = '', bits = '', ...more] = text.split('/');
  const family = isIP(address);
  // `%` names an interface, which means nothing elsewhere.
  if ((family !== 4 && family !== 6) || more.length > 0 || address.includes('%')) return undefined;
  return /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128) ? family : undefined;
}
