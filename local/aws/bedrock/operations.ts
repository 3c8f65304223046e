import { type Answer, answer } from '../answer/answer.ts';
import { type PromptCache, totalOf } from '../answer/cache.ts';
import type { Prompt } from '../answer/prompt.ts';
import { invalid } from '../error.ts';
import { EVENT_STREAM, frame } from '../frames.ts';
import { type JsonObject, objectOf, parseBody, textOf } from '../read.ts';
import { wrapped } from '../script.ts';
import { type Reply, type Usage, usageOf, type WholeReply } from '../service.ts';
import { type FoundationModel, modalityOf } from './catalog.ts';
import { anthropic } from './formats/anthropic.ts';
import { checkClaudeConverse } from './formats/claude.ts';
import { claudeLegacy, llama, titanText } from './formats/completion.ts';
import { converseAnswer, converseEvents, readConverse } from './formats/converse.ts';
import {
  cohereEmbedding,
  type Embedded,
  novaEmbedding,
  titanEmbedding,
  titanMultimodalEmbedding,
} from './formats/embed.ts';
import type { Format } from './formats/format.ts';
import { hosted } from './formats/hosted.ts';
import { amazonImages, stabilityImage } from './formats/image.ts';
import { nova } from './formats/nova.ts';
import { openai } from './formats/openai.ts';
import { ranked } from './formats/rerank.ts';
import { blockedBy } from './guardrails.ts';
import { converseTier, headerTier } from './tiers.ts';

/**
 * @param tier asked for by InvokeModel's header; Converse's is in its body
 * @param more members of Converse's answer, or of its stream's last event
 */
type Operation = (model: FoundationModel, body: JsonObject, tier?: string, more?: object) => Reply;

