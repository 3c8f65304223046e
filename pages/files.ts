/** The console as a browser gets it. */

export interface PageFile {
  body: Uint8Array;
  /** The same, by gzip. */
  gzip: Uint8Array;
}

/** By path below `/console/`: `index.html`, and what has its content's hash in its name below `assets/`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** The document that loads the rest. */
export const DOCUMENT = 'index.html';

/** What is below it never changes. */
export const ASSETS = 'assets/';

/** Where the built files are, beside the program that serves them. */
export const FOLDER = 'console';
