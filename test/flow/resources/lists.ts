import { describe, expect, test } from 'vitest';
import { INSIDE, raw, type Shared } from './shared.ts';

const COMPONENTS = [
  'handbook',
  'filter',
  'helper',
  'chain',
  'weather',
  'KB12345678',
  'AGENT12345/ALIAS12345',
  'acme-weather',
];

export function lists(shared: Shared): void {
  const read = async (path: string, as?: string) => {
    const { status, text } = await raw(shared, 'GET', path, undefined, as);
    return { status, text, body: JSON.parse(text) as { data?: { id: string; kind: string; paths: string[] }[] } };
  };

  describe('what a caller is told that it may call', () => {
    test('is, beside its models, a list of what is none, with the paths that call each', async () => {
      const { status, text, body } = await read('/v1/components');
      expect(status).toBe(200);
      const told = Object.fromEntries((body.data ?? []).map(({ id, kind, paths }) => [id, { kind, paths }]));
      expect(told).toMatchObject({
        handbook: { kind: 'bedrock-knowledge-base' },
        helper: {
          kind: 'bedrock-agent',
          paths: expect.arrayContaining(['/agents/{id}/agentAliases/{agentAliasId}/memories']),
        },
        chain: {
          kind: 'bedrock-flow',
          paths: expect.arrayContaining(['/flows/{id}/aliases/{flowAliasIdentifier}/executions']),
        },
        filter: { kind: 'bedrock-guardrail' },
        weather: { kind: 'bedrock-inline-agent', paths: ['/agents/{sessionId}'] },
      });
      expect(told['nova-lite']).toBeUndefined();
      expect(told['of-globex']).toBeUndefined();
      expect(text).not.toMatch(INSIDE);
      const theirs = (await read('/v1/components', 'globex-app')).body.data?.map(({ id }) => id);
      expect(theirs).toContain('theirs');
      expect(theirs).not.toContain('handbook');
    });

    test.each([
      '/v1/models',
      '/anthropic/v1/models',
      '/foundation-models',
      '/inference-profiles',
      '/list_foundation_models',
    ])('is in GET %s a model, and nothing else', async (path) => {
      const { status, text } = await read(path);
      expect(status).toBe(200);
      for (const id of COMPONENTS) expect(text).not.toContain(`"${id}"`);
      if (path !== '/inference-profiles') expect(text).toContain('nova-lite');
    });

    test.each(COMPONENTS.map((id) => encodeURIComponent(id)))('is no model by the name of %s', async (id) => {
      const none = await read('/v1/models/no-such-model');
      expect(await read(`/v1/models/${id}`)).toMatchObject({ status: none.status, text: none.text });
    });
  });
}
