import { randomUUID } from 'node:crypto';
import type { Access } from '../../../policies/simulate/types.ts';
import { invalid } from '../error.ts';
import { EVENT_STREAM, frame } from '../frames.ts';
import { isObject, type JsonObject, objectOf, parseBody, textOf } from '../read.ts';
import type { AwsRequest, Plan, Reply } from '../service.ts';
import type { Models } from './models.ts';

const PATH = /^\/retrieveAndGenerate(Stream)?\/?$/;
const RECALL = '[[recall]]';
/** Turns of a session that are remembered. */
const TURNS_MAX = 20;

/**
 * RetrieveAndGenerate: as authorised in the caller's name for itself, the knowledge base, the model that answers and the one that
 * orders. The answer is `echo: ` and the question, or what was asked before in the session. Whoever knows a session's id may go on
 * with it: so does Bedrock.
 */
export function createAnswers(models: Models): (request: AwsRequest, account: string) => Plan | undefined {
  const sessions = new Map<string, string[]>();

  return (request, account) => {
    const [path, stream] = PATH.exec(request.path) ?? [];
    if (path === undefined || request.method !== 'POST') return undefined;
    const body = parseBody(request.body);
    const base = memberOf(memberOf(body, 'retrieveAndGenerateConfiguration'), 'knowledgeBaseConfiguration');
    const id = textOf(base.knowledgeBaseId, 'knowledgeBaseId');
    if (!/^[0-9A-Za-z]{10}$/.test(id)) throw invalid('knowledgeBaseId is none.');
    const guardrail = guardrailOf(base, request.region, account);
    const action = `bedrock:InvokeModel${stream === undefined ? '' : 'WithResponseStream'}`;
    const model = textOf(base.modelArn, 'modelArn');
    const answering = models.answering(model, action, request.region, account, guardrail);
    const needs: Access[] = [
      { action: 'bedrock:RetrieveAndGenerate', resource: '*', context: {} },
      {
        action: 'bedrock:Retrieve',
        resource: `arn:aws:bedrock:${request.region}:${account}:knowledge-base/${id}`,
        context: {},
      },
      ...answering.needs,
      ...models.ranking(memberOf(base, 'retrievalConfiguration'), request.region, account),
    ];
    return {
      operation: stream === undefined ? 'RetrieveAndGenerate' : 'RetrieveAndGenerateStream',
      model,
      needs,
      serve() {
        answering.check();
        return answered(body, [account, id].join('/'), stream !== undefined);
      },
    };
  };

  function answered({ input, sessionId: given }: JsonObject, of: string, stream: boolean): Reply {
    const text = textOf(isObject(input) ? input.text : undefined, 'input.text');
    const sessionId = given === undefined ? randomUUID() : textOf(given, 'sessionId');
    const said = given === undefined ? [] : sessions.get(`${of}/${sessionId}`);
    if (said === undefined) throw invalid(`Session with Id ${sessionId} is not valid. Please check and try again.`);
    sessions.set(`${of}/${sessionId}`, [...said, text].slice(-TURNS_MAX));
    const answer = text === RECALL ? `recall: ${said.join(' | ')}` : `echo: ${text}`;
    const citation = {
      generatedResponsePart: { textResponsePart: { text: answer, span: { start: 0, end: answer.length - 1 } } },
      retrievedReferences: [{ content: { type: 'TEXT', text: `passage 1: ${text}` }, metadata: {} }],
    };
    if (!stream) {
      const whole = { sessionId, output: { text: answer }, citations: [citation], guardrailAction: 'NONE' };
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(whole) };
    }
    return {
      status: 200,
      headers: { 'content-type': EVENT_STREAM, 'x-amzn-bedrock-knowledge-base-session-id': sessionId },
      frames: [
        ...answer.split(/(?<= )/).map((piece) => frame('output', JSON.stringify({ text: piece }))),
        frame('citation', JSON.stringify({ citation })),
        frame('guardrail', JSON.stringify({ action: 'NONE' })),
      ],
    };
  }
}

/** Its ARN with its version, as IAM is shown it. */
function guardrailOf(base: JsonObject, region: string, account: string): string | undefined {
  const { guardrailConfiguration } = memberOf(base, 'generationConfiguration');
  if (guardrailConfiguration === undefined) return undefined;
  const { guardrailId, guardrailVersion } = objectOf(guardrailConfiguration, 'guardrailConfiguration');
  const id = textOf(guardrailId, 'guardrailId');
  if (!/^[a-z0-9]+$/.test(id)) throw invalid('guardrailId is none.');
  const arn = `arn:aws:bedrock:${region}:${account}:guardrail/${id}`;
  return guardrailVersion === 'DRAFT' ? arn : `${arn}:${textOf(guardrailVersion, 'guardrailVersion')}`;
}

function memberOf(body: JsonObject, name: string): JsonObject {
  return body[name] === undefined ? {} : objectOf(body[name], name);
}
