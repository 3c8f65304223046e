import { lineWriter, type WriteLine, type WriteLineOut } from './log.ts';

/** Lines of many calls on one stream. */
export interface Lines {
  /** A line that may wait for others: at most until what is under way now has been done. */
  write: WriteLine;
  /** A line that others may join, too. */
  writeOut: WriteLineOut;
  /** @returns nothing when all lines are out, or what resolves when they are */
  out(): void | Promise<void>;
  /** Writes what waits, at once. */
  flush(): void;
}

/**
 * Lines of calls that run at once share a write, which costs as much as all else that a line does: those of one turn of the
 * event loop go out at its end. What must stand before a call is sent (its started line) is waited for; a crash loses no more
 * than finished lines of that turn, and the ledger lists those calls as unsettled.
 *
 * @param alone whether no more than one call is under way: then nobody's line is coming, and none is waited for
 */
export function createLines(
  stream: { write(text: string): unknown },
  stage: string,
  alone: () => boolean = () => false,
): Lines {
  let waiting = '';
  let written = Promise.withResolvers<void>();
  const write = lineWriter(
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
    const { resolve } = written;
    waiting = '';
    written = Promise.withResolvers();
    stream.write(text);
    resolve();
  };
  const out = (): void | Promise<void> => {
    if (waiting === '') return;
    return alone() ? flush() : written.promise;
  };
  return {
    write,
    writeOut(line) {
      write(line);
      return out();
    },
    out,
    flush,
  };
}
