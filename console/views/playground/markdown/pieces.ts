/** A line of text within its block: what is not a piece of markup is text. */
export type Inline =
  | string
  | { is: 'strong' | 'emphasis' | 'struck'; children: Inline[] }
  | { is: 'code'; text: string }
  | { is: 'link'; href: string; children: Inline[] }
  | { is: 'break' };

/** A run of `*`, `_` or `~` that may open or close. */
export interface Run {
  mark: string;
  count: number;
  opens: boolean;
  closes: boolean;
}

export type Piece = Inline | Run;
