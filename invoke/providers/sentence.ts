import { UPSTREAM_DIGITS_MAX, UPSTREAM_MESSAGE_MAX_CHARS } from '../../contract/limits/invoke.ts';

/**
 * AWS's words about a malformed request, told again from parts that are known to be harmless. A list of what must not be
 * said would have to know every way of writing an ARN or an account's number; this is a list of what may: the words below,
 * punctuation, and numbers, of which a sentence never holds the twelve digits of an account. Whatever else was said, be it a
 * name, an id or a piece of a prompt, reads `[...]`.
 */

/** Of Bedrock's and its models' own messages; in any case, their plurals too. */
const WORDS = `
a about above adaptive bad beta flag id malicious absent accept accepted across add added after again all allow allowed allowing alone already also
alternate alternating always among an and another answer any apply are argument array asked assistant at audio
available be because been before begin below beside between beyond blank block body boolean both but by call called
can cannot case change character check choice choose chunk client combination combine combined complete conflict conflicting
constraint contain contained containing content context continue conversation convert converse correct correctly
correspond corresponding could count counting create current data decimal decode decoded deep default define defined definition depth
deprecated description detected did different dimension directly disabled do document does double down due duplicate duplicated
during each either element else embedding empty enable enabled encode encoded encoding end ended ending enough ensure entire
entry enum equal error even every exactly example exceed exceeded exceeding exclusive exist existing expect
expected extra extraneous fail failed failing false field file final first fix float following follow followed
for force form format formatted found fraction from full function generate generated generation get given gives greater
group had has have height here higher however if ignored image immediately in include included including incompatible
incomplete incorrect incorrectly index information inner input inside instead integer internal into invalid is issue it item
itself json just key kind known large larger last latest least left length less letter level like limit limited line list
located long longer low lower made make malformed manifest many match matched matches matching maximum may mean media member
message method minimum mismatch missing mix mixed mode model more most multiple must name named need needed negative
neither nested never new next no non none nor not nothing null number numeric object occurrence of off on once one only
operation option optional or order ordered other out output outside over own page pair parameter parse parsed part pass passed
path pattern per permitted picture pixel place please point position positive possible prefix present previous prior problem
process processed processing product prompt properly properties property provide provided providing question range rather
reach reached read reason reasoning received recommended reduce refer reference reformat regex regular reject rejected remain
remove removed repeat repeated replace request requested require required reserved resolution resource response result
retry return returned role root row rule same satisfy schema second section see send sent sequence set several shape short
should side signature simultaneously single size small smaller so some something source space specific specified specifies
specify start started starting state status stop stopped stream streaming string strict structure such sum supplied
support supported syntax system take template tensor text than that the their them then there these they
thinking this thought those through to together token too tool top total true try turn twice type unable under unescaped unexpected
unique unit unknown unless unrecognized unset unsupported until up update url use used user using valid validate validated validation value
variable vector version via video violated was way were what when where whether which while whitespace whole why width will
with within without word would write wrong you your zero

isn aren doesn don won t invocation invoke demand throughput inference profile retry again region quota rate

max min format png jpeg jpg gif webp pdf csv doc docx xls xlsx html txt md utf base64 uri mp3 mp4 wav api ttl eof
additional additionalModelRequestFields additionalModelResponseFieldPaths anthropic anthropic_version anthropic_beta
budget_tokens bytes cache cache_control cached cachePoint caching effort ephemeral citations citationsContent completion compression frequency_penalty guard guardContent guardrail
guardrailConfig guardrailIdentifier guardrailVersion high inferenceConfig inputSchema inputText instruction ipAddress
jsonSchema latency max_completion_tokens max_gen_len max_new_tokens max_tokens max_tokens_to_sample maxTokenCount maxTokens
media_type metadata medium modelId multimodal n optimized outputConfig penalty performanceConfig presence_penalty priority
flex promptVariables reasoning_config reasoningContent reasoningText redacted redacted_thinking requestMetadata response_format
s3Location service serviceTier standard stop_reason stop_sequences stopSequences streamProcessingMode sync async system_prompt
systemTool temperature textFormat textGenerationConfig thinking_tokens tier tool_choice tool_result tool_use toolChoice
toolConfig toolResult toolSpec toolUse toolUseId top_k top_p topK topP trace

retrieval knowledge retrievalQuery textQuery retrievalConfiguration vectorSearchConfiguration managedSearchConfiguration numberOfResults
overrideSearchType filter hybrid semantic rerank reranking rerankingConfiguration bedrockRerankingConfiguration modelConfiguration
numberOfRerankedResults inlineDocumentSource textDocument jsonDocument queries nextToken
retrieveAndGenerateConfiguration knowledgeBaseConfiguration knowledgeBaseId generationConfiguration orchestrationConfiguration
textInferenceConfig promptTemplate textPromptTemplate queryTransformationConfiguration sessionConfiguration
agent alias flow node nodeName nodeOutputName nodeInputName session sessionId sessionState sessionAttributes promptSessionAttributes
memory memoryId memoryType maxItems endSession enableTrace execution executionId flowExecutionName
invocationId returnControlInvocationResults conversationHistory idleSessionTTLInSeconds actionGroups actionGroupName
outputScope qualifier
`;

