import type { ApiProblem } from '../../problem.ts';
import { Store } from './store.ts';

/** What is said in the playground, and by whom. It is in this page’s memory alone, and gone when that is. */

export interface Picture {
  name: string;
  /** A data URL: a page of this origin fetches no other. */
  url: string;
  bytes: number;
}

/** A tool that the model wants called. */
export interface Call {
  id: string;
  name: string;
  /** JSON, as the model wrote it; a part of it while it is written. */
  arguments: string;
}

export interface Usage {
  prompt_tokens?: number;
  completion_tokens?: number;
  prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number };
  /** US dollars, exact; null: there is no price. */
  cost?: string | null;
}

export type StepState = 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';

/** One request, and what has come of it. */
export interface Step {
  state: StepState;
  text: string;
  /** What the model thought on the way, for people. */
  thought: string;
  /** The same as it wants it back. */
  details: readonly unknown[];
  calls: readonly Call[];
  finish?: string;
  usage?: Usage;
  requestId?: string;
  /** Where another model answered than the one that was named. */
  servedBy?: string;
  /** What the gateway changed in the call: a lower limit, a guardrail; and how often it tried. */
  notes?: readonly string[];
  /** Milliseconds from the request to the first of the answer, and to its end. */
  firstMs?: number;
  totalMs?: number;
  problem?: ApiProblem;
  /** What its calls returned, by their ids, once that was sent back. */
  results?: Readonly<Record<string, string>>;
}

export const NO_STEP: Step = { state: 'waiting', text: '', thought: '', details: [], calls: [] };

/** What one model says in one turn: a step, and another after each round of tools. */
export class Answer {
  readonly model: string;
  readonly steps = new Store<readonly Step[]>([]);

  constructor(model: string) {
    this.model = model;
  }

  get last(): Step | undefined {
    return this.steps.value.at(-1);
  }

  /** Puts another in the place of the last step. */
  replace(step: Step): void {
    this.steps.set([...this.steps.value.slice(0, -1), step]);
  }
}

/** What a person said, and what each of the models that were asked made of it. */
export interface Turn {
  id: number;
  text: string;
  pictures: readonly Picture[];
  answers: readonly Answer[];
}

/** Whether it can be gone on with. */
export function isOver({ state }: Step): boolean {
  return state !== 'waiting' && state !== 'streaming';
}

/** Whether the model waits for what its calls return. */
export function wantsResults(step: Step | undefined): boolean {
  return step !== undefined && step.state === 'done' && step.calls.length > 0 && step.results === undefined;
}
