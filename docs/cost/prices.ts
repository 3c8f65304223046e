/** Hours of an average month, as AWS's own calculators take it. */
const MONTH_HOURS = 730;

/** Of the price list of us-east-1, as it was at this time. */
export const PRICED_AT = '2026-11';

/**
 * What AWS takes, in US dollars. AWS's price pages show most of their numbers in a browser alone, so they are as the page that is named says,
 * or (`quoted`) as others quote that page; those that neither said are marked in the documentation by (?).
 */
export interface Price {
  usd: number;
  /** `a month`, `a million requests` */
  per: string;
  /** What is not charged for, each month and account. */
  free?: string;
  page: string;
  told: 'quoted' | 'unverified';
}

const aws = (page: string): string => `https://aws.amazon.com/${page}/pricing/`;
const hourly = (usd: number): Pick<Price, 'usd' | 'per'> => ({
  usd: usd * MONTH_HOURS,
  per: `a month ($${usd} an hour)`,
});

export const PRICES = {
  'alarm metric': {
    usd: 0.1,
    per: 'a month',
    free: 'ten',
    page: aws('cloudwatch'),
    told: 'quoted',
  },
  // Found by a query of Metrics Insights.
  'queried alarm metric': { usd: 0.1, per: 'a month', page: aws('cloudwatch'), told: 'quoted' },
  // Of at most fifty metrics; and of more.
  dashboard: { usd: 3, per: 'a month', free: 'three', page: aws('cloudwatch'), told: 'quoted' },
  'large dashboard': { usd: 3, per: 'a month', page: aws('cloudwatch'), told: 'quoted' },
  'custom metric': {
    usd: 0.3,
    per: 'a month in which it is written all the time, and by the hour',
    free: 'ten',
    page: aws('cloudwatch'),
    told: 'quoted',
  },
  'GetMetricData metric': { usd: 10, per: 'a million', page: aws('cloudwatch'), told: 'quoted' },
  'log GB': { usd: 0.5, per: 'a GB', free: '5 GB', page: aws('cloudwatch'), told: 'quoted' },
  'token of a machine': {
    usd: 2_250,
    per: 'a million, the first 250,000 a month; fewer beyond',
    page: aws('cognito'),
    told: 'quoted',
  },
  'person of a user pool': {
    usd: 0.015,
    per: 'each who was there in a month; $0.02, and none free, with the plan Plus',
    free: '10,000; of those who come by OpenID Connect or SAML, 50',
    page: aws('cognito'),
    told: 'quoted',
  },
  secret: { usd: 0.4, per: 'a month', page: aws('secrets-manager'), told: 'quoted' },
  'KMS key': {
    usd: 1,
    per: 'a month, and a dollar more for each of its first two rotations',
    page: aws('kms'),
    told: 'unverified',
  },
  'REST request': { usd: 3.5, per: 'a million requests', page: aws('api-gateway'), told: 'quoted' },
  'Lambda request': { usd: 0.2, per: 'a million', free: 'a million', page: aws('lambda'), told: 'quoted' },
  'Lambda GB-second': {
    usd: 13.3334,
    per: 'a million GB-seconds, ARM',
    free: '400,000',
    page: aws('lambda'),
    told: 'quoted',
  },
  'DynamoDB write': { usd: 0.625, per: 'a million units of 1 KB', page: aws('dynamodb'), told: 'unverified' },
  'DynamoDB read': { usd: 0.125, per: 'a million units of 4 KB', page: aws('dynamodb'), told: 'unverified' },
  'point-in-time recovery GB': { usd: 0.2, per: 'a GB and month', page: aws('dynamodb'), told: 'unverified' },
  'Firehose GB': {
    usd: 0.029,
    per: 'a GB, each record rounded up to 5 KB',
    page: aws('firehose'),
    told: 'unverified',
  },
  'S3 write': { usd: 5, per: 'a million', page: aws('s3'), told: 'unverified' },
  'S3 read': { usd: 0.4, per: 'a million', page: aws('s3'), told: 'unverified' },
  'S3 GB': { usd: 0.023, per: 'a GB and month', page: aws('s3'), told: 'unverified' },
  'load balancer': { ...hourly(0.0225), page: aws('elasticloadbalancing'), told: 'quoted' },
  'load balancer unit': { ...hourly(0.008), page: aws('elasticloadbalancing'), told: 'quoted' },
  'public address': { ...hourly(0.005), page: aws('vpc'), told: 'quoted' },
  'NAT gateway': { ...hourly(0.045), page: aws('vpc'), told: 'quoted' },
  'interface endpoint in a zone': { ...hourly(0.01), page: aws('privatelink'), told: 'unverified' },
  'Fargate core': { ...hourly(0.03238), page: aws('fargate'), told: 'quoted' },
  'Fargate GB': { ...hourly(0.00356), page: aws('fargate'), told: 'quoted' },
  'web ACL': { usd: 5, per: 'a month', page: aws('waf'), told: 'unverified' },
  'rule of a web ACL': { usd: 1, per: 'a month', page: aws('waf'), told: 'unverified' },
  'request to a web ACL': { usd: 0.6, per: 'a million', page: aws('waf'), told: 'unverified' },
  'hosted zone': { usd: 0.5, per: 'a month', page: aws('route53'), told: 'unverified' },
} as const satisfies Record<string, Price>;

export type Priced = keyof typeof PRICES;

/** What a month of so many of it costs, in US dollars; of what is sold by the million, so many million. */
export function costOf(what: Priced, count: number): number {
  return PRICES[what].usd * count;
}
