import { costOf, type Priced } from './prices.ts';

/** What a call is taken to be; another mix moves each line in proportion. */
export const CALL = {
  /** Until its answer has ended. */
  seconds: 2,
  /** One in so many asks the authorizer, whose answer is kept for the others; and how long that takes. */
  perDecision: 20,
  decisionMs: 50,
  /** Units of 4 KB that a decision reads of the registry. */
  decisionReads: 4,
  /** KB, measured on the laptop: its two usage lines; and what Lambda and API Gateway write of it themselves (?). */
  usageKb: 1.8,
  othersKb: 1.2,
  /** Records that CloudWatch Logs sends Firehose for a call: fewer when calls are many, since it packs lines together. */
  records: 2,
  recordKb: 5,
  /** KB of body, both ways together. */
  bodyKb: 10,
  /** A second of one core, behind the load balancer. */
  perCore: 300,
} as const;

/** MB of the functions that a call waits for. */
const INVOKE_MB = 1_024;
const AUTHORIZER_MB = 512;

const MILLION = 1e6;
const KB_PER_GB = 1e6;

export interface MillionLine {
  what: string;
  how: string;
  usd: number;
}

const line = (what: string, how: string, ...parts: [Priced, number][]): MillionLine => ({
  what,
  how,
  usd: parts.reduce((sum, [priced, count]) => sum + costOf(priced, count), 0),
});

const logs = (kb: number): MillionLine =>
  line('CloudWatch Logs', `${kb} KB a call`, ['log GB', (kb * MILLION) / KB_PER_GB]);

/** Usage lines, for both doors. */
const delivery = (): MillionLine =>
  line(
    'Firehose and S3',
    `${CALL.records} records of ${CALL.recordKb} KB at most; ${CALL.usageKb} KB a call kept a month`,
    ['Firehose GB', (CALL.records * CALL.recordKb * MILLION) / KB_PER_GB],
    ['S3 GB', (CALL.usageKb * MILLION) / KB_PER_GB],
  );

export function lambdaMillion(): MillionLine[] {
  const { seconds, perDecision, decisionMs, decisionReads, usageKb, othersKb } = CALL;
  return [
    line('API Gateway', 'one request', ['REST request', 1]),
    line(
      'Lambda, invoke',
      `${seconds} s of ${INVOKE_MB} MB`,
      ['Lambda request', 1],
      ['Lambda GB-second', (seconds * INVOKE_MB) / 1_024],
    ),
    line(
      'Lambda, authorizer',
      `1 call in ${perDecision}, ${decisionMs} ms of ${AUTHORIZER_MB} MB`,
      ['Lambda request', 1 / perDecision],
      ['Lambda GB-second', (decisionMs / 1_000) * (AUTHORIZER_MB / 1_024) * (1 / perDecision)],
    ),
    line('DynamoDB', `${decisionReads} units read a decision`, ['DynamoDB read', decisionReads / perDecision]),
    logs(usageKb + othersKb),
    delivery(),
  ];
}

export function containerMillion(): MillionLine[] {
  const hours = MILLION / CALL.perCore / 3_600;
  return [
    line(
      'Fargate',
      `${CALL.perCore} calls a second of one core with 2 GB, however long each lasts`,
      ['Fargate core', hours / 730],
      ['Fargate GB', (2 * hours) / 730],
    ),
    line('load balancer', `${CALL.bodyKb} KB a call, a unit a GB`, [
      'load balancer unit',
      (CALL.bodyKb * MILLION) / KB_PER_GB / 730,
    ]),
    line('DynamoDB', `${CALL.decisionReads} units read a decision`, [
      'DynamoDB read',
      CALL.decisionReads / CALL.perDecision,
    ]),
    logs(CALL.usageKb),
    delivery(),
  ];
}

/** What some calls cost beside. */
export function moreMillion(): MillionLine[] {
  return [
    line('each second that a call lasts, on Lambda', `${INVOKE_MB} MB`, ['Lambda GB-second', INVOKE_MB / 1_024]),
    line(
      'a decision for every call (`authorizerTtlSeconds` 0)',
      'in place of one in twenty',
      ['Lambda request', 0.95],
      ['Lambda GB-second', 0.95 * 0.05 * 0.5],
      ['DynamoDB read', 0.95 * CALL.decisionReads],
    ),
    line('a budget', 'two writes of 1 KB', ['DynamoDB write', 2]),
    line(
      'a broker',
      '1 session in twenty calls, 50 ms of 512 MB',
      ['Lambda request', 0.05],
      ['Lambda GB-second', 0.05 * 0.05 * 0.5],
    ),
    line('a web ACL', 'one request', ['request to a web ACL', 1]),
  ];
}
