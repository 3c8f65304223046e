import { type Command, Option } from 'commander';
import { ALERT_EVENT, ALERT_KINDS, ALERT_TEST } from '../contract/alert.ts';
import { TollgateError } from '../contract/errors.ts';
import { stageName } from '../contract/names.ts';
import type { Receiver } from '../registry/alert.ts';
import { hiddenUrl } from '../registry/hidden.ts';
import { type Answer, edited, listed, shown } from './answer.ts';
import { bytesOf } from './file.ts';
import { past } from './past.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Given {
  id: string;
  kind: string;
  tenant?: string;
  webhook?: string;
  topic?: string;
  email?: string;
}

const EMAIL =
  'e-mail goes by a topic of SNS, which asks the reader first: make one whose name begins with the stage’s ' +
  '(tollgate-<stage>-...; the alarms’ own is tollgate-<stage>-alarms), `aws sns subscribe --protocol email` to it, and give it as --topic';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'alert',
    about: 'who is told of what: list, set, remove, test',
    more:
      `\nKinds: ${ALERT_KINDS.join(', ')}. A stage delivers where it is deployed with tollgate:alerts. For example:` +
      '\n  tollgate alert set ops --kind budget,drift --webhook - < url.txt' +
      '\n  tollgate alert set acme --kind budget --tenant acme --topic arn:aws:sns:us-east-1:111122223333:tollgate-prod-acme' +
      '\n  tollgate alert test ops',
  });

  noun.verb('list', {
    about: 'who is told of what; of a webhook whose it is, since its URL is a secret',
    run: async (_, { registry }) => {
      const receivers = await (await registry()).listReceivers();
      return listed({
        head: ['alert', 'kinds', 'tenant', 'to'],
        rows: receivers.map((one) => [one.id, one.kinds.join(', '), one.tenant ?? 'every', whereOf(one)]),
        documents: receivers.map((one) => ({
          ...one,
          to: 'topic' in one.to ? one.to : { webhook: whereOf(one) },
        })),
        none: 'nobody is told of anything',
      });
    },
  });

  noun.verb<Given>('set', {
    about: 'tell somebody, or replace the alert of its id',
    args: '<id>',
    options: (verb) =>
      verb
        .addOption(
          new Option('--kind <kinds>', `of what, separated by commas: ${ALERT_KINDS.join(', ')}`).default(
            ALERT_KINDS.join(),
            'all',
          ),
        )
        .option('--tenant <tenant>', 'only of what is this tenant’s')
        .option('--webhook <url>', 'Slack’s form, over https; - reads the URL from standard input')
        .option('--topic <arn>', 'a topic of SNS')
        .option('--email <address>', 'says how: by a topic'),
    edits: true,
    run: async ({ id, kind, tenant, webhook, topic, email }, at) => {
      if (email !== undefined) return at.refuse(EMAIL);
      if ((webhook === undefined) === (topic === undefined)) return at.refuse('give one of --webhook and --topic');
      const url = webhook === '-' ? Buffer.from(bytesOf('-')).toString('utf8').trim() : webhook;
      const here = await at.target();
      if (here.kind === 'stage' && url?.startsWith('http:')) return at.refuse('--webhook must be https: on a stage');
      const { receiver, ...change } = await (await at.registry()).setReceiver({
        ...{ id, kinds: kind.split(',').map((one) => one.trim()) },
        ...(tenant === undefined ? {} : { tenant }),
        to: url === undefined ? { topic } : { webhook: url },
      });
      const of = tenant === undefined ? '' : ` of ${tenant}`;
      const done = `${whereOf(receiver)} is told of ${receiver.kinds.join(', ')}${of}; \`tollgate alert test ${id}\` tries it`;
      return edited({ id, change, what: `alert ${id}`, done });
    },
  });

  noun.verb<{ id?: string; all?: true }>('remove', {
    about: 'tell them no more',
    args: '[id]',
    options: (verb) => verb.option('--all', 'every alert, also when they cannot be read'),
    edits: true,
    run: async ({ id, all = false }, { registry, refuse }) => {
      if ((id === undefined) !== all) return refuse('name one alert, or give --all');
      const writer = await registry();
      const change = await (id === undefined ? writer.removeReceivers() : writer.removeReceiver(id));
      return edited({ id: id ?? '', change, what: id === undefined ? 'alerts' : `alert ${id}`, done: 'removed' });
    },
  });

  noun.verb<{ id: string }>('test', {
    about: 'tell them that it is a test, by the stage’s own function, and say what became of it',
    args: '<id>',
    run: async ({ id }, at) => tried(id, await at.target()),
  });

  past(noun, '', () => ({ alerts: true }));
}

function whereOf({ to }: Receiver): string {
  return 'topic' in to ? to.topic : hiddenUrl(to.webhook);
}

async function tried(id: string, { clientConfig, stage }: Target): Promise<Answer> {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const event = { source: ALERT_EVENT.source, 'detail-type': ALERT_TEST, detail: { to: id } };
  const { FunctionError, Payload } = await new LambdaClient(clientConfig)
    .send(new InvokeCommand({ FunctionName: stageName(stage, 'alerts'), Payload: JSON.stringify(event) }))
    .catch((error: unknown) => {
      if ((error as Error).name !== 'ResourceNotFoundException') throw error;
      throw new TollgateError('unavailable', {
        reason: 'no-alerts',
        message: 'This stage delivers no alerts: it is deployed without tollgate:alerts.',
      });
    });
  const answer = JSON.parse(Payload?.transformToString() || 'null') as {
    sent?: string[];
    errorMessage?: string;
  } | null;
  if (FunctionError !== undefined)
    throw new TollgateError('unavailable', { reason: 'not-told', message: answer?.errorMessage ?? FunctionError });
  if (!answer?.sent?.includes(id))
    throw new TollgateError('not_found', {
      field: 'alert',
      reason: 'no-such-alert',
      message: `There is no alert ${id}.`,
    });
  return shown(id, { id, sent: true }, () => `${id} was told`);
}
