import { describe, expect, test } from 'vitest';
import { createApi } from '../../../../console/http.ts';
import { ApiProblem } from '../../../../console/problem.ts';
import { wantsResults } from '../../../../console/views/playground/conversation.ts';
import type { Model } from '../../../../console/views/playground/models.ts';
import { Playground } from '../../../../console/views/playground/playground.ts';

const PATHS = ['/v1/chat/completions'];
const NOVA: Model = { id: 'nova', paths: PATHS, streaming: true };
const CLAUDE: Model = { id: 'claude', paths: PATHS, streaming: true, capabilities: { reasoning_efforts: ['low'] } };
const SLOW: Model = { id: 'slow', paths: PATHS, streaming: false };

const chunk = (delta: object, more: object = {}): string =>
  `data: ${JSON.stringify({ choices: [{ delta, finish_reason: null }], ...more })}\n\n`;
const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, cost: '0.1' } })}\n\n`;
const DONE = 'data: [DONE]\n\n';
const END = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\n`;
const said = (text: string): string[] => [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: text }),
  END,
  USAGE,
  DONE,
];

type Body = { messages: object[] } & Record<string, unknown>;

/** A gateway that answers each call with the next of these: pieces of a stream, a whole answer, or one that never ends. */
function played(answers: (string[] | Response | 'silent')[], models: Model[] = [NOVA, CLAUDE, SLOW]) {
  const bodies: Body[] = [];
  const frames: (() => void)[] = [];
  let ms = 0;
  const playground = new Playground({
    api: createApi({
      base: 'http://gateway',
      token: async () => 'token',
      wait: async () => {},
      async fetch(_, init) {
        bodies.push(JSON.parse(String(init?.body)));
        const answer = answers.shift() ?? [];
        if (answer instanceof Response) return answer;
        const headers = { 'x-request-id': `r${bodies.length}` };
        return new Response(answer === 'silent' ? silent(init?.signal) : streamed(answer), { headers });
      },
    }),
    frame: (draw) => frames.push(draw),
    now: () => (ms += 10),
  });
  playground.offer(models);
  /** Until nothing is under way. */
  const settled = async (): Promise<void> => {
    while (playground.running.value > 0) await new Promise((done) => setImmediate(done));
  };
  return { playground, bodies, frames, settled };
}

function streamed(pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
}

function silent(signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(chunk({ content: 'half' })));
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
}

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

test('an answer tells what came, what it cost, and how long it took', async () => {
  const { playground, bodies, settled } = played([said('Hi **you**')]);
  playground.send('Hello');
  await settled();
  expect(bodies).toEqual([{ model: 'nova', messages: [user('Hello')], stream: true }]);
  expect(playground.turns.value[0]?.answers[0]?.last).toMatchObject({
    ...{ state: 'done', text: 'Hi **you**', finish: 'stop', requestId: 'r1' },
    usage: { prompt_tokens: 1, completion_tokens: 2, cost: '0.1' },
    firstMs: expect.any(Number),
    totalMs: expect.any(Number),
  });
});

test('what the gateway changed in a call is told with its answer', async () => {
  const headers = {
    'x-tollgate-served-by': 'claude',
    'x-tollgate-max-tokens': '256; by=grant',
    'x-tollgate-guardrail': 'demo; version=1; by=use-case',
    'x-tollgate-attempts': '2',
  };
  const { playground, settled } = played([new Response(streamed(said('Hi')), { headers })]);
  playground.send('Hello');
  await settled();
  expect(playground.turns.value[0]?.answers[0]?.last).toMatchObject({
    servedBy: 'claude',
    notes: ['at most 256 tokens, by grant', 'guardrail demo, by use-case', '2 attempts'],
  });
});

test('events are put together of whatever pieces they come in', async () => {
  const bytes = new TextEncoder().encode([': silence\n\n', ...said('zwölf 🙂')].join('').replaceAll('\n', '\r\n'));
  const pieces = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const { playground, settled } = played([new Response(pieces)]);
  playground.send('Hello');
  await settled();
  expect(playground.turns.value[0]?.answers[0]?.last).toMatchObject({ state: 'done', text: 'zwölf 🙂' });
});

