import { DELTA, DELTAS } from '../../infra/benchmark/answers.ts';

/** What is measured, and by which answers it is believed. */

/** The demo's model, as its tenants name it and as Bedrock does. */
export const MODEL = 'nova-lite';
export const NATIVE_MODEL = 'amazon.nova-lite-v1:0';
export const MODEL_ARN = `arn:aws:bedrock:us-east-1::foundation-model/${NATIVE_MODEL}`;

export const KINDS = ['converse', 'converse-stream', 'chat', 'chat-stream'] as const;
export type Kind = (typeof KINDS)[number];

/** A client of the local identity provider for each number of budgets that a call is under. */
export const CLIENT_OF = { 0: 'acme-app', 1: 'globex-app', 3: 'stranger-app' } as const;

export interface Point {
  name: string;
  kind: Kind;
  connections: number;
  /** Calls of one round. */
  calls: number;
  budgets: keyof typeof CLIENT_OF;
}

export const CONVERSE_ALONE: Point = {
  name: 'Converse, 1 connection',
  kind: 'converse',
  connections: 1,
  calls: 400,
  budgets: 0,
};
export const CHAT_ALONE: Point = { ...CONVERSE_ALONE, name: 'OpenAI chat, 1 connection', kind: 'chat' };
export const CONVERSE: Point = {
  name: 'Converse, 32 connections',
  kind: 'converse',
  connections: 32,
  calls: 1_500,
  budgets: 0,
};
export const STREAM: Point = {
  ...CONVERSE,
  name: `ConverseStream of ${DELTAS} deltas, 32 connections`,
  kind: 'converse-stream',
  calls: 600,
};
export const CHAT: Point = { ...CONVERSE, name: 'OpenAI chat, 32 connections', kind: 'chat' };
export const CHAT_STREAM: Point = {
  ...STREAM,
  name: `OpenAI chat streamed in ${DELTAS} deltas, 32 connections`,
  kind: 'chat-stream',
};

/** Fewer, because the stand-in of the table is slow, and is what their rate shows. */
const BUDGETED: Point = { ...CONVERSE, calls: 500 };

export const POINTS: readonly Point[] = [
  CONVERSE_ALONE,
  CHAT_ALONE,
  CONVERSE,
  STREAM,
  CHAT,
  CHAT_STREAM,
  { ...BUDGETED, name: 'Converse with a budget, 32 connections', budgets: 1 },
  { ...BUDGETED, name: 'Converse with three budgets, 32 connections', budgets: 3 },
];

/** Path and body of a call. @param model as whoever is called knows it */
export function callOf(kind: Kind, model: string, prompt = 'hello'): { path: string; body: string } {
  const streamed = kind.endsWith('-stream');
  if (kind.startsWith('converse'))
    return {
      path: `/model/${encodeURIComponent(model)}/${kind}`,
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: prompt }] }] }),
    };
  return {
    path: '/v1/chat/completions',
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: prompt }],
      ...(streamed ? { stream: true } : {}),
    }),
  };
}

const WORDS = Buffer.from(DELTA.repeat(DELTAS));
const ONE_DELTA = Buffer.from(JSON.stringify(DELTA));
/** What only a stream that came to its end has. */
export const END: Partial<Record<Kind, Buffer>> = {
  'converse-stream': Buffer.from('"usage"'),
  'chat-stream': Buffer.from('data: [DONE]'),
};

/** Whether an answer is the upstream's, to its end. */
export function isWhole(kind: Kind, body: Buffer): boolean {
  const end = END[kind];
  if (end === undefined) return body.includes(WORDS);
  let deltas = 0;
  for (let at = body.indexOf(ONE_DELTA); at >= 0; at = body.indexOf(ONE_DELTA, at + 1)) deltas++;
  return deltas === DELTAS && body.includes(end);
}
