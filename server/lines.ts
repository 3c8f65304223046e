import { lineWriter, type WriteLine } from '../contract/log.ts';

/** Lines of many calls on one stream. */
export interface Lines {
  /** A line that may wait for others: at most until what is under way now has been done. */
  write: WriteLine;
  /** A line that others may join, too. @returns resolves when it is out, and those before it */
  writeOut(line: string): Promise<void>;
  /** Writes what waits, at once. */
  flush(): void;
}

/**
 * Lines of calls that run at once share a write, which costs as much as all else that a line does: those of one turn of the
 * event loop go out at its end. What must stand before a call is sent (its started line) is waited for; a crash loses no more
 * than finished lines of that turn, and the ledger lists those calls as unsettled.
 */
export function createLines(stream: { write(text: string): unknown }, stage: string): Lines {
  let waiting = '';
  let out = Promise.withResolvers<void>();
  const one = lineWriter(
    {
      write: (text) => {
        if (waiting === '') setImmediate(flush);
        waiting += text;
      },
    },
    stage,
  );
  const flush = (): void => {
    if (waiting === '') return;
    const text = waiting;
    const written = out;
    waiting = '';
    out = Promise.withResolvers();
    stream.write(text);
    written.resolve();
  };
  return {
    write: one,
    writeOut(line) {
      one(line);
      return out.promise;
    },
    flush,
  };
}
