import { readFileSync } from 'node:fs';
import { MODEL } from '../../../../../registry/kinds.ts';
import type { ModelEntry } from '../../../../../registry/model.ts';
import { readPriceFile } from '../../../../../registry/prices/import/file.ts';
import type { Reading } from '../../../../../registry/prices/import/reading.ts';
import { modelDocument } from '../../documents.ts';

export const NOW = Date.UTC(2026, 10, 21, 9);

export function fixture(name: string): string {
  return readFileSync(new URL(`../../../../cases/${name}`, import.meta.url), 'utf8');
}

export function read(text: string, more: { from?: number } = {}): Reading {
  return readPriceFile(text, { now: NOW, source: 'a-file', ...more });
}

/** A model of the registry that is called directly in a region. */
export function direct(id: string, modelId: string, region = 'us-east-1', prices: object[] = []): ModelEntry {
  const arn = `arn:aws:bedrock:${region}::foundation-model/${modelId}`;
  return entry(id, { kind: 'bedrock-model', modelId, region, arn }, prices);
}

/** One that is called through a profile, of a geography or `global.`. */
export function profile(id: string, modelId: string, prices: object[] = []): ModelEntry {
  const foundation = modelId.replace(/^[a-z]+\./, '');
  const regions = modelId.startsWith('global.') ? ['us-east-1', ''] : ['us-east-1', 'us-west-2'];
  return entry(
    id,
    {
      kind: 'bedrock-profile',
      modelId,
      region: 'us-east-1',
      arn: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/${modelId}`,
      modelArns: regions.map((region) => `arn:aws:bedrock:${region}::foundation-model/${foundation}`),
    },
    prices,
  );
}

function entry(id: string, target: object, prices: object[]): ModelEntry {
  return MODEL.parse({ ...modelDocument(id), target, prices });
}
