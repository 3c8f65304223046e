import { members } from '../converse.ts';

/** Where each kind of Converse's locations has its bounds, and how Anthropic calls them. */
const LOCATIONS: Readonly<Record<string, readonly [type: string, unit: string]>> = {
  documentChar: ['char_location', 'char_index'],
  documentPage: ['page_location', 'page_number'],
  documentChunk: ['content_block_location', 'block_index'],
};

/**
 * A citation of Converse's (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html), of an answer or
 * of a delta -> Anthropic's.
 *
 * @returns none for a kind that Anthropic has not
 */
export function citationsOf(citation: unknown): object[] {
  const { title, source, sourceContent, location } = members(citation);
  const cited = (Array.isArray(sourceContent) ? sourceContent : []).map((part) => String(members(part).text ?? ''));
  const common = { cited_text: cited.join('') };
  const [kind = '', at] = Object.entries(members(location))[0] ?? [];
  const { documentIndex, searchResultIndex, start, end } = members(at);
  if (kind === 'searchResultLocation')
    return [
      {
        ...{ type: 'search_result_location', ...common, source: source ?? '', title: title ?? null },
        ...{ search_result_index: searchResultIndex, start_block_index: start, end_block_index: end },
      },
    ];
  const [type, unit] = LOCATIONS[kind] ?? [];
  if (type === undefined) return [];
  return [
    {
      ...{ type, ...common, document_index: documentIndex, document_title: title ?? null, file_id: null },
      ...{ [`start_${unit}`]: start, [`end_${unit}`]: end },
    },
  ];
}
