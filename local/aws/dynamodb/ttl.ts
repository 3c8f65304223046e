import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../atomic.ts';
import { AwsError, invalid } from '../error.ts';
import { type JsonObject, objectOf, textOf } from '../read.ts';
import type { Engine } from './engine.ts';

/** The time-to-live setting of each table. Nothing is deleted by it: in AWS that may take days, so nobody relies on it. */
export interface Ttl {
  update(engine: Engine, body: JsonObject): Promise<object>;
  describe(engine: Engine, body: JsonObject): Promise<object>;
}

/** @param file where the settings are kept */
export async function createTtl(file: string): Promise<Ttl> {
  const settings: Record<string, string> = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  return {
    async update(engine, body) {
      const table = await tableOf(engine, body);
      const specification = objectOf(body.TimeToLiveSpecification, 'TimeToLiveSpecification');
      const attribute = textOf(specification.AttributeName, 'AttributeName');
      if ((specification.Enabled === true) === (settings[table] !== undefined))
        throw invalid(`TimeToLive is already ${specification.Enabled === true ? 'enabled' : 'disabled'}`);
      if (specification.Enabled === true) settings[table] = attribute;
      else delete settings[table];
      await writeAtomically(file, JSON.stringify(settings));
      return { TimeToLiveSpecification: specification };
    },
    async describe(engine, body) {
      const attribute = settings[await tableOf(engine, body)];
      return {
        TimeToLiveDescription:
          attribute === undefined
            ? { TimeToLiveStatus: 'DISABLED' }
            : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
      };
    },
  };
}

async function tableOf(engine: Engine, { TableName }: JsonObject): Promise<string> {
  const name = textOf(TableName, 'TableName');
  const { status } = await engine.call('DescribeTable', JSON.stringify({ TableName: name }));
  if (status === 200) return name;
  throw new AwsError(400, 'ResourceNotFoundException', 'Requested resource not found');
}
