/** What AWS says that there is, as far as an entry of the registry could point at it. Dates are whole seconds since 1970, UTC. */

export interface FoundationModel {
  region: string;
  /** `anthropic.claude-haiku-4-5-20251001-v1:0` */
  id: string;
  arn: string;
  name?: string;
  provider?: string;
  /** By Bedrock's own words: TEXT, IMAGE, EMBEDDING. */
  input: readonly string[];
  output: readonly string[];
  streaming?: boolean;
  /** Whether it is called by its own id, and not through a profile or bought capacity alone. */
  onDemand: boolean;
  lifecycle: AwsLifecycle;
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_FoundationModelLifecycle.html */
export interface AwsLifecycle {
  legacy: boolean;
  /** When it becomes, or became, a legacy model. */
  legacyAt?: number;
  /** From when on it may cost more. */
  extendedAt?: number;
  /** When it is there no longer. */
  endAt?: number;
}

export interface Profile {
  region: string;
  id: string;
  arn: string;
  /** Of every region that it may run its model in. */
  modelArns: readonly string[];
  /** Whether it is the account's own. */
  application: boolean;
}

export interface Endpoint {
  region: string;
  name: string;
  arn: string;
  /** `InService`, `Failed`, `Creating`, ... */
  status: string;
  failure?: string;
  /** It answers later. */
  isAsync: boolean;
}

/** What is read of one region by one list. */
export const READS = ['models', 'profiles', 'endpoints'] as const;
export type Read = (typeof READS)[number];

export interface Catalog {
  models: readonly FoundationModel[];
  profiles: readonly Profile[];
  endpoints: readonly Endpoint[];
  /** What was read whole: only of this it can be said that something is not there. */
  read: readonly { what: Read; region: string }[];
}

export function isRead({ read }: Catalog, what: Read, region: string): boolean {
  return read.some((one) => one.what === what && one.region === region);
}

/** Whether it would be in these lists: what another account has is not. Foundation models are nobody's. */
export function isOurs({ profiles, endpoints }: Catalog, arn: string): boolean {
  const accounts = new Set([...profiles, ...endpoints].map((one) => accountOf(one.arn)));
  return accountOf(arn) === '' || accounts.size === 0 || accounts.has(accountOf(arn));
}

function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}
