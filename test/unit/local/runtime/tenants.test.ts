import { afterEach, describe, expect, test } from 'vitest';
import { type FunctionError, LocalFunction, type StreamReader } from '../../../../local/runtime/function.ts';
import { type Environment, TenantFunction } from '../../../../local/runtime/tenants.ts';

const READER: StreamReader = { chunk: () => {}, ended: () => {}, failed: () => {} };

/** Environments whose calls end when they are told to. */
function setUp(max: number) {
  const made: string[] = [];
  const stopped: string[] = [];
  const running: { tenantId: string; end: () => void }[] = [];
  const create = (tenantId: string): Environment => {
    made.push(tenantId);
    return {
      start: async () => {},
      stream: () => new Promise((end) => running.push({ tenantId, end })),
      sync: async () => {},
      stop: async () => void stopped.push(tenantId),
    };
  };
  const fn = new TenantFunction(create, max);
  const call = (tenantId: string) => fn.stream('{}', 'id', READER, tenantId);
  const end = (tenantId: string) =>
    running
      .splice(
        running.findIndex((one) => one.tenantId === tenantId),
        1,
      )[0]
      ?.end();
  return { fn, call, end, made, stopped, running };
}

describe('a function with tenant isolation', () => {
  test('gives each tenant an environment of its own, and the same one again', async () => {
    const { call, made, running } = setUp(4);
    for (const tenantId of ['acme', 'globex', 'acme']) void call(tenantId);
    await expect.poll(() => running.length).toBe(3);
    expect(made).toEqual(['acme', 'globex']);
  });

  test('ends the one that was idle longest when another tenant needs its place, and never a busy one', async () => {
    const { call, end, made, stopped, running } = setUp(2);
    const acme = call('acme');
    void call('globex');
    await expect.poll(() => running.length).toBe(2);
    end('acme');
    await acme;
    void call('initech');
    await expect.poll(() => made).toEqual(['acme', 'globex', 'initech']);
    expect(stopped).toEqual(['acme']);
  });

  test('lets a call wait while all are busy, and serves it as soon as one is not', async () => {
    const { call, end, made, running } = setUp(1);
    const acme = call('acme');
    await expect.poll(() => running.length).toBe(1);
    const waiting = call('globex');
    expect(made).toEqual(['acme']);
    end('acme');
    await acme;
    await expect.poll(() => made).toEqual(['acme', 'globex']);
    end('globex');
    await waiting;
  });

  test('ends all environments with itself, and refuses a call that was waiting', async () => {
    const { fn, call, stopped, running } = setUp(1);
    void call('acme');
    await expect.poll(() => running.length).toBe(1);
    let failure: FunctionError | undefined;
    const failed = fn.stream('{}', 'id', { ...READER, failed: (error) => (failure = error) }, 'globex');
    await fn.stop(1_000);
    await failed;
    expect(stopped).toEqual(['acme']);
    expect(failure?.errorType).toBe('EnvironmentError');
  });
});

describe('with real environments', () => {
  const fn = new TenantFunction(
    (tenantId) =>
      new LocalFunction({
        name: 'a-function',
        handler: new URL('./handlers/tenant.ts', import.meta.url),
        env: {},
        tenantId,
        onLine: () => {},
      }),
  );
  afterEach(() => fn.stop(1_000));

  test('the handler is told whose environment it is, and no other tenant has been in it', async () => {
    const call = async (tenantId: string) => {
      const chunks: Uint8Array[] = [];
      const chunk: StreamReader['chunk'] = (bytes, taken) => {
        chunks.push(bytes);
        taken();
      };
      await fn.stream('{}', 'id', { ...READER, chunk }, tenantId);
      return JSON.parse(Buffer.concat(chunks).toString());
    };
    expect(await call('acme')).toEqual({ tenantId: 'acme', served: 1 });
    expect(await call('globex')).toEqual({ tenantId: 'globex', served: 1 });
    expect(await call('acme')).toEqual({ tenantId: 'acme', served: 2 });
  });
});
