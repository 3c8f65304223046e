import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CONTEXT_KEY_CHARS } from '../../../contract/limits/seal.ts';
import { readIfThere, writeWhole } from '../../files.ts';
import { AwsError, invalid } from '../error.ts';
import { jsonError, jsonReply, targetOperation } from '../json-rpc.ts';
import type { InvokeFunction } from '../lambda/service.ts';
import { type JsonObject, parseBody, textOf, textsAt } from '../read.ts';
import type { AwsRequest, Service } from '../service.ts';
import { createSecretStore, type SecretStore } from './store.ts';

export interface SecretsManagerOptions {
  /** Where the secrets are kept, readable by their owner alone. */
  folder: string;
  account: string;
  region: string;
  /** Name of the secret that the template makes and that one function rotates, and of that function. */
  secret: string;
  rotation: string;
  /** One that nobody rotates by itself, and that who operates the account reads; absent where there is none. */
  operators?: { secret: string; tags: Readonly<Record<string, string>> } | undefined;
  /** By name: secrets that everybody may read, because everybody knows them. */
  known: ReadonlyMap<string, string>;
  invoke: InvokeFunction;
  now: () => number;
}

type Serve = (store: SecretStore, input: JsonObject) => object | Promise<object>;

interface Held {
  name: string;
  arn: string;
  store: SecretStore;
  /** Whoever reaches the loopback interface may read it, as it may write every table. */
  open: boolean;
  about: object;
}

/**
 * Secrets Manager, JSON 1.1, with the secrets that the template makes, and those of the demo's clients: reading them, the two writes by which one is rotated, and
 * RotateSecret, which has the function do its four steps as AWS does. A folder that an older version left gets its secrets.
 */
export async function createSecretsManager(options: SecretsManagerOptions): Promise<Service> {
  const { folder, account, region, secret, rotation, operators, known, invoke, now } = options;
  const arnOf = (name: string): string => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-LoCaL1`;
  const hold = async (name: string, file: string, open: boolean, about: object): Promise<Held> => {
    const path = join(folder, file);
    const store = createSecretStore({
      text: await readIfThere(path),
      save: (text) => writeWhole(path, text),
      now,
      chars: CONTEXT_KEY_CHARS,
    });
    await store.save();
    return { name, arn: arnOf(name), store, open, about };
  };
  const arn = arnOf(secret);
  const held = [await hold(secret, 'secretsmanager.json', false, { RotationEnabled: true })];
  if (operators !== undefined) {
    const Tags = Object.entries(operators.tags).map(([Key, Value]) => ({ Key, Value }));
    held.push(await hold(operators.secret, 'keys-secret.json', true, { Tags }));
  }
  const heldOf = ({ region: asked, body }: AwsRequest): Held | undefined => {
    const { SecretId: id } = parseBody(body);
    return asked === region ? held.find((one) => id === one.name || id === one.arn) : undefined;
  };
  const knownOf = ({ region: asked, headers, body }: AwsRequest): string | undefined => {
    if (asked !== region || targetOperation(headers) !== 'GetSecretValue') return undefined;
    const { SecretId: id } = parseBody(body);
    return [...known.keys()].find((name) => id === name || id === arnOf(name));
  };

  /** One after the other, as Secrets Manager calls it; a step that throws leaves the current version as it was. */
  async function rotate(): Promise<object> {
    const token = randomUUID();
    for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
      await invoke(rotation, { Step, SecretId: arn, ClientRequestToken: token }, randomUUID());
    return { VersionId: token };
  }

  const operations: Readonly<Record<string, Serve>> = {
    GetSecretValue: (secrets, input) => secrets.get(optional(input, 'VersionId'), optional(input, 'VersionStage')),
    DescribeSecret: (secrets) => ({ VersionIdsToStages: secrets.stages() }),
    PutSecretValue: (secrets, input) =>
      secrets.put(
        optional(input, 'ClientRequestToken') ?? randomUUID(),
        textOf(input.SecretString, 'SecretString'),
        textsAt(input.VersionStages ?? ['AWSCURRENT'], 'VersionStages'),
      ),
    UpdateSecretVersionStage: (secrets, input) =>
      secrets.move(
        textOf(input.VersionStage, 'VersionStage'),
        textOf(input.MoveToVersionId, 'MoveToVersionId'),
        optional(input, 'RemoveFromVersionId'),
      ),
    RotateSecret: rotate,
  };

  return {
    name: 'secretsmanager',
    // Whoever reaches the loopback interface may have the key made new, as its owner would, and may not read it.
    strict: (request) =>
      targetOperation(request.headers) !== 'RotateSecret' &&
      knownOf(request) === undefined &&
      heldOf(request)?.open !== true,
    fail: (error) => jsonError('com.amazonaws.secretsmanager', error),
    plan(request) {
      const operation = targetOperation(request.headers);
      const serve = operations[operation];
      if (serve === undefined) throw invalid('Unknown operation.', 'UnknownOperationException');
      const input = parseBody(request.body);
      const name = knownOf(request);
      if (name !== undefined) {
        const answer = { ARN: arnOf(name), Name: name, SecretString: known.get(name), VersionStages: ['AWSCURRENT'] };
        const needs = [{ action: 'secretsmanager:GetSecretValue', resource: arnOf(name), context: {} }];
        return { operation, needs, serve: async () => jsonReply(answer) };
      }
      const wanted = textOf(input.SecretId, 'SecretId');
      const one = heldOf(request);
      const resource = one?.arn ?? `arn:aws:secretsmanager:${request.region}:${account}:secret:${wanted}`;
      return {
        operation,
        needs: [{ action: `secretsmanager:${operation}`, resource, context: {} }],
        async serve() {
          if (one === undefined || (operation === 'RotateSecret' && one.arn !== arn))
            throw new AwsError(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
          const about = operation === 'DescribeSecret' ? one.about : {};
          return jsonReply({ ARN: one.arn, Name: one.name, ...about, ...(await serve(one.store, input)) });
        },
      };
    },
  };
}

function optional(input: JsonObject, name: string): string | undefined {
  return input[name] === undefined || input[name] === null ? undefined : textOf(input[name], name);
}
