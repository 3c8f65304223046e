const BEGIN = '<reasoning>';
const END = '</reasoning>';

/** What is known of a text so far. */
export interface Told {
  text?: string;
  thought?: string;
}

export interface Thoughts {
  push(piece: string): Told;
  /** What was held back. */
  end(): Told;
}

/**
 * Tells what a model thought from what it says, which OpenAI's open-weight models on Bedrock write in one text, the thoughts
 * before the rest and between tags (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html).
 * For one text; its pieces may end anywhere, within a tag too.
 */
export function createThoughts(): Thoughts {
  let held = '';
  let at: 'begin' | 'thought' | 'text' = 'begin';

  function push(piece: string): Told {
    if (at === 'text') return { text: piece };
    held += piece;
    if (at === 'begin') {
      if (held.length < BEGIN.length && BEGIN.startsWith(held)) return {};
      if (!held.startsWith(BEGIN)) return { text: all('text') };
      at = 'thought';
      held = held.slice(BEGIN.length);
    }
    const end = held.indexOf(END);
    if (end >= 0) {
      const thought = held.slice(0, end);
      held = held.slice(end + END.length);
      return { thought, text: all('text') };
    }
    // The last characters may be the beginning of the tag.
    const tag = held.lastIndexOf('<');
    const sure = tag >= 0 && END.startsWith(held.slice(tag)) ? tag : held.length;
    const thought = held.slice(0, sure);
    held = held.slice(sure);
    return { thought };
  }

  function all(next: typeof at): string {
    const text = held;
    held = '';
    at = next;
    return text;
  }

  return { push, end: () => (at === 'thought' ? { thought: all('text') } : { text: all('text') }) };
}
