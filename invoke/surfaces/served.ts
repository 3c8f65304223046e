import type { Action, AllowedModel } from '../../contract/model.ts';
import { baseModelOf, runtimeOf } from '../../policies/kinds.ts';
import { isDirect } from '../../registry/restrictions.ts';
import { EMBEDS, PAINTERS } from '../usage/made.ts';

/** Models that order documents (https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html). */
const RERANKS = /^[a-z0-9-]+\.rerank-/;

interface Served {
  path: string;
  needs: Action;
  /** Whether only a model that converses answers there. */
  talks: boolean;
}

const PATHS: readonly Served[] = [
  { path: '/model/{id}/converse', needs: 'invoke', talks: true },
  { path: '/model/{id}/converse-stream', needs: 'stream', talks: true },
  { path: '/model/{id}/invoke', needs: 'invoke', talks: false },
  { path: '/model/{id}/invoke-with-response-stream', needs: 'stream', talks: true },
  { path: '/model/{id}/count-tokens', needs: 'count', talks: true },
  { path: '/v1/chat/completions', needs: 'invoke', talks: true },
];

export interface Abilities {
  /** None: nothing that this gateway serves reaches it. */
  paths: string[];
  streaming: boolean;
  /** As Bedrock names what a model puts out; undefined where its name does not tell. */
  output: 'EMBEDDING' | 'IMAGE' | undefined;
}

/** What a caller can do with a model that it was granted: by the grant's actions, and by what the model's name tells. */
export function abilitiesOf(model: AllowedModel): Abilities {
  const base = baseModelOf(model.target);
  const output = EMBEDS.test(base) ? 'EMBEDDING' : PAINTERS.test(base) ? 'IMAGE' : undefined;
  const talks = output === undefined && !RERANKS.test(base);
  const served = PATHS.filter((path) => model.actions.includes(path.needs) && (talks || !path.talks));
  const paths = runtimeOf(model.target) === 'bedrock-runtime' ? served.map(({ path }) => path) : [];
  if (isDirect(model)) paths.push('/credentials?model={id}');
  return { paths, streaming: talks && paths.length > 0 && model.actions.includes('stream'), output };
}