export interface Operations {
  converse: Operation;
  'converse-stream': Operation;
  invoke: Operation;
  'invoke-with-response-stream': Operation;
  count: Operation;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** What each operation answers; each throws AwsError ValidationException for a body the model would not take. */
export function createOperations(cache: PromptCache): Operations {
  const respond = (model: FoundationModel, prompt: Prompt): Answer => answer(prompt, cache(model.id, prompt.parts));
  return {
    converse(model, body, _, more) {
      onlyText(model);
      const prompt = conversation(model, body);
      const blocked = blockedBy(body.guardrailConfig, prompt.lastUserText);
      const given = blocked?.answer ?? respond(model, prompt);
      const tier = converseTier(body);
      const last = { ...tier?.member, ...more, ...blocked?.member };
      const answered = JSON.stringify({ ...converseAnswer(given), ...last });
      return { status: 200, headers: JSON_TYPE, body: answered, usage: given.usage, ...tier?.reply };
    },
    'converse-stream'(model, body, _, more) {
      onlyText(model);
      const prompt = conversation(model, body);
      const blocked = blockedBy(body.guardrailConfig, prompt.lastUserText);
      const given = blocked?.answer ?? respond(model, prompt);
      const tier = converseTier(body);
      const last = { ...tier?.member, ...more, ...blocked?.member };
      const frames = converseEvents(given).map(({ type, payload }) =>
        frame(type, JSON.stringify(type === 'metadata' ? { ...payload, ...last } : payload)),
      );
      return { status: 200, headers: { 'content-type': EVENT_STREAM }, frames, usage: given.usage, ...tier?.reply };
    },
    invoke(model, body, asked) {
      const tier = headerTier(asked);
      const made = make(model, body);
      if (made !== undefined) return { ...made, headers: { ...made.headers, ...tier?.header }, ...tier?.reply };
      const format = formatOf(model, body);
      const given = respond(model, format.read(body));
      return {
        status: 200,
        headers: { ...JSON_TYPE, ...countHeaders(given.usage, given.latencyMs), ...tier?.header },
        body: JSON.stringify(format.whole(given, model.id)),
        usage: given.usage,
        ...tier?.reply,
      };
    },
    'invoke-with-response-stream'(model, body, asked) {
      onlyText(model);
      const tier = headerTier(asked);
      const format = formatOf(model, body);
      const given = respond(model, format.read(body));
      const chunks = format.chunks(given, model.id);
      const frames = chunks.map((chunk, index) => {
        const last = index === chunks.length - 1 ? { 'amazon-bedrock-invocationMetrics': metrics(given) } : {};
        return frame('chunk', JSON.stringify(wrapped({ ...chunk, ...last })));
      });
      const headers = {
        'content-type': EVENT_STREAM,
        'x-amzn-bedrock-content-type': 'application/json',
        ...tier?.header,
      };
      return { status: 200, headers, frames, usage: given.usage, ...tier?.reply };
    },
    count(model, body) {
      const inputTokens = totalOf(promptToCount(model, objectOf(body.input, 'input')).parts);
      return { status: 200, headers: JSON_TYPE, body: JSON.stringify({ inputTokens }) };
    },
  };
}

/** What is asked of a model by Converse. @throws AwsError ValidationException */
function conversation({ format }: FoundationModel, body: JsonObject): Prompt {
  if (format === 'anthropic') checkClaudeConverse(body);
  return readConverse(body);
}

function onlyText(model: FoundationModel): void {
  if (modalityOf(model) !== 'TEXT') throw invalid('This action is not supported for this model.');
}

function formatOf({ format }: FoundationModel, body: JsonObject): Format {
  switch (format) {
    case 'anthropic':
      return anthropic;
    case 'claude-legacy':
      return claudeLegacy(body);
    case 'nova':
      return nova;
    case 'llama':
      return llama;
    case 'titan-text':
      return titanText;
    case 'openai':
      return openai;
    case 'hosted':
      return hosted('lmi', body);
    case 'jumpstart':
      return hosted('jumpstart', body);
    default:
      throw invalid('This action is not supported for this model.');
  }
}

function promptToCount(model: FoundationModel, { converse, invokeModel }: JsonObject): Prompt {
  if (converse !== undefined) return conversation(model, objectOf(converse, 'input.converse'));
  const text = textOf(objectOf(invokeModel, 'input.invokeModel').body, 'input.invokeModel.body');
  const body = parseBody(Buffer.from(text, 'base64'));
  return formatOf(model, body).read(body);
}

/** What a model that answers no text makes of a body; undefined: it answers text. */
function make(model: FoundationModel, body: JsonObject): WholeReply | undefined {
  switch (model.format) {
    case 'titan-embed':
      return embedded(titanEmbedding(model, body));
    case 'titan-embed-image':
      return embedded(titanMultimodalEmbedding(body));
    case 'cohere-embed':
      return embedded(cohereEmbedding(model, body));
    case 'nova-embed':
      return embedded(novaEmbedding(body));
    case 'rerank':
      return ordered(ranked(model, body));
    case 'amazon-image':
      return painted(amazonImages(model, body));
    case 'stability-image':
      return painted(stabilityImage(body));
    default:
      return undefined;
  }
}

function embedded({ answer: vectors, inputTokens, embeddings }: Embedded): WholeReply {
  return {
    status: 200,
    headers: { ...JSON_TYPE, 'x-amzn-bedrock-input-token-count': String(inputTokens) },
    body: JSON.stringify(vectors),
    usage: { ...usageOf(inputTokens), embeddings },
  };
}

function ordered({ answer: results, searches }: { answer: object; searches: number }): WholeReply {
  return { status: 200, headers: JSON_TYPE, body: JSON.stringify(results), usage: { ...usageOf(0), searches } };
}

/** Images are sold by the image: no tokens are counted for them. */
function painted({ answer: pictures, images }: { answer: object; images: number }): WholeReply {
  return { status: 200, headers: JSON_TYPE, body: JSON.stringify(pictures), usage: { ...usageOf(0), images } };
}

function countHeaders(usage: Usage, latencyMs: number): Record<string, string> {
  return {
    'x-amzn-bedrock-invocation-latency': String(latencyMs),
    'x-amzn-bedrock-input-token-count': String(usage.inputTokens),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheReadInputTokens),
    'x-amzn-bedrock-cache-write-input-token-count': String(usage.cacheWriteInputTokens),
  };
}

function metrics({ usage, latencyMs }: Answer): object {
  return {
    inputTokenCount: usage.inputTokens,
    outputTokenCount: usage.outputTokens,
    invocationLatency: latencyMs,
    firstByteLatency: 1,
    cacheReadInputTokenCount: usage.cacheReadInputTokens,
    cacheWriteInputTokenCount: usage.cacheWriteInputTokens,
  };
}
