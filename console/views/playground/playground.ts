import type { Api } from '../../http.ts';
import { asProblem } from '../../problem.ts';
import { hasBegun, withChunk } from './chunks.ts';
import { Answer, isOver, NO_STEP, type Picture, type Step, type Turn, wantsResults } from './conversation.ts';
import { eventsIn } from './events.ts';
import { CHAT_PATH, type Model } from './models.ts';
import { type ChatRequest, requestOf } from './request.ts';
import { NO_SETTINGS, type Settings } from './settings.ts';
import { Store } from './store.ts';

export interface PlaygroundDeps {
  api: Pick<Api, 'fetch'>;
  /** Calls back before the next frame is drawn. */
  frame(draw: () => void): void;
  /** Milliseconds, of a clock that only goes forward. */
  now(): number;
}

export interface Draft {
  text: string;
  pictures: readonly Picture[];
}

export const NO_DRAFT: Draft = { text: '', pictures: [] };

/**
 * One conversation with a model, or with two at once that do not hear each other. However fast an answer comes, it is drawn once a
 * frame, and nothing is drawn anew but the answer.
 */
export class Playground {
  readonly settings = new Store<Settings>(NO_SETTINGS);
  readonly turns = new Store<readonly Turn[]>([]);
  /** What is about to be said. */
  readonly draft = new Store<Draft>(NO_DRAFT);
  /** Answers that are being written. */
  readonly running = new Store(0);
  readonly #deps: PlaygroundDeps;
  #models: ReadonlyMap<string, Model> = new Map();
  #abort = new AbortController();
  #nextTurn = 1;

  constructor(deps: PlaygroundDeps) {
    this.#deps = deps;
  }

