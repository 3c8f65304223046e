import type { Action, AllowedModel } from '../../contract/model.ts';
import type { Runtime } from '../../policies/kinds/kind.ts';
import { baseModelOf, runtimeOf } from '../../policies/kinds.ts';
import { isDirect } from '../../registry/restrictions.ts';
import type { Abilities } from '../exchange.ts';
import { EMBEDS, PAINTERS } from '../usage/made.ts';

/** What a model is for. */
export type Task = 'chat' | 'embed' | 'image' | 'rerank';

/** Models that order documents (https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html). */
const RERANKS = /^[a-z0-9-]+\.rerank-/;

/** By the model's name, or by what runs it; what tells nothing converses. */
export function taskOf({ target, container }: Pick<AllowedModel, 'target' | 'container'>): Task {
  const base = baseModelOf(target);
  if (container === 'tei' || EMBEDS.test(base)) return 'embed';
  if (PAINTERS.test(base)) return 'image';
  return RERANKS.test(base) ? 'rerank' : 'chat';
}

/** Which models a path serves: those that the grant lets do `action`. */
export interface Serves {
  action: Action;
  /** Absent: of any task. */
  tasks?: readonly Task[];
  /** Absent: whatever runs them. */
  runtime?: Runtime;
}

const OUTPUTS: Partial<Record<Task, Abilities['output']>> = { embed: 'EMBEDDING', image: 'IMAGE' };

/**
 * What a caller can do with a model that it was granted: by the grant's actions, and by what is known of the model.
 *
 * @param routes those of the gateway that call a model
 */
export function abilitiesOf(
  model: AllowedModel,
  routes: Iterable<{ path: string; serves?: Serves | undefined }>,
): Abilities {
  const task = taskOf(model);
  const paths = [...routes].flatMap(({ path, serves }) =>
    serves !== undefined &&
    model.actions.includes(serves.action) &&
    (serves.tasks?.includes(task) ?? true) &&
    (serves.runtime ?? runtimeOf(model.target)) === runtimeOf(model.target)
      ? [path.replace(/\{\w+\}/, '{id}')]
      : [],
  );
  if (isDirect(model)) paths.push('/credentials?model={id}');
  const streaming = task === 'chat' && paths.length > 0 && model.actions.includes('stream');
  return { paths, streaming, output: OUTPUTS[task] };
}
