/** A token here is a maximal run of characters that are not white space, so that anyone can predict every count. */

export function countTokens(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** The text in pieces of one token each, with the white space before it; what follows the last token stays with it. */
export function pieces(text: string): string[] {
  const found = text.match(/\s*\S+/g);
  if (found === null) return [text];
  const rest = text.slice(found.join('').length);
  const last = found.length - 1;
  return found.map((piece, index) => (index === last ? piece + rest : piece));
}

/** The text up to the end of its `most`-th token. */
export function cutTokens(text: string, most: number): string {
  return (text.match(/\s*\S+/g) ?? []).slice(0, most).join('');
}
