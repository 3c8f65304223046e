/**
 * AWS's Price List names a model as a page does ("Claude 3.5 Sonnet v2"), Bedrock by an id
 * (`anthropic.claude-3-5-sonnet-20241022-v2:0`), and nothing in the list says which belongs to which. Both are brought to
 * one key here; what AWS calls differently in the two places is listed. A key that two models share is no match.
 */

/** Key of a name -> keys of ids, where they differ. Each was read in a public copy of the list of 2026. */
const RENAMED: Readonly<Record<string, string>> = {
  claude: 'claudev2',
  claude2: 'claudev2',
  claude21: 'claudev21',
  deepseekr1: 'r1',
  deepseekv31: 'v3',
  deepseekv32: 'v32',
  embed3modelenglish: 'embedenglishv3',
  embedmodel3multilingual: 'embedmultilingualv3',
  embed4model: 'embedv4',
  generatemodelcommand: 'commandtextv14',
  generatemodelcommandlight: 'commandlighttextv14',
  llama2chat13b: 'llama213bchat',
  llama2chat70b: 'llama270bchat',
  magistralsmall12: 'magistralsmall2509',
  ministral3b3: 'ministral33b',
  ministral8b3: 'ministral38b',
  ministral14b3: 'ministral314b',
  mistrallarge: 'mistrallarge2402',
  mistrallarge3: 'mistrallarge3675b',
  mistralsmall: 'mistralsmall2402',
  novamme: 'nova2multimodalembeddings',
  novamultimodalembeddings: 'nova2multimodalembeddings',
  titanembeddingsg1image: 'titanembedimage',
  titanembeddingsg1text: 'titanembedtext',
  titanembeddingv2text: 'titanembedtextv2',
  titanmultimodalembeddings: 'titanembedimage',
  titantextembeddingsv2: 'titanembedtextv2',
  titantextg1express: 'titantextexpress',
  titantextg1lite: 'titantextlite',
};

/** Words that stand in one of the two only. */
const NOISE = new Set(['instruct', 'it', 'mantle']);
const PROVIDER_WORD = /^(?:ai21|amazon|anthropic|cohere|meta|openai)\s+/i;
const EDITION = /\s*\(Amazon Bedrock Edition\)\s*$/;

/** @param name as the Price List's `model`, `titanModel` or `servicename` has it, or what its usage type begins with */
export function keyOfName(name: string): string {
  // Some products carry the id itself where others have a name: `xai.grok-4.3`.
  if (/^[a-z0-9-]+\.[a-z][a-z0-9.:-]*$/.test(name)) return keyOfId(name);
  const key = joined(name.replace(EDITION, '').replace(PROVIDER_WORD, '').replace('+', ' plus'));
  return RENAMED[key] ?? key;
}

/** @param id of a foundation model, with or without its version: `qwen.qwen3-32b` is that of `qwen.qwen3-32b-v1:0` */
export function keyOfId(id: string): string {
  const [, name = id] = /^[a-z0-9-]+\.(.+)$/.exec(id) ?? [];
  return joined(name.replace(/-\d{8}(?=-v\d|$)/, '').replace(/-(v)?(\d+)(?::(\d+))?(?::\w+)?$/, versionKept));
}

// The first version of a model is not named in the list, a later one is: `-v1:0` goes, `-v2:0` and `-v2:1` stay. A number
// without v and colon is part of the name: `claude-opus-4-5`.
function versionKept(written: string, v: string | undefined, major: string, minor: string | undefined): string {
  if (v === undefined && minor === undefined) return written;
  if (Number(major) < 2) return '';
  return `-v${major}${minor === undefined || minor === '0' ? '' : `.${minor}`}`;
}

function joined(text: string): string {
  const words = text
    .toLowerCase()
    .replace(/(\d)\.0(?!\d)/g, '$1')
    .split(/[^a-z0-9]+/);
  return words.filter((word) => !NOISE.has(word)).join('');
}