test('however much comes, it is drawn once a frame, and what is over is not drawn again', async () => {
  const { playground, frames, settled } = played([
    said('first'),
    [...Array(500).fill(chunk({ content: 'a ' })), END, DONE],
  ]);
  playground.send('one');
  await settled();
  let drawn = 0;
  playground.turns.value[0]?.answers[0]?.steps.watch(() => drawn++);
  playground.send('two');
  let later = 0;
  playground.turns.value[1]?.answers[0]?.steps.watch(() => later++);
  await settled();
  expect(playground.turns.value[1]?.answers[0]?.last?.text).toBe('a '.repeat(500));
  // One frame is waited for at most, and none was drawn; the end is shown at once.
  expect(frames.length).toBeLessThanOrEqual(2);
  expect([drawn, later]).toEqual([0, 1]);
  for (const draw of frames) draw();
  expect(playground.turns.value[1]?.answers[0]?.last?.state).toBe('done');
});

test('a model that does not stream is asked for all at once', async () => {
  const whole = { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }], usage: { completion_tokens: 1 } };
  const { playground, bodies, settled } = played([Response.json(whole)], [SLOW]);
  playground.send('Hello');
  await settled();
  expect(bodies[0]).not.toHaveProperty('stream');
  expect(playground.turns.value[0]?.answers[0]?.last).toMatchObject({ state: 'done', text: 'Hi' });
});

describe('what is said before is told again', () => {
  test('to each of two models what itself has said, and before there were two, what the first has', async () => {
    const { playground, bodies, settled } = played(['one', 'two', 'three', 'four', 'five'].map(said));
    playground.send('a');
    await settled();
    playground.change({
      models: ['nova', 'claude'],
      system: 'Be brief.',
      effort: 'low',
      temperature: '0.5',
      stop: 'x\ny',
    });
    playground.send('b');
    await settled();
    playground.send('c');
    await settled();
    const system = { role: 'system', content: 'Be brief.' };
    const before = [system, user('a'), assistant('one'), user('b')];
    expect(bodies[3]?.messages).toEqual([...before, assistant('two'), user('c')]);
    expect(bodies[4]?.messages).toEqual([...before, assistant('three'), user('c')]);
    const shared = { temperature: 0.5, stop: ['x', 'y'] };
    expect(bodies.slice(3)).toMatchObject([
      { model: 'nova', ...shared, reasoning_effort: 'low' },
      { model: 'claude', ...shared, reasoning_effort: 'low' },
    ]);
  });

  test('but not that a model reasons that cannot', async () => {
    const { playground, bodies, settled } = played(
      [said('one')],
      [{ ...CLAUDE, capabilities: { reasoning_efforts: ['none'] } }],
    );
    playground.change({ effort: 'low' });
    playground.send('a');
    await settled();
    expect(bodies[0]).not.toHaveProperty('reasoning_effort');
  });

  test('pictures with it', async () => {
    const { playground, bodies, settled } = played([said('one'), said('two')]);
    const picture = { name: 'a.png', url: 'data:image/png;base64,AA==', bytes: 1 };
    playground.send('look', [picture]);
    await settled();
    playground.send('', [picture]);
    await settled();
    const shown = { type: 'image_url', image_url: { url: picture.url } };
    expect(bodies[1]?.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'look' }, shown] },
      assistant('one'),
      { role: 'user', content: [shown] },
    ]);
  });
});

describe('tools', () => {
  const call = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] });
  const CALLS = [
    chunk({ reasoning_content: 'hm' }),
    chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's' }] }),
    call(0, { id: 'c0', function: { name: 'look', arguments: '' } }),
    call(0, { function: { arguments: '{"a":' } }),
    call(0, { function: { arguments: '1}' } }),
    call(1, { id: 'c1', function: { name: 'look', arguments: '{}' } }),
    ...[END, DONE],
  ];

  test('are called, answered by whoever looks, and gone on from', async () => {
    const { playground, bodies, settled } = played([CALLS, said('done')]);
    playground.change({ tools: JSON.stringify([{ type: 'function', function: { name: 'look' } }]) });
    playground.send('go');
    await settled();
    const [turn] = playground.turns.value;
    if (turn === undefined) throw new Error('no turn');
    const [answer] = turn.answers;
    expect(answer?.last).toMatchObject({
      thought: 'hm',
      calls: [{ name: 'look', arguments: '{"a":1}' }, { id: 'c1' }],
    });
    expect(wantsResults(answer?.last)).toBe(true);
    playground.answerCalls(turn, 0, { c0: 'seen' });
    await settled();
    expect(answer?.steps.value).toMatchObject([{ results: { c0: 'seen' } }, { text: 'done', state: 'done' }]);
    const written = [
      { id: 'c0', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
      { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } },
    ];
    expect(bodies[1]).toMatchObject({
      tools: [{ type: 'function', function: { name: 'look' } }],
      messages: [
        user('go'),
        { role: 'assistant', content: null, tool_calls: written, reasoning_details: [{ signature: 's' }] },
        { role: 'tool', tool_call_id: 'c0', content: 'seen' },
        { role: 'tool', tool_call_id: 'c1', content: '' },
      ],
    });
  });

  test('that nobody answered are not told of', async () => {
    const { playground, bodies, settled } = played([CALLS, said('fine')]);
    playground.send('go');
    await settled();
    playground.send('never mind');
    await settled();
    expect(bodies[1]?.messages).toEqual([user('go'), user('never mind')]);
  });
});

