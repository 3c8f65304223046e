/**
 * `npm run load`: calls of many tenants against a gateway that runs here, or a deployed stage; see ../README.md. Prints each
 * second and a summary, and draws a page.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { clientCredentials } from '../../../cli/token.ts';
import { callOf } from '../points.ts';
import { type LoadOptions, loadOptions, USAGE } from './options.ts';
import { startGateway } from './own-gateway.ts';
import { BUSY, loadPage } from './page.ts';
import { QUANTILES } from './tally.ts';
import { fromCommand, keepTokens } from './tokens.ts';
import { type Made, traffic } from './traffic.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(options: LoadOptions): Promise<void> {
  const own = options.url === undefined ? await startGateway(options.tenants, options.model) : undefined;
  try {
    const tokens = await keepTokens(options.tenants, own?.token ?? askFor(options));
    const { path, body } = callOf(options.kind, options.model, options.prompt);
    const url = `${own?.url ?? options.url}${path}`;
    print(`${url}: ${options.tenants} tenants, ${options.connections} connections, ${options.seconds} s`);
    let second = 0;
    const made = await traffic({
      ...options,
      call: { url, headers: {}, body },
      tokens,
      onSecond: ({ calls, errors, p50, p99 }) =>
        print(
          `${String(++second).padStart(5)} s ${String(calls).padStart(7)} calls  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  ${errors} errors`,
        ),
    });
    summarize(made);
    mkdirSync(dirname(options.out), { recursive: true });
    writeFileSync(options.out, loadPage(new Date().toISOString(), options, made));
    print(`drawn: ${options.out}`);
    if (made.calls === 0) process.exitCode = 1;
  } finally {
    await own?.stop();
  }
}

function askFor({ tokenCommand, clients, issuer = '' }: LoadOptions): (tenant: number) => Promise<string> {
  if (tokenCommand !== undefined) return fromCommand(tokenCommand);
  return async (tenant) => {
    const { id, secret } = clients[tenant] ?? { id: '', secret: '' };
    return clientCredentials(issuer, id, secret, fetch);
  };
}

function summarize({ calls, seconds, errors, ms, firstMs, busy }: Made): void {
  const row = (values: readonly number[]): string =>
    QUANTILES.map((part, index) => `p${part} ${values[index]?.toFixed(1) ?? '-'}`).join('  ');
  print(`${calls} calls answered in full in ${seconds.toFixed(1)} s: ${(calls / seconds).toFixed(1)} a second`);
  print(`ms to the last byte:   ${row(ms)}`);
  print(`ms to the first token: ${row(firstMs)}`);
  for (const [kind, count] of errors) print(`error ${kind}: ${count}`);
  if (busy > BUSY) print(`the load generator was busy for ${(busy * 100).toFixed(0)} %: it was what was measured`);
}

function given(): LoadOptions {
  try {
    return loadOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

await main(given());
