import { expect, test } from 'vitest';
import { otlpSettings } from '../../../contract/otlp.ts';
import { otel } from '../../../contract/settings.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
const read = (env: Record<string, string>) => otlpSettings({ ...ENDPOINT, ...env }, 'prod');

test.each([
  ['no variable', {}, false],
  ['an empty one', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
  ['one for all signals', ENDPOINT, true],
  ['one for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/x' }, true],
  ['one, but no exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, false],
  ['one, but all of it turned off', { ...ENDPOINT, OTEL_SDK_DISABLED: 'True' }, false],
])('whether spans are sent: %s', (_, env, on) => {
  expect(otel(env) !== undefined).toBe(on);
});

test('what is handed on is what OpenTelemetry has, and where Secrets Manager is, and no more', () => {
  const url = 'http://127.0.0.1:1';
  const more = { AWS_ENDPOINT_URL: url, TOLLGATE_OTLP_HEADERS_SECRET: 's', OTEL_SERVICE_NAME: 'n' };
  const rest = { AWS_SECRET_ACCESS_KEY: 'secret', TOLLGATE_TABLE: 't', AWS_ENDPOINT_URL_S3: url };
  expect(otel({ ...ENDPOINT, ...more, ...rest })).toEqual({ ...ENDPOINT, ...more });
});

test.each([
  [{}, 'http://127.0.0.1:4318/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com/base/' }, 'https://otlp.example.com/base/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.internal:4318' }, 'http://collector.internal:4318/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://[::1]:4318/spans' }, 'http://[::1]:4318/spans'],
])('%j: spans go to %s', (env, url) => {
  expect(String(read(env).url)).toBe(url);
});

test('unless it is told otherwise', () => {
  expect(read({})).toEqual({
    url: new URL('http://127.0.0.1:4318/v1/traces'),
    headers: {},
    timeoutMs: 2_000,
    resource: { 'service.name': 'tollgate', 'deployment.environment.name': 'prod' },
    sampler: { heedsCaller: true, ratio: 1 },
  });
});

test('what is said of traces stands before what is said of all signals; a name before what it is an attribute of', () => {
  const settings = read({
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: ' API-Key = x%20y , b=2,,',
    OTEL_EXPORTER_OTLP_TIMEOUT: '10000',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '700',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=blue,team=ml%2Cplatform',
    OTEL_SERVICE_NAME: 'models',
  });
  expect(settings).toMatchObject({
    headers: { 'api-key': 'x y', b: '2' },
    timeoutMs: 700,
    resource: { 'service.name': 'models', 'deployment.environment.name': 'blue', team: 'ml,platform' },
  });
  expect(read({ OTEL_EXPORTER_OTLP_TIMEOUT: '10000' }).timeoutMs).toBe(2_000);
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://user:secret-word@otlp.example.com'],
  ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'http://127.0.0.1:4318/v1/traces?key=secret-word'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', '1s'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'secret-word'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=secret-word%0D%0Ahost: x'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=secret-word%'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'content-length=1'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'team'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
])('%s that is %s is refused by its name, and is not repeated', (variable, value) => {
  const reading = () => read({ [variable]: value });
  expect(reading).toThrow(expect.objectContaining({ code: 'bad_setting', field: variable }));
  expect(reading).toThrow(expect.objectContaining({ publicMessage: expect.not.stringContaining('secret-word') }));
});

test('a share of calls is a number from 0 to 1', () => {
  const OTEL_TRACES_SAMPLER = 'parentbased_traceidratio';
  expect(read({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG: '0.25' }).sampler).toEqual({
    heedsCaller: true,
    ratio: 0.25,
  });
  for (const OTEL_TRACES_SAMPLER_ARG of ['2', '-1', 'x'])
    expect(() => read({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG })).toThrow(
      expect.objectContaining({ field: 'OTEL_TRACES_SAMPLER_ARG' }),
    );
});
