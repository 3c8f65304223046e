import { open } from 'node:fs/promises';
import { TOKEN_FILE_MAX_BYTES } from '../../contract/limits/tokens.ts';
import { TokenFault } from './fault.ts';

/**
 * A small file, read anew each time it is needed, by its name: whoever renews it may write it, replace it or swap the link that
 * leads to it, as Kubernetes does, and one reading sees one whole version.
 *
 * @returns its text without white space at its ends
 * @throws TokenFault `file-unreadable` when it is not there, empty, or longer than any such file
 */
export async function textOf(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(TOKEN_FILE_MAX_BYTES + 1), 0);
    const text = buffer.toString('utf8', 0, bytesRead).trim();
    if (text === '') throw new TokenFault('file-unreadable', { error: 'empty' });
    if (bytesRead > TOKEN_FILE_MAX_BYTES) throw new TokenFault('file-unreadable', { error: 'too-long' });
    return text;
  } catch (error) {
    if (error instanceof TokenFault) throw error;
    throw new TokenFault('file-unreadable', { error: (error as NodeJS.ErrnoException).code });
  }
}
