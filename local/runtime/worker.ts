import { flushCompileCache } from 'node:module';
import { finished } from 'node:stream/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorReport, FromWorker, ToWorker, WorkerData } from './messages.ts';
import { asStreaming, awslambda, type LambdaHandler, type PlainHandler, ResponseStream } from './stream.ts';

/**
 * A function's execution environment: loads the handler as Lambda's Node runtime does and invokes it. Unlike Lambda it
 * takes several invocations at once, which is harder on the handler, not easier: nothing of one call may leak into another.
 */

if (parentPort === null) throw new Error('this file runs as a worker thread');
const port = parentPort;
const { functionName, handler: handlerUrl, tenantId } = workerData as WorkerData;
const streams = new Map<number, ResponseStream>();

function post(message: FromWorker): void {
  port.postMessage(message);
}

function report(error: unknown): ErrorReport {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: typeof error === 'string' ? error : 'not an Error' };
}

async function invoke(handler: LambdaHandler, id: number, eventText: string, requestId: string): Promise<void> {
  const event: unknown = JSON.parse(eventText);
  const context = {
    awsRequestId: requestId,
    functionName,
    callbackWaitsForEmptyEventLoop: true,
    ...(tenantId === undefined ? {} : { tenantId }),
  };
  const streaming = asStreaming(handler);
  if (streaming === undefined) {
    post({ kind: 'result', id, value: await (handler as PlainHandler)(event, context) });
    return;
  }
  const stream = new ResponseStream((bytes) => post({ kind: 'chunk', id, bytes }));
  streams.set(id, stream);
  const ended = finished(stream).then(
    () => post({ kind: 'end', id }),
    (error: unknown) => post({ kind: 'failed', id, error: report(error) }),
  );
  try {
    await streaming(event, stream, context);
  } catch (error) {
    // The caller may have had a whole answer by now; then only this line tells.
    process.stderr.write(
      `${JSON.stringify({ level: 'error', event: 'handler-failed', requestId, ...report(error) })}\n`,
    );
    stream.destroy(error instanceof Error ? error : new Error('the handler threw what is not an Error'));
  }
  await ended;
  streams.delete(id);
}

function serve(handler: LambdaHandler): void {
  port.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'invoke': {
        const { id, event, requestId } = message;
        invoke(handler, id, event, requestId)
          .catch((error: unknown) => post({ kind: 'failed', id, error: report(error) }))
          .finally(() => post({ kind: 'done', id }));
        return;
      }
      case 'taken':
        streams.get(message.id)?.taken(message.bytes);
        return;
      case 'sync':
        // Called back once the parent has read everything that was written before.
        process.stdout.write('', () => post({ kind: 'synced', id: message.id }));
    }
  });
}

Object.assign(globalThis, { awslambda });
try {
  const loaded = (await import(handlerUrl)) as { handler?: unknown };
  if (typeof loaded.handler !== 'function') throw new Error(`${functionName} exports no function named handler`);
  serve(loaded.handler as LambdaHandler);
  post({ kind: 'ready' });
  // A worker that is terminated would not write it.
  flushCompileCache();
} catch (error) {
  post({ kind: 'broken', error: report(error) });
  port.close();
}
