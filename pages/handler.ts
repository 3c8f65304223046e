import { join } from 'node:path';
import { answerOf, type PageEvent, type PageEventAnswer, pageOf } from './event.ts';
import { FOLDER } from './files.ts';
import { filesIn } from './folder.ts';
import { createPages } from './serve.ts';
import { pagesSettings } from './settings.ts';

const serve = createPages({ ...pagesSettings(process.env), files: filesIn(join(import.meta.dirname, FOLDER)) });

/** The console, in AWS: its files lie beside this program, so that they are what was deployed with it. */
export async function handler(event: PageEvent): Promise<PageEventAnswer> {
  return answerOf(await serve(pageOf(event)));
}
