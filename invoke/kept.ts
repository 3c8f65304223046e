/**
 * Answers that are kept for a while, because their callers cannot hold a stream: who polls reads what was written, and nothing is
 * counted by it. Of whichever format; bodies and pieces are texts here.
 *
 * A surface begins an answer, appends to it while the model speaks (`Writing`) and ends it, under `waitUntil`, so that the function
 * goes on after its caller has been told the id; other calls of the same caller read it by that id.
 */
export interface Answers {
  /**
   * @param id unlike any other of this owner's
   * @param body what is read until the answer has ended, and if it never does
   * @throws TollgateError `unavailable`; nothing can be read then
   */
  begin(owner: Owner, id: string, body: string): Promise<Writing>;
  /** One that has ended already. @throws TollgateError `unavailable` */
  keep(owner: Owner, id: string, body: string): Promise<void>;
  /**
   * One whose writer gives no sign of life has failed from then on.
   *
   * @returns undefined: there is none, or it is not the owner's @throws TollgateError `unavailable`
   */
  status(owner: Owner, id: string): Promise<KeptStatus | undefined>;
  /** The same, with its body. */
  read(owner: Owner, id: string): Promise<Kept | undefined>;
  /**
   * What was appended, in its order, as far as it is written. It says nothing of whether there will be more: ask for the status
   * first.
   *
   * @param after as it was returned before; '' reads from the beginning
   */
  pieces(owner: Owner, id: string, after: string): Promise<{ pieces: Piece[]; after: string }>;
  /** Its writer stops when it next gives a sign of life. One that has ended stays as it is. */
  cancel(owner: Owner, id: string): Promise<void>;
  /** @returns whether there was one */
  remove(owner: Owner, id: string): Promise<boolean>;
}

/** Who alone can read an answer: the caller that asked for it. */
export interface Owner {
  tenant: string;
  principal: string;
}

/** failed: it ended so, or without a word. */
export type KeptStatus = 'running' | 'done' | 'failed' | 'cancelled';

export interface Kept {
  status: KeptStatus;
  body: string;
  /** Whether the body is the one that it ended with. */
  ended: boolean;
}

export interface Piece {
  /** Counted from 0. */
  number: number;
  text: string;
}

/** An answer that is being made, and gives signs of life until it has ended. */
export interface Writing {
  /** One piece more; it is written with those that come within a second. */
  append(text: string): void;
  /** Aborted when nobody waits for the answer any more: it was cancelled or removed, or was taken for dead. */
  readonly over: AbortSignal;
  /** Writes nothing more, and gives no more signs of life. */
  leave(): void;
  /**
   * Writes what is left and the body that it ended with.
   *
   * @returns false: it was over before @throws TollgateError `unavailable`; it will be taken for dead
   */
  end(status: 'done' | 'failed', body: string): Promise<boolean>;
}
