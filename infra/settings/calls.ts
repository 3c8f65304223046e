import { ANSWER_MINUTES, ANSWER_MINUTES_MAX } from '../../contract/limits/answers.ts';
import { nearest } from '../../contract/nearest.ts';
import { type Routing, routingProblem } from '../../contract/routing.ts';
import { STAGE_KINDS, type StageKind, USUAL_KINDS } from '../../policies/kinds.ts';
import { bad, flag, type Group, json, PREFIX, whole } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** How models are called, and what is kept of their answers. */
export interface CallSettings {
  /** Kinds of target that may be called at all, whatever the registry holds, and what more may be asked of one. */
  kinds: readonly StageKind[];
  /** Whether `global.` inference profiles may be called, which run wherever AWS likes. */
  globalProfiles: boolean;
  /** Minutes for which an answer that was made in the background can be read after it can have ended at the latest. */
  answerMinutes: number;
  /** Whether answers are also kept for who asks for it. */
  storeResponses: boolean;
  /** How the calls of a model of several places are spread over them, where it does not say. */
  routing: Partial<Routing>;
  /** Whether callers are told in which region they were answered, and at which attempt. */
  tellRoute: boolean;
  /** Whether functions tell each other of places that cool. */
  sharedHealth: boolean;
}

export const CALL_GROUP: Group<CallSettings, StageSettings> = {
  told: {
    kinds: {
      values: `a list of ${STAGE_KINDS.map((kind) => `\`${kind}\``).join(', ')}; ${USUAL_KINDS.map((kind) => `\`${kind}\``).join(', ')}`,
      makes:
        'nothing ([components.md](components.md)); in a private network the endpoint of the agent runtime for the kinds that it calls',
      costs: 'nothing; that endpoint $7.30 a month in each zone',
      security: 'the invoker role calls these kinds and no others, whatever the registry says',
    },
    globalProfiles: {
      values: '`true`, `false` (default)',
      makes: 'nothing',
      costs: 'nothing',
      security: '`global.` profiles may be called: prompts go to whichever region AWS picks',
    },
    answerMinutes: {
      values: `1 to ${ANSWER_MINUTES_MAX}; ${ANSWER_MINUTES}`,
      makes: 'nothing',
      costs: 'nothing',
      security: 'how long an answer made in the background can be read ([responses.md](responses.md))',
    },
    storeResponses: {
      values: '`true`, `false` (default)',
      makes: 'nothing',
      costs: 'two writes a stored answer',
      security: 'answers are kept, for their own principal, where the caller asks for it',
    },
    routing: {
      values: 'an object ([regions.md](regions.md))',
      makes: 'nothing',
      costs: 'nothing',
      security: 'nothing: each attempt is under a session policy of its own',
    },
    tellRoute: {
      values: '`true`, `false` (default)',
      makes: 'two headers of answers',
      costs: 'nothing',
      security: 'callers learn the region that answered',
    },
    sharedHealth: {
      values: '`true`, `false` (default)',
      makes: 'nothing',
      costs: 'a read a few seconds of each busy function',
      security: 'nothing',
    },
  },
  read: (at) => ({
    kinds: kinds(at('kinds')),
    globalProfiles: flag(at, 'globalProfiles', false),
    answerMinutes: whole(at, 'answerMinutes', 1, ANSWER_MINUTES_MAX, ANSWER_MINUTES),
    storeResponses: flag(at, 'storeResponses', false),
    routing: routing(at('routing')),
    tellRoute: flag(at, 'tellRoute', false),
    sharedHealth: flag(at, 'sharedHealth', false),
  }),
};

function kinds(given: unknown = USUAL_KINDS): StageKind[] {
  const list = typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given;
  const key = `${PREFIX}kinds`;
  if (!Array.isArray(list) || list.length === 0) throw bad(key, 'must be a list of kinds');
  const wrong = list.findIndex((kind) => typeof kind !== 'string' || !STAGE_KINDS.includes(kind as StageKind));
  if (wrong >= 0) {
    const meant = nearest(String(list[wrong]), STAGE_KINDS);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    throw bad(`${key}[${wrong}]`, `must be one of ${STAGE_KINDS.join(', ')}${hint}`);
  }
  return list as StageKind[];
}

function routing(given: unknown = {}): Partial<Routing> {
  const key = `${PREFIX}routing`;
  const value = typeof given === 'string' ? json(given, key) : given;
  const problem = routingProblem(value);
  if (problem === undefined) return value as Partial<Routing>;
  throw bad(problem.member === '' ? key : `${key}.${problem.member}`, problem.what);
}
