import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type BedrockAgentRuntimeClient, InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect } from 'vitest';
import type { RawUsage } from '../raw-usage.ts';
import type { Stack } from '../stack.ts';

/** What the files beside this one share: one running stack, and a client of each of two tenants. */
export interface Shared {
  stack: Stack;
  raw: RawUsage;
  /** Before each test. */
  mark: number;
  acme: BedrockAgentRuntimeClient;
  globex: BedrockAgentRuntimeClient;
}

export const region = 'us-east-1';
export const BASE = `arn:aws:bedrock:${region}:111122223333:`;
export const AGENT = `${BASE}agent-alias/AGENT12345/ALIAS12345`;
export const FLOW = `${BASE}flow/FLOW123456/alias/ALIAS12345`;

/** What no answer holds: an ARN, or the account. */
export const INSIDE = /arn:|111122223333/;

/** A turn with an agent. */
export async function say(
  client: BedrockAgentRuntimeClient,
  sessionId: string,
  inputText: string,
  more: object = {},
): Promise<string> {
  const asked = { agentId: 'AGENT12345', agentAliasId: 'ALIAS12345', sessionId, inputText, ...more };
  const answer = await client.send(new InvokeAgentCommand(asked));
  expect(answer.sessionId).toBe(sessionId);
  return textOf(answer.completion);
}

interface Said {
  chunk?: { bytes?: Uint8Array | undefined } | undefined;
  trace?: unknown;
}

export async function textOf(completion: AsyncIterable<Said> | undefined): Promise<string> {
  let said = '';
  for await (const event of completion ?? []) {
    expect(event.trace).toBeUndefined();
    said += Buffer.from(event.chunk?.bytes ?? []).toString();
  }
  return said;
}

/** How a call was refused. */
export function refusalOf(asked: Promise<unknown>): Promise<object> {
  return asked.then(
    () => ({ name: 'answered' }),
    ({ name, message, $metadata }) => ({ name, message, status: $metadata?.httpStatusCode }),
  );
}

/** A tenant's call as its bytes go out: past what a client would not send, or would tidy. */
export async function raw(
  { stack }: Shared,
  method: string,
  path: string,
  body?: object,
  as = 'acme-app',
): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${await stack.token(as)}`, 'content-type': 'application/json' };
  const sent = request(stack.gateway, { method, path, headers });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, text: await text(answer) };
}
