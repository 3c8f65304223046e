import { DOCUMENT_NAME_MAX_CHARS } from '../../contract/limits/surfaces.ts';
import type { MediaBlock } from './converse.ts';
import { invalid, unsupported } from './fields.ts';

/** Pictures and documents that stand in a request as data. Nothing is ever fetched: the gateway stands inside the network. */

const IMAGES: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/markdown': 'md',
  'application/json': 'txt',
  'application/xml': 'txt',
};

const FORMATS: ReadonlySet<string> = new Set(Object.values(DOCUMENTS));

/** Characters within which a data URL says what it holds. */
const HEAD_MAX_CHARS = 200;

interface Data {
  /** Lower case, without parameters. */
  type: string;
  base64: string;
}

/** @returns undefined for what is no data URL (RFC 2397) */
function dataIn(url: string, at: string): Data | undefined {
  const head = url.slice(0, HEAD_MAX_CHARS);
  if (!/^data:/i.test(head)) return undefined;
  const comma = head.indexOf(',');
  const [type = '', ...parameters] = head.slice('data:'.length, Math.max(0, comma)).toLowerCase().split(';');
  if (parameters.at(-1) !== 'base64') throw invalid(at, 'must be a data URL in base64');
  const base64 = url.slice(comma + 1);
  if (base64 === '') throw invalid(at, 'must hold data');
  return { type: type.trim(), base64 };
}

/**
 * @param at the member that holds the URL
 * @throws TollgateError `invalid_request` for an address, and for what is no picture that Bedrock takes
 */
export function imageBlock(url: string, at: string): MediaBlock {
  const data = dataIn(url, at);
  if (data === undefined)
    throw unsupported(at, 'Addresses are never fetched: send the picture as a data URL, data:image/png;base64,...');
  const format = Object.hasOwn(IMAGES, data.type) ? IMAGES[data.type] : undefined;
  if (format === undefined) throw invalid(at, 'must hold a PNG, JPEG, GIF or WebP');
  return { image: { format, source: { bytes: data.base64 } } };
}

/**
 * @param data a data URL, or base64 whose file's name says what it is
 * @param at the member that holds it
 * @param names of the request's documents so far: no two may be the same
 * @throws TollgateError `invalid_request` for an address, and for what is no document that Bedrock takes
 */
export function documentBlock(data: string, filename: string | undefined, at: string, names: Set<string>): MediaBlock {
  const given = dataIn(data, at);
  if (given === undefined && /^[a-z][a-z0-9+.-]{0,20}:/i.test(data.slice(0, HEAD_MAX_CHARS)))
    throw unsupported(at, 'Addresses are never fetched: send the file as a data URL, data:application/pdf;base64,...');
  const extension = filename?.slice(filename.lastIndexOf('.') + 1).toLowerCase() ?? '';
  const format = given === undefined ? formatNamed(extension) : (formatOf(given.type) ?? formatNamed(extension));
  if (format === undefined)
    throw invalid(
      at,
      `must be a data URL of a file that is one of ${[...FORMATS].join(', ')}, or text of another kind`,
    );
  const source = { bytes: given?.base64 ?? data };
  return { document: { format, name: nameFor(filename, names), source } };
}

function formatOf(type: string): string | undefined {
  if (Object.hasOwn(DOCUMENTS, type)) return DOCUMENTS[type];
  return type.startsWith('text/') ? 'txt' : undefined;
}

function formatNamed(extension: string): string | undefined {
  return FORMATS.has(extension) ? extension : undefined;
}

/** A document's name: Bedrock takes letters, digits, single spaces, hyphens, and round and square brackets, and no name twice. */
export function nameFor(filename = 'document', names: Set<string>): string {
  const clean =
    filename
      .slice(0, DOCUMENT_NAME_MAX_CHARS)
      .replace(/[^A-Za-z0-9()[\]-]+/g, ' ')
      .trim() || 'document';
  let name = clean;
  for (let nth = 2; names.has(name); nth++) name = `${clean} ${nth}`;
  names.add(name);
  return name;
}
