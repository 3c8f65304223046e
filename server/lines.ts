import { lineWriter, type WriteLine } from '../contract/log.ts';

/** Lines of many calls on one stream. */
export interface Lines {
  /** A line that may wait for the next one: at most until what is under way now has been done. */
  write: WriteLine;
  /** A line that is out when this returns, and those before it. */
  writeNow: WriteLine;
  flush(): void;
}

/**
 * Usage lines of calls that run at once share a write, which costs as much as all else that a line does. What must stand before
 * a call is sent (its started line) is written at once and takes those along that have waited; a crash loses no more than
 * finished lines of one turn of the event loop, and the ledger lists those calls as unsettled.
 */
export function createLines(stream: { write(text: string): unknown }, stage: string): Lines {
  let waiting = '';
  const one = lineWriter(
    {
      write: (text) => {
        waiting += text;
      },
    },
    stage,
  );
  const flush = (): void => {
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    stream.write(text);
  };
  return {
    write(line) {
      if (waiting === '') setImmediate(flush);
      one(line);
    },
    writeNow(line) {
      one(line);
      flush();
    },
    flush,
  };
}
