import * as v from 'valibot';
import { BASE_PATH } from '../../contract/base-path.ts';
import { type At, bad, type Group, optional, PREFIX, parsed } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** The names that callers know a stage by, and what proves them. */
export interface DomainSettings {
  /** Of every name of the stage; undefined: it has none, or its certificate is made in `domain.zone`. */
  certificateArn: string | undefined;
  domain: Domain | undefined;
}

export interface Domain {
  name: string;
  /** Whether that is the API's; else the load balancer's, in the place of an API. */
  ofApi: boolean;
  /** Of the load balancer, beside the API or from when it was; undefined also where there is none. */
  containerName: string | undefined;
  /** Those that the certificate is of. */
  certified: readonly string[];
  /** Where the names lie in DNS; undefined: with whoever deploys. */
  zone: { id: string; name: string } | undefined;
  /** One segment, without a slash; '' for none. */
  basePath: string;
  /** The oldest version of TLS that is spoken. */
  tls: '1.2' | '1.3';
  /** Whether the API is also reached under the address that AWS gives it. */
  defaultEndpoint: boolean;
  /** Whether `name` is made elsewhere, and this stage takes a base path of it. */
  existing: boolean;
}

// A wildcard is a certificate's; an alias of Route 53 is of a name that somebody can call.
const A_NAME = 'must be a name in lower case such as models.example.com';
const NAME = v.pipe(
  v.string(A_NAME),
  v.regex(/^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/, A_NAME),
);
const A_ZONE = 'must be the id of a hosted zone of Route 53 such as Z0123456789ABC';
const A_BASE = 'must be one segment of a path such as ai, of letters, digits, "_", "." and "-", and not ping';

const DOMAIN = v.strictObject({
  name: NAME,
  containerName: v.optional(NAME),
  zone: v.optional(v.strictObject({ id: v.pipe(v.string(A_ZONE), v.regex(/^Z[A-Z0-9]{1,31}$/, A_ZONE)), name: NAME })),
  basePath: v.optional(v.pipe(v.string(A_BASE), v.regex(BASE_PATH, A_BASE))),
  // YAML reads 1.3 as a number.
  tls: v.optional(v.picklist(['1.2', '1.3', 1.2, 1.3], 'must be 1.2 or 1.3'), '1.2'),
  defaultEndpoint: v.optional(v.boolean(), true),
  existing: v.optional(v.boolean(), false),
});

const KEY = `${PREFIX}domain`;

/** Characters of the first name of a certificate (https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html). */
const COMMON_NAME_MAX = 64;

export const DOMAIN_GROUP: Group<DomainSettings, StageSettings> = {
  told: {
    certificateArn: {
      values: 'an ARN of ACM',
      makes: 'the TLS of the stage’s own names; a container has no door without it, or a `domain` with a zone',
      costs: 'nothing',
      security: 'tokens reach the container over TLS alone',
    },
    domain: {
      values:
        '`none` (default), `{"name": …}`, and `zone`, `basePath`, `tls`, `defaultEndpoint`, `containerName`, `existing` ([domain.md](domain.md))',
      makes: 'a name of your own for the API or the load balancer; with a zone its certificate and aliases, too',
      costs: 'nothing: aliases, their queries and public certificates are free (the zone itself is $0.50 a month)',
      security:
        'TLS 1.2 or 1.3 at least, at the API’s own address too (which else takes 1.0); `"defaultEndpoint": false` closes that address',
    },
  },
  read(at, base) {
    const certificateArn = certificateOf(at, base);
    const domain = domainOf(at, base);
    const balanced = hasLoadBalancer(at, base);
    if (certificateArn === undefined) assertMade(domain, balanced, base);
    return { certificateArn: balanced || domain !== undefined ? certificateArn : undefined, domain };
  },
};

function certificateOf(at: At, { partition, region, account = '\\d{12}' }: StageSettings): string | undefined {
  return optional(
    at,
    'certificateArn',
    new RegExp(`^arn:${partition}:acm:${region}:${account}:certificate/[\\w-]{1,64}$`),
    `must be the ARN of a certificate of ACM in ${region}, partition ${partition}, of the account that deploys`,
  );
}

/** Whether the container runs on Fargate: on Kubernetes what is in front of it is yours. */
function hasLoadBalancer(at: At, { runtime }: StageSettings): boolean {
  return runtime !== 'lambda' && at('kubernetes') === undefined;
}

function domainOf(at: At, base: StageSettings): Domain | undefined {
  const written = parsed(DOMAIN, at, 'domain');
  if (written === undefined) return undefined;
  const ofApi = base.runtime !== 'container';
  const balanced = hasLoadBalancer(at, base);
  if (!ofApi && !balanced)
    throw bad(KEY, 'is of an API or a load balancer, and this stage has neither: a container on Kubernetes');
  const { name, zone, tls, existing, basePath = '' } = written;
  if (existing && !ofApi)
    throw bad(`${KEY}.existing`, `is of an API, and this stage has none (runtime ${base.runtime})`);
  const containerName = balanced ? written.containerName : undefined;
  if (containerName === name) throw bad(`${KEY}.containerName`, 'must be another than the name of the API');
  const named = [...(existing ? [] : [['name', name]]), ...(containerName ? [['containerName', containerName]] : [])];
  for (const [member, one] of named)
    if (zone !== undefined && one !== zone.name && !one?.endsWith(`.${zone.name}`))
      throw bad(`${KEY}.${member}`, `must lie in the zone ${zone.name}`);
  if (zone !== undefined && named.length === 0)
    throw bad(`${KEY}.zone`, 'is of a name that this stage makes, and this one is made elsewhere ("existing")');
  const certified = named.map(([, one = '']) => one);
  return {
    ...written,
    ofApi,
    containerName,
    certified,
    zone,
    basePath,
    tls: tls === 1.3 || tls === '1.3' ? '1.3' : '1.2',
  };
}

/** Where no certificate is given, each of the stage's own doors needs a name that one is made for. */
function assertMade(domain: Domain | undefined, balanced: boolean, { runtime }: StageSettings): void {
  if (balanced && (domain === undefined || (domain.ofApi && domain.containerName === undefined)))
    throw bad(
      `${PREFIX}certificateArn`,
      `is not set, and tokens go to the container over TLS alone (runtime ${runtime}): give one, or a name of the load balancer (${KEY}) and a zone to make one in`,
    );
  const [first] = domain?.certified ?? [];
  if (domain === undefined || first === undefined) return;
  if (domain.zone === undefined)
    throw bad(`${KEY}.zone`, `is not set, and without it nobody proves a certificate: or give ${PREFIX}certificateArn`);
  if (first.length > COMMON_NAME_MAX)
    throw bad(
      `${KEY}.name`,
      `must have at most ${COMMON_NAME_MAX} characters, as ACM takes it, or ${PREFIX}certificateArn`,
    );
}
