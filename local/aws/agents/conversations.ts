import type { Access } from '../../../policies/simulate/types.ts';
import { countTokens } from '../answer/tokens.ts';
import { createResolver } from '../bedrock/resolve.ts';
import { AwsError, invalid } from '../error.ts';
import { EVENT_STREAM, frame } from '../frames.ts';
import { isObject, type JsonObject, parseBody, textOf } from '../read.ts';
import { type AwsRequest, type Plan, type Reply, usageOf } from '../service.ts';

/** Turns of a session that are remembered. */
const TURNS_MAX = 20;
const RECALL = '[[recall]]';

const TURN = /^\/agents\/([^/]+)\/agentAliases\/([^/]+)\/sessions\/([^/]+)\/text\/?$/;
const MEMORIES = /^\/agents\/([^/]+)\/agentAliases\/([^/]+)\/memories\/?$/;
const INLINE = /^\/agents\/([^/]+)\/?$/;

interface Summary {
  memoryId: string;
  sessionId: string;
  summaryText: string;
}

/** Agents, which say what they were told, and what they remember of it. */
export function createConversations(): (request: AwsRequest, account: string) => Plan | undefined {
  /** What was said in each session of each alias, and of each agent by its name. */
  const sessions = new Map<string, string[]>();
  /** By alias, of the sessions that were ended. */
  const memories = new Map<string, Summary[]>();

  return (request, account) => {
    const idsIn = (pattern: RegExp): string[] => pattern.exec(request.path)?.slice(1).map(decodeURIComponent) ?? [];
    const onAlias = (operation: string, [agent = '', alias = '']: string[], serve: () => Reply): Plan => {
      const resource = `arn:aws:bedrock:${request.region}:${account}:agent-alias/${agent}/${alias}`;
      const needs: Access[] = [{ action: `bedrock:${operation}`, resource, context: {} }];
      return {
        operation,
        model: `${agent}/${alias}`,
        needs,
        serve() {
          if (agent.startsWith('GONE')) throw new AwsError(404, 'ResourceNotFoundException', 'Not found.');
          return serve();
        },
      };
    };
    const [agent, alias, session] = idsIn(TURN);
    if (agent !== undefined && alias !== undefined && session !== undefined && request.method === 'POST')
      return onAlias('InvokeAgent', [agent, alias], () =>
        turn(parseBody(request.body), [account, agent, alias], session),
      );
    const remembered = idsIn(MEMORIES);
    if (remembered.length > 0) {
      const of = [account, ...remembered].join('/');
      const query = new URLSearchParams(request.query);
      if (request.method === 'GET') return onAlias('GetAgentMemory', remembered, () => recalled(of, query));
      if (request.method === 'DELETE') return onAlias('DeleteAgentMemory', remembered, () => forgotten(of, query));
    }
    const [inline] = idsIn(INLINE);
    return inline !== undefined && request.method === 'POST' ? described(request, account, inline) : undefined;
  };

  /** What it runs, it runs by the rights of who calls. */
  function described({ body, region }: AwsRequest, account: string, session: string): Plan {
    const asked = parseBody(body);
    const agentName = textOf(asked.agentName, 'agentName');
    const { streamingConfigurations: streaming } = asked;
    const streams = isObject(streaming) && streaming.streamFinalResponse === true;
    const model = textOf(asked.foundationModel, 'foundationModel');
    const runs = (action: string): Access[] => createResolver(account).resolve(model, action, region).accesses.slice();
    return {
      operation: 'InvokeInlineAgent',
      model: agentName,
      needs: [
        { action: 'bedrock:InvokeInlineAgent', resource: '*', context: { 'bedrock:InlineAgentName': agentName } },
        ...runs('bedrock:InvokeModel'),
        ...(streams ? runs('bedrock:InvokeModelWithResponseStream') : []),
      ],
      serve() {
        if (textOf(asked.instruction, 'instruction').length < 40) throw invalid('instruction must have 40 characters');
        return turn(asked, [account, agentName], session);
      },
    };
  }

  function turn(
    { inputText, endSession, memoryId, enableTrace }: JsonObject,
    of: readonly string[],
    session: string,
  ): Reply {
    const text = textOf(inputText, 'inputText');
    const key = [...of, session].join('/');
    const said = sessions.get(key) ?? [];
    const answer = text === RECALL ? `recall: ${said.join(' | ')}` : `echo: ${text}`;
    if (endSession === true) sessions.delete(key);
    else sessions.set(key, [...said, text].slice(-TURNS_MAX));
    if (endSession === true && typeof memoryId === 'string') {
      const alias = of.join('/');
      const summary = { memoryId, sessionId: session, summaryText: said.join(' | ') };
      memories.set(alias, [...(memories.get(alias) ?? []), summary]);
    }
    const chunk = JSON.stringify({ bytes: Buffer.from(answer).toString('base64') });
    const usage = usageOf(countTokens(text), countTokens(answer));
    const { inputTokens, outputTokens } = usage;
    const modelInvocationOutput = { metadata: { usage: { inputTokens, outputTokens } } };
    const traced = (orchestrationTrace: object): Uint8Array =>
      frame('trace', JSON.stringify({ agentId: of[1], sessionId: session, trace: { orchestrationTrace } }));
    return {
      status: 200,
      headers: { 'content-type': EVENT_STREAM, 'x-amz-bedrock-agent-session-id': session },
      frames: [...(enableTrace === true ? [traced({ modelInvocationOutput })] : []), frame('chunk', chunk)],
      usage,
    };
  }

  function recalled(alias: string, query: URLSearchParams): Reply {
    if (query.get('memoryType') !== 'SESSION_SUMMARY') throw invalid('memoryType must be SESSION_SUMMARY');
    const found = (memories.get(alias) ?? []).filter(({ memoryId }) => memoryId === query.get('memoryId'));
    return whole(200, { memoryContents: found.map((sessionSummary) => ({ sessionSummary })) });
  }

  /** Without an id of a memory: of everybody. */
  function forgotten(alias: string, query: URLSearchParams): Reply {
    const isMeant = (one: Summary): boolean =>
      (['memoryId', 'sessionId'] as const).every((name) => [null, one[name]].includes(query.get(name)));
    memories.set(
      alias,
      (memories.get(alias) ?? []).filter((one) => !isMeant(one)),
    );
    return whole(202, {});
  }
}

function whole(status: number, value: JsonObject): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
