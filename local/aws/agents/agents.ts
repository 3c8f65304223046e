import type { Access } from '../../../policies/simulate/types.ts';
import { AwsError, invalid } from '../error.ts';
import { EVENT_STREAM, frame } from '../frames.ts';
import { isObject, type JsonObject, listAt, parseBody, textOf } from '../read.ts';
import type { AwsRequest, Plan, Reply, WholeReply } from '../service.ts';
import { createAnswers } from './answers.ts';
import { createConversations } from './conversations.ts';
import { createExecutions } from './executions.ts';
import { createModels } from './models.ts';
import { createRerank } from './rerank.ts';

/**
 * Bedrock's agent runtime. The local account has every knowledge base, agent and flow whose id has the form of AWS's own, but for
 * those that begin with `GONE`: nothing has to be made before it is called.
 */
export interface Agents {
  /** @returns undefined for what is no request of it. @throws AwsError */
  plan(request: AwsRequest, account: string): Plan | undefined;
}

interface Path {
  pattern: RegExp;
  operation: string;
  action: string;
  resource(...ids: string[]): string;
  serve(body: JsonObject, ...ids: string[]): Reply;
}

export function createAgents(): Agents {
  /** What went into each run that its caller named. */
  const runs = new Map<string, string[]>();
  const models = createModels();
  const apart = [createConversations(), createExecutions(), createAnswers(models), createRerank(models)];
  const paths: readonly Path[] = [
    {
      pattern: /^\/knowledgebases\/([^/]+)\/retrieve\/?$/,
      operation: 'Retrieve',
      action: 'bedrock:Retrieve',
      resource: (id) => `knowledge-base/${id}`,
      serve: (body, id = '') => retrieved(body, id),
    },
    {
      pattern: /^\/flows\/([^/]+)\/aliases\/([^/]+)\/?$/,
      operation: 'InvokeFlow',
      action: 'bedrock:InvokeFlow',
      resource: (flow, alias) => `flow/${flow}/alias/${alias}`,
      serve: (body, ...ids) => run(body, ids.join('/'), runs),
    },
  ];

  return {
    plan(request, account) {
      for (const plan of apart) {
        const planned = plan(request, account);
        if (planned !== undefined) return planned;
      }
      for (const { pattern, operation, action, resource, serve } of paths) {
        const ids = pattern.exec(request.path)?.slice(1).map(decodeURIComponent);
        if (ids === undefined || request.method !== 'POST') continue;
        const arn = `arn:aws:bedrock:${request.region}:${account}:${resource(...ids)}`;
        const needs: Access[] = [{ action, resource: arn, context: {} }];
        if (operation === 'Retrieve') needs.push(...orderedBy(request, account));
        return {
          operation,
          model: arn.slice(arn.indexOf('/') + 1),
          needs,
          serve() {
            if (ids.some((id) => id.startsWith('GONE')))
              throw new AwsError(404, 'ResourceNotFoundException', 'Not found.');
            return serve(parseBody(request.body), ...ids);
          },
        };
      }
      return undefined;
    },
  };

  function orderedBy({ body, region }: AwsRequest, account: string): Access[] {
    const { retrievalConfiguration } = parseBody(body);
    return isObject(retrievalConfiguration) ? models.ranking(retrievalConfiguration, region, account) : [];
  }
}

/** As many passages as are asked for, each with the question in it. */
function retrieved({ retrievalQuery, retrievalConfiguration }: JsonObject, id: string): WholeReply {
  const text = textOf(isObject(retrievalQuery) ? retrievalQuery.text : undefined, 'retrievalQuery.text');
  const { vectorSearchConfiguration: search } = isObject(retrievalConfiguration) ? retrievalConfiguration : {};
  const { numberOfResults = 5, overrideSearchType } = isObject(search) ? search : {};
  if (typeof numberOfResults !== 'number' || numberOfResults < 1 || numberOfResults > 100)
    throw invalid('numberOfResults must be 1 to 100');
  if (![undefined, 'HYBRID', 'SEMANTIC'].includes(overrideSearchType as string | undefined))
    throw invalid('overrideSearchType must be HYBRID or SEMANTIC');
  const retrievalResults = Array.from({ length: numberOfResults }, (_, index) => ({
    content: { type: 'TEXT', text: `passage ${index + 1}: ${text}` },
    location: { type: 'S3', s3Location: { uri: `s3://passages/${id}/${index + 1}.txt` } },
    score: 1 / (index + 1),
    metadata: {},
  }));
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ retrievalResults }) };
}

const RECALL = '[[recall]]';

/** Each input goes through a chain of one node, which in a run that is gone on with knows what came before. */
function run({ inputs, executionId }: JsonObject, flow: string, runs: Map<string, string[]>): Reply {
  const named = executionId === undefined ? undefined : `${flow}/${textOf(executionId, 'executionId')}`;
  const before = runs.get(named ?? '') ?? [];
  if (named !== undefined) runs.set(named, [...before, JSON.stringify(inputs)]);
  const outputs = listAt(inputs, 'inputs').map((input) => {
    const document = isObject(input) && isObject(input.content) ? input.content.document : undefined;
    if (document === undefined) throw invalid('inputs must be a list of documents');
    if (document === RECALL) return `recall: ${before.join(' ')}`;
    return typeof document === 'string' ? `echo: ${document}` : document;
  });
  if (outputs.length === 0) throw invalid('inputs must not be empty');
  const node = { nodeName: 'Output', nodeType: 'FlowOutputNode' };
  return {
    status: 200,
    headers: { 'content-type': EVENT_STREAM },
    frames: [
      ...outputs.map((document) => frame('flowOutputEvent', JSON.stringify({ ...node, content: { document } }))),
      frame('flowCompletionEvent', JSON.stringify({ completionReason: 'SUCCESS' })),
    ],
  };
}