const KNOWN = new Set(WORDS.trim().toLowerCase().split(/\s+/));

const PIECES = /[A-Za-z_]+[0-9]?[A-Za-z_]*|[0-9]+|[^A-Za-z0-9_]/g;
const PUNCTUATION = /^[.,:;!?'"`‘’“”()[\]{}<>=≤≥+\-*/#|$…]$/;
const BLANK = '[...]';

/**
 * @param message as it came
 * @returns undefined where so little of it is known that our own sentence says more
 */
export function retold(message: string): string | undefined {
  // Cut before anything is looked at, so that a hostile message costs no time.
  const words = message.slice(0, UPSTREAM_MESSAGE_MAX_CHARS).split(/\s+/).filter(Boolean);
  const told = withFewDigits(words.map((word) => (isKnown(word) ? word : BLANK)));
  const known = told.filter((word) => word !== BLANK && /[A-Za-z]/.test(word)).length;
  if (known === 0 || known * 2 < told.length) return undefined;
  return told.filter((word, i) => word !== BLANK || told[i - 1] !== BLANK).join(' ');
}

/** Whether it is nothing but words of the list, punctuation, and short numbers: `messages.1.content:` is. */
function isKnown(word: string): boolean {
  const pieces = word.match(PIECES) ?? [];
  return pieces.every((piece, i) => {
    if (/^[0-9]/.test(piece)) return !/[A-Za-z0-9_]$/.test(pieces[i - 1] ?? '');
    if (!/^[A-Za-z_]/.test(piece)) return PUNCTUATION.test(piece);
    const name = piece.toLowerCase();
    return KNOWN.has(name) || (name.endsWith('s') && KNOWN.has(name.slice(0, -1)));
  });
}

/**
 * Numbers that stand beside each other, or beside what is not told, may be the parts of one; the others are told as long as
 * the sentence has room for their digits, the last ones first, because a limit stands behind what exceeded it.
 */
function withFewDigits(words: readonly string[]): string[] {
  const digits = words.map((word) => word.replace(/[^0-9]/g, '').length);
  const alone = (i: number): boolean =>
    [i - 1, i + 1].every((beside) => words[beside] !== BLANK && (digits[beside] ?? 0) === 0);
  let room = UPSTREAM_DIGITS_MAX;
  return words
    .map((word, i) => ({ word, digits: digits[i] ?? 0, alone: alone(i) }))
    .reverse()
    .map(({ word, ...one }) => {
      if (one.digits === 0) return word;
      if (!one.alone || one.digits > room) return BLANK;
      room -= one.digits;
      return word;
    })
    .reverse();
}
