import { PLACE_MAX_CHARS } from './limits/contract.ts';

/**
 * Places in S3 that others read and write for a caller, by rights that the caller does not have. So a name is taken only if
 * every reader of addresses takes it for the same: nothing encoded, nothing that a path interprets, no query and no fragment.
 */

const BUCKET = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\//;
const PART = /^(?!\.\.?$)[\w!*'().=@:,-]+$/;

/** One part of a key, or several; not an empty one, nor `.` or `..`. */
export function isKey(text: string): boolean {
  return text.length <= PLACE_MAX_CHARS && text.split('/').every((part) => PART.test(part));
}

/** `s3://bucket/`, or with a key that ends in a slash. */
export function isFolder(text: string): boolean {
  const bucket = BUCKET.exec(text)?.[0];
  if (bucket === undefined || !text.endsWith('/')) return false;
  return text === bucket || isKey(text.slice(bucket.length, -1));
}

/** Whether it is an object in the folder, or in one of its own. @param folder one that `isFolder` takes */
export function isWithin(folder: string, text: string): boolean {
  return (
    isFolder(folder) && text.startsWith(folder) && text.length <= PLACE_MAX_CHARS && isKey(text.slice(folder.length))
  );
}