describe('an answer that does not end', () => {
  test('is stopped where it is, and what came of it stays', async () => {
    const { playground, bodies, frames, settled } = played(['silent', said('on')]);
    playground.send('a');
    while (frames.length === 0) await new Promise((done) => setImmediate(done));
    for (const draw of frames) draw();
    expect(playground.turns.value[0]?.answers[0]?.last).toMatchObject({ state: 'streaming', text: 'half' });
    playground.stop();
    await settled();
    expect(playground.turns.value[0]?.answers[0]?.last).toMatchObject({ state: 'stopped', text: 'half' });
    playground.send('b');
    await settled();
    expect(bodies[1]?.messages).toEqual([user('a'), assistant('half'), user('b')]);
  });

  const error = { message: 'The model failed.', code: 'upstream_failed', param: null, type: 'api_error' };
  const refusal = { status: 403, headers: { 'x-request-id': 'r1' } };
  const FAILURES: [string, string[] | Response, object][] = [
    ['is refused', Response.json({ error }, refusal), { status: 403, detail: error.message, requestId: 'r1' }],
    [
      'breaks off',
      [chunk({ content: 'a' }), `data: ${JSON.stringify({ error })}\n\n`],
      { code: error.code, requestId: 'r1' },
    ],
    ['ends without its end', [chunk({ content: 'a' })], { detail: 'The answer broke off.' }],
    ['is no answer', ['data: <html>\n\n'], {}],
  ];
  test.each(FAILURES)('because it %s says so, and is asked for again', async (_, answer, problem) => {
    const { playground, settled } = played([answer, said('better')]);
    playground.send('a');
    await settled();
    const [turn] = playground.turns.value;
    const last = turn?.answers[0]?.last;
    expect(last).toMatchObject({ state: 'failed', problem });
    expect(last?.problem).toBeInstanceOf(ApiProblem);
    if (turn !== undefined) playground.retry(turn, 0);
    await settled();
    expect(playground.turns.value[0]?.answers[0]?.steps.value).toMatchObject([{ state: 'done', text: 'better' }]);
  });
});

test('a turn that is said otherwise takes what came after it away', async () => {
  const { playground, bodies, settled } = played(['one', 'two', 'three'].map(said));
  for (const text of ['a', 'b']) {
    playground.send(text);
    await settled();
  }
  const [first] = playground.turns.value;
  if (first !== undefined) playground.edit(first, 'c', []);
  await settled();
  expect(bodies[2]?.messages).toEqual([user('c')]);
  expect(playground.turns.value.map(({ text }) => text)).toEqual(['c']);
});

test('what is shown as code is what would be asked next', async () => {
  const { playground, settled } = played([said('one')]);
  expect(playground.next()?.messages).toEqual([user('Hello!')]);
  playground.send('a');
  await settled();
  expect(playground.next()?.messages).toEqual([user('a')]);
  playground.draft.set({ text: 'b', pictures: [] });
  expect(playground.next()?.messages).toEqual([user('a'), assistant('one'), user('b')]);
});

test('a model that is offered no more is chosen no more', () => {
  const { playground } = played([]);
  playground.change({ models: ['claude', 'slow'] });
  playground.offer([NOVA, SLOW]);
  expect(playground.settings.value.models).toEqual(['slow']);
  playground.offer([NOVA, SLOW], 'nova');
  expect(playground.settings.value.models).toEqual(['nova']);
  playground.offer([]);
  expect(playground.settings.value.models).toEqual([]);
});
