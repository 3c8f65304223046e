import {
  type Action,
  type AllowedModel,
  asyncInputOf,
  type Container,
  type Target,
  type TargetKind,
} from '../../contract/model.ts';
import { type Task, taskOfName } from '../../contract/task.ts';
import type { Runtime } from '../../policies/kinds/kind.ts';
import { baseModelOf, pathIdOf, runtimeOf } from '../../policies/kinds.ts';
import { isDirect } from '../../registry/held-by.ts';
import type { Abilities } from '../exchange.ts';

/** By the model's name, or by what runs it; what tells nothing converses. */
export function taskOf({ target, container }: Pick<AllowedModel, 'target' | 'container'>): Task {
  return container === 'tei' ? 'embed' : taskOfName(baseModelOf(target));
}

/** Which models a path serves: those that the grant lets do `action`. */
export interface Serves {
  action: Action;
  /** Absent: of any task. */
  tasks?: readonly Task[];
  /** Absent: whatever runs them, if it is a model. */
  runtime?: Runtime;
  /** Of what is no model: which kind. */
  kind?: TargetKind;
  /** Prompts, too, which have their own messages. Absent: none. */
  prompts?: true;
  /** Of foundation models. Absent: of whatever name. */
  names?: readonly string[];
  /** These as well, whose entry does not say which of their tasks they are for. */
  containers?: readonly Container[];
  /** Of what answers later. Absent: of what answers the call itself. */
  later?: true;
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
    serves !== undefined && isServed(model, serves) ? [path.replace(/\{(?!sessionId)\w+\}/, '{id}')] : [],
  );
  if (isDirect(model)) paths.push('/credentials?model={id}');
  const streaming = task === 'chat' && paths.length > 0 && can(model, 'stream');
  return { paths, streaming, output: OUTPUTS[task] };
}

/** Whether a path is for such models. */
export function isServed(model: AllowedModel, { kind, ...serves }: Serves): boolean {
  const { container, target } = model;
  const { action, containers, later, tasks, runtime, names, prompts } = serves;
  if (kind !== undefined || isResource(target)) return target.kind === kind && model.actions.includes(action);
  if (target.kind === 'bedrock-prompt' && prompts !== true) return false;
  const base = baseModelOf(target);
  return (
    can(model, action) &&
    (asyncInputOf(target) !== undefined) === (later ?? false) &&
    ((container !== undefined && containers?.includes(container) === true) ||
      ((tasks?.includes(taskOf(model)) ?? true) &&
        (runtime ?? runtimeOf(target)) === runtimeOf(target) &&
        (base === '' || (names?.some((beginning) => base.startsWith(beginning)) ?? true))))
  );
}

/** Whether it is no model, but something of Bedrock's that runs some, or none: no path of a model's calls it. */
export function isResource(target: Target): boolean {
  return runtimeOf(target) === 'bedrock-agent-runtime' || pathIdOf(target, 'invoke') === undefined;
}

/** What was granted of what there is. */
function can({ actions, target }: AllowedModel, action: Action): boolean {
  return actions.includes(action) && pathIdOf(target, action) !== undefined;
}