  /** @param models those that may be asked now; one that was chosen and is not among them is chosen no more */
  offer(models: readonly Model[], wanted?: string): void {
    this.#models = new Map(models.map((model) => [model.id, model]));
    const chosen = this.settings.value.models.filter((id) => this.#models.has(id));
    const first = wanted !== undefined && this.#models.has(wanted) ? wanted : (chosen[0] ?? models[0]?.id);
    this.change({ models: first === undefined ? [] : [first, ...chosen.slice(1)] });
  }

  change(settings: Partial<Settings>): void {
    this.settings.set({ ...this.settings.value, ...settings });
  }

  /** Says something to all models that are chosen. What was said before and is under way is stopped. */
  send(text: string, pictures: readonly Picture[] = []): void {
    this.stop();
    const answers = this.settings.value.models.map((model) => new Answer(model));
    const turn: Turn = { id: this.#nextTurn++, text, pictures, answers };
    this.turns.set([...this.turns.value, turn]);
    for (const lane of answers.keys()) void this.#ask(turn, lane);
  }

  /** Says and shows something else in the place of a turn; what came after it is gone. */
  edit(turn: Turn, text: string, pictures: readonly Picture[]): void {
    const at = this.turns.value.indexOf(turn);
    if (at < 0) return;
    this.stop();
    this.turns.set(this.turns.value.slice(0, at));
    this.send(text, pictures);
  }

  /** Asks for the last step of an answer again; of whichever model is chosen now, where it is the first. */
  retry(turn: Turn, lane: number): void {
    const answer = turn.answers[lane];
    if (answer === undefined || answer.last === undefined || !isOver(answer.last)) return;
    if (answer.steps.value.length > 1) {
      answer.steps.set(answer.steps.value.slice(0, -1));
      void this.#ask(turn, lane);
      return;
    }
    const model = this.settings.value.models[lane] ?? answer.model;
    const again = { ...turn, answers: turn.answers.map((one, at) => (at === lane ? new Answer(model) : one)) };
    this.turns.set(this.turns.value.map((one) => (one === turn ? again : one)));
    void this.#ask(again, lane);
  }

  /** Gives a model what its calls returned, and has it go on. @param results by the calls’ ids */
  answerCalls(turn: Turn, lane: number, results: Readonly<Record<string, string>>): void {
    const answer = turn.answers[lane];
    const last = answer?.last;
    if (answer === undefined || last === undefined || !wantsResults(last)) return;
    answer.replace({ ...last, results });
    void this.#ask(turn, lane);
  }

  /** Leaves what is under way as it stands. */
  stop(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  clear(): void {
    this.stop();
    this.turns.set([]);
  }

  /**
   * What the next request would be, to be shown: with what is about to be said, else the last turn’s again.
   * @returns undefined where no model is chosen
   */
  next(): ChatRequest | undefined {
    const { text, pictures } = this.draft.value;
    const model = this.#models.get(this.settings.value.models[0] ?? '');
    if (model === undefined) return undefined;
    const said = this.turns.value;
    const last = said.at(-1);
    const hasDraft = text.trim() !== '' || pictures.length > 0;
    const turns: Turn[] =
      hasDraft || last === undefined
        ? [...said, { id: 0, text: hasDraft ? text : 'Hello!', pictures, answers: [] }]
        : [...said.slice(0, -1), { ...last, answers: [] }];
    return requestOf(model, turns, 0, this.settings.value);
  }

  /** Pictures that were shown, or are about to be. */
  pictures(): Picture[] {
    return [...this.turns.value.flatMap(({ pictures }) => pictures), ...this.draft.value.pictures];
  }

  async #ask(turn: Turn, lane: number): Promise<void> {
    const answer = turn.answers[lane];
    const model = this.#models.get(answer?.model ?? '');
    if (answer === undefined || model === undefined) return;
    const turns = this.turns.value;
    const before = turns.slice(0, turns.findIndex(({ id }) => id === turn.id) + 1);
    const body = { ...requestOf(model, before, lane, this.settings.value), ...(model.streaming && { stream: true }) };
    answer.steps.set([...answer.steps.value, NO_STEP]);
    this.running.set(this.running.value + 1);
    await this.#run(answer, body, this.#abort.signal);
    this.running.set(this.running.value - 1);
  }

  async #run(answer: Answer, body: ChatRequest, signal: AbortSignal): Promise<void> {
    const { api, frame, now } = this.#deps;
    const began = now();
    let step: Step = NO_STEP;
    let isDue = false;
    /** As it stands when the next frame is drawn. */
    const show = (): void => {
      if (isDue) return;
      isDue = true;
      frame(() => {
        isDue = false;
        if (!isOver(step)) answer.replace(step);
      });
    };
    const came = (data: string): void => {
      step = withChunk(step, data, step.requestId);
      if (step.firstMs === undefined && hasBegun(step)) step = { ...step, firstMs: now() - began };
    };
    try {
      const response = await api.fetch(CHAT_PATH, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-tollgate-usage': 'cost' },
        body: JSON.stringify(body),
        signal,
      });
      step = { ...step, state: 'streaming', ...toldIn(response.headers) };
      if (body.stream !== true) came(await response.text());
      else {
        let ended = false;
        for await (const events of eventsIn(response.body ?? new ReadableStream())) {
          for (const data of events) {
            came(data);
            ended ||= data === '[DONE]';
          }
          show();
        }
        if (!ended) throw new Error('The answer broke off.');
      }
      step = { ...step, state: 'done', totalMs: now() - began };
    } catch (error) {
      step = signal.aborted
        ? { ...step, state: 'stopped', totalMs: now() - began }
        : { ...step, state: 'failed', problem: asProblem(error), totalMs: now() - began };
    }
    answer.replace(step);
  }
}

function toldIn(headers: Headers): Pick<Step, 'requestId' | 'servedBy' | 'notes'> {
  const [requestId, servedBy] = [headers.get('x-request-id'), headers.get('x-tollgate-served-by')];
  return {
    ...(requestId === null ? {} : { requestId }),
    ...(servedBy === null ? {} : { servedBy }),
    notes: notesIn(headers),
  };
}

/** `256; by=grant` and the like, in words. */
function notesIn(headers: Headers): string[] {
  const [limit, limitBy] = partsOf(headers, 'x-tollgate-max-tokens');
  const [guardrail, guardedBy] = partsOf(headers, 'x-tollgate-guardrail');
  const attempts = headers.get('x-tollgate-attempts') ?? '1';
  return [
    ...(limit === '' ? [] : [`at most ${limit} tokens, by ${limitBy}`]),
    ...(guardrail === '' ? [] : [`guardrail ${guardrail}, by ${guardedBy}`]),
    ...(attempts === '1' ? [] : [`${attempts} attempts`]),
  ];
}

function partsOf(headers: Headers, name: string): [value: string, by: string] {
  const said = headers.get(name) ?? '';
  return [said.split(';')[0] ?? '', /; ?by=([\w-]+)/.exec(said)?.[1] ?? 'the gateway'];
}
