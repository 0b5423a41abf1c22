/** Server-sent events: written as they are read, so that a slow client slows nobody else. */
import type { ErrorVoice } from './route.js';
import { refusalOf } from './refusal.js';

/**
 * A response of objects as events. It begins when the first one is there: what fails before is an error of the request, what
 * fails later is an event. A client that leaves ends the events.
 */
export async function eventStream(
  events: AsyncGenerator<object>,
  voice: ErrorVoice,
  last = '[DONE]',
): Promise<Response> {
  const encoder = new TextEncoder();
  const bytes = (data: string): Uint8Array => encoder.encode(`data: ${data}\n\n`);
  let next: Promise<IteratorResult<object>> | undefined = Promise.resolve(await events.next());
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done } = await (next ?? events.next());
        next = undefined;
        if (!done) return controller.enqueue(bytes(JSON.stringify(value)));
        controller.enqueue(bytes(last));
      } catch (error) {
        controller.enqueue(bytes(JSON.stringify(voice(refusalOf(error)))));
      }
      controller.close();
    },
    async cancel() {
      await events.return(undefined);
    },
  });
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  });
}
