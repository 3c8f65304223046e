/** What a model is for. Only one that converses has tokens in its answer, to limit or to count. */
export type Task = 'chat' | 'embed' | 'image' | 'rerank';

const TASKS: readonly [names: RegExp, task: Task][] = [
  [/^[a-z0-9-]+\.(?:[a-z0-9-]*-)?embed(?:dings)?(?:-|$)/, 'embed'],
  // Stability AI's make one image a call, and have no member for it.
  [/^(?:amazon\.(?:titan-image-generator|nova-canvas)|stability\.)/, 'image'],
  // https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html
  [/^[a-z0-9-]+\.rerank-/, 'rerank'],
];

/** By the name of a foundation model; what tells nothing converses. */
export function taskOfName(name: string): Task {
  return TASKS.find(([names]) => names.test(name))?.[1] ?? 'chat';
}
