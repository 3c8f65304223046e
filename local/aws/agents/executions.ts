import type { Access } from '../../../policies/simulate/types.ts';
import { AwsError, invalid } from '../error.ts';
import { isObject, type JsonObject, listAt, parseBody } from '../read.ts';
import type { AwsRequest, Plan, WholeReply } from '../service.ts';

interface Execution {
  status: 'Running' | 'Succeeded' | 'Failed' | 'Aborted';
  inputs: readonly unknown[];
  startedAt: string;
}

const PATH = /^\/flows\/([^/]+)\/aliases\/([^/]+)\/executions(?:\/([^/]+)(?:\/(stop|events|flowsnapshot))?)?\/?$/;

/** By method and what ends the path. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'GET ': 'GetFlowExecution',
  'POST stop': 'StopFlowExecution',
  'GET events': 'ListFlowExecutionEvents',
  'GET flowsnapshot': 'GetExecutionFlowSnapshot',
};

/** Of an input: the execution goes on until it is stopped; and it fails. */
const WAITS = '[[wait]]';
const FAILS = '[[fail]]';

/** Executions of flows: they are over at once, each input having gone through a chain of one node. */
export function createExecutions(): (request: AwsRequest, account: string) => Plan | undefined {
  const executions = new Map<string, Execution>();

  return (request, account) => {
    const { region, method, path, query, body } = request;
    const [flow, alias, name, end = ''] =
      PATH.exec(path)
        ?.slice(1)
        .map((part) => part && decodeURIComponent(part)) ?? [];
    const operation = name === undefined ? 'StartFlowExecution' : OPERATIONS[`${method} ${end}`];
    if (flow === undefined || operation === undefined || (name === undefined && method !== 'POST')) return undefined;
    const flowArn = `arn:aws:bedrock:${region}:${account}:flow/${flow}`;
    const aliasArn = `${flowArn}/alias/${alias}`;
    const arn = `${aliasArn}/execution/${name}`;
    // The reference lists all of them as needed, of which at least one is asked for.
    const on = name === undefined ? [flowArn, aliasArn] : [flowArn, aliasArn, arn];
    const needs: Access[] = on.map((resource) => ({ action: `bedrock:${operation}`, resource, context: {} }));
    const ids = { flowIdentifier: flowArn, flowAliasIdentifier: aliasArn, flowVersion: '1' };

    return {
      operation,
      model: aliasArn.slice(aliasArn.indexOf('/') + 1),
      needs,
      serve: () => (name === undefined ? start(parseBody(body)) : asked()),
    };

    function start({ flowExecutionName, inputs }: JsonObject): WholeReply {
      if (typeof flowExecutionName !== 'string' || !/^[a-zA-Z0-9-]{1,36}$/.test(flowExecutionName))
        throw invalid('flowExecutionName must match [a-zA-Z0-9-]{1,36}');
      const made = `${aliasArn}/execution/${flowExecutionName}`;
      if (executions.has(made)) throw new AwsError(409, 'ConflictException', 'The name is taken.');
      const given = listAt(inputs, 'inputs');
      const holds = (text: string): boolean => JSON.stringify(given).includes(text);
      const status = holds(WAITS) ? 'Running' : holds(FAILS) ? 'Failed' : 'Succeeded';
      executions.set(made, { status, inputs: given, startedAt: new Date().toISOString() });
      return whole({ executionArn: made });
    }

    function asked(): WholeReply {
      const found = executions.get(arn);
      if (found === undefined) throw new AwsError(404, 'ResourceNotFoundException', 'Not found.');
      if (operation === 'StopFlowExecution') {
        found.status = 'Aborted';
        return whole({ executionArn: arn, status: found.status });
      }
      if (operation === 'GetExecutionFlowSnapshot')
        return whole({ ...ids, executionRoleArn: `arn:aws:iam::${account}:role/flow`, definition: '{"nodes":[]}' });
      if (operation === 'ListFlowExecutionEvents') return whole({ flowExecutionEvents: eventsOf(found) });
      const message = `${FAILS} by arn:aws:iam::${account}:role/flow of the input`;
      const errors = found.status === 'Failed' ? [{ nodeName: 'Prompt', error: 'ExecutionTimedOut', message }] : [];
      return whole({ executionArn: arn, status: found.status, startedAt: found.startedAt, ...ids, errors });
    }

    function eventsOf({ inputs, startedAt: timestamp, status }: Execution): JsonObject[] {
      const type = new URLSearchParams(query).get('eventType');
      if (type !== 'Flow' && type !== 'Node') throw invalid('eventType must be Flow or Node');
      const node = { nodeName: 'Prompt', timestamp };
      if (type === 'Node') return [{ nodeActionEvent: { ...node, serviceName: 'Lambda', requestId: account } }];
      const failure = { timestamp, errorCode: 'INTERNAL_SERVER', errorMessage: `of ${aliasArn}` };
      return [
        ...inputs.map((input) => ({
          flowInputEvent: { ...node, fields: [{ name: 'document', content: contentOf(input) }] },
        })),
        // Whatever was asked for, something newer than any list of these may come.
        { flowNewEvent: { roleArn: `arn:aws:iam::${account}:role/flow` } },
        ...(status === 'Failed' ? [{ flowFailureEvent: failure }] : []),
        ...(status === 'Succeeded' ? [{ flowOutputEvent: { ...node, fields: [] } }] : []),
      ];
    }
  };
}

function contentOf(input: unknown): unknown {
  return isObject(input) ? input.content : undefined;
}

function whole(value: JsonObject): WholeReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
