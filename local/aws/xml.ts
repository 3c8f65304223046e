/** An XML tree as the services write it: text, nested elements, or one element repeated. */
export interface Elements {
  readonly [name: string]: XmlValue;
}
export type XmlValue = string | number | boolean | undefined | Elements | readonly (Elements | string)[];

/** The document `<root>...</root>`; members that are undefined are left out, a list repeats its element. */
export function xmlDocument(root: string, elements: Elements, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner(elements)}</${root}>`;
}

function inner(elements: Elements): string {
  return Object.entries(elements)
    .map(([name, value]) => {
      if (value === undefined) return '';
      const content = (item: unknown): string =>
        item !== null && typeof item === 'object' ? inner(item as Elements) : escaped(String(item));
      return [value]
        .flat()
        .map((item) => `<${name}>${content(item)}</${name}>`)
        .join('');
    })
    .join('');
}

// Control characters are not XML 1.0 even when escaped; S3 has url encoding for such keys, which the SDK asks for.
function escaped(text: string): string {
  return text.replace(/[&<>"'\r\n]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The answer of one operation of a service of the Query protocol (STS, IAM). */
export function queryAnswer(
  operation: string,
  result: Elements,
  requestId: string,
  namespace: string,
): { status: number; headers: Record<string, string>; body: string } {
  const members = { [`${operation}Result`]: result, ResponseMetadata: { RequestId: requestId } };
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: xmlDocument(`${operation}Response`, members, namespace),
  };
}

/** An error as services of the Query protocol (STS, IAM) answer it. */
export function queryError(
  { status, code, message }: { status: number; code: string; message: string },
  requestId: string,
  namespace: string,
): { status: number; headers: Record<string, string>; body: string } {
  const error = { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message };
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: xmlDocument('ErrorResponse', { Error: error, RequestId: requestId }, namespace),
  };
}
