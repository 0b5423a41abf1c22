/** Requests to the hub: bounded waits, one signal for all, and what went wrong in words. */
import { MiaError } from '../../../errors.js';
import { accessToken, endpoint, patience } from './environment.js';
import { hubError } from './errors.js';
import type { HubName } from './name.js';

/** Bytes of an answer that is no file worth a stream. */
const SHORT = 4096;

export class Connection {
  /** What the library's functions take. */
  readonly parameters: { hubUrl: string; fetch: typeof fetch; accessToken?: string };
  /** What went wrong last: the library's streams lose it on the way. */
  failure: MiaError | undefined;
  readonly #host = endpoint();
  readonly #patience = patience();
  readonly #end = new AbortController();

  constructor(
    private readonly text: string,
    private readonly name: HubName,
    private readonly signal?: AbortSignal,
  ) {
    const token = accessToken();
    if (token !== undefined && !token.startsWith('hf_')) {
      throw hubError(text, {
        message: "the access token is none of Hugging Face's",
        expected: 'HF_TOKEN to start with hf_',
      });
    }
    this.parameters = {
      hubUrl: this.#host,
      fetch: (input, init) => this.fetch(input, init),
      ...(token !== undefined && { accessToken: token }),
    };
  }

  /** What the library answers, or why not. */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (cause) {
      throw this.failure ?? hubError(this.text, { message: "the server's answer is not the hub's", cause });
    }
  }

  /** Ends requests whose answers nobody reads to their end. */
  close(): void {
    this.#end.abort();
  }

  /** Fetches; a server that is silent for too long, before or inside its answer, ends it. */
  private async fetch(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      this.failure = this.silent();
      silence.abort(this.failure);
    }, this.#patience).unref();
    const signals = [silence.signal, this.#end.signal, this.signal, init?.signal];
    const signal = AbortSignal.any(signals.filter((s) => s != undefined));
    try {
      const response = await fetch(input, { ...init, signal });
      this.failure = response.ok ? undefined : this.refused(response);
      return new Response(response.body && (await watched(response, timer)), response);
    } catch (cause) {
      clearTimeout(timer);
      if (!silence.signal.aborted) this.failure = this.unreachable(cause);
      throw cause;
    }
  }

  private silent(): MiaError {
    return hubError(this.text, {
      message: `${this.#host} has been silent for ${this.#patience / 1000} s`,
      expected: 'an answer; HF_HUB_DOWNLOAD_TIMEOUT gives it more seconds',
    });
  }

  private unreachable(cause: unknown): MiaError {
    const { cause: inner, message } = cause as Error;
    const why =
      inner instanceof Error ? inner.message || String((inner as NodeJS.ErrnoException).code) : message;
    return hubError(this.text, {
      message: `no such file here, and ${this.#host} cannot be reached (${why}); HF_HUB_OFFLINE=1 uses only what was downloaded, HF_ENDPOINT names a mirror`,
      cause,
    });
  }

  private refused({ status, headers }: Response): MiaError {
    const code = headers.get('x-error-code') ?? '';
    if (status === 401 || status === 403) {
      const [known, where] = [this.parameters.accessToken !== undefined, `${this.#host}/${this.name.repo}`];
      const what =
        code === 'GatedRepo'
          ? 'is gated: accept its terms there and'
          : 'does not exist, is private or gated:';
      return hubError(this.text, {
        message: `no such file here, and ${where} ${what} set HF_TOKEN to a token that may read it`,
        actual: `status ${status} ${known ? 'with' : 'without'} a token`,
      });
    }
    if (status === 404) {
      const { repo, revision } = this.name;
      const what = code === 'RevisionNotFound' ? `no revision ${revision} of ${repo}` : `no model ${repo}`;
      return hubError(this.text, { message: `no such file here, and ${what} at ${this.#host}` });
    }
    return hubError(this.text, {
      message: `${this.#host} answered with status ${status}`,
      expected: 'it later, perhaps',
    });
  }
}

/** A body whose every piece starts the timer anew. The library leaves short ones unread, so these are read at once. */
async function watched(
  response: Response,
  timer: NodeJS.Timeout,
): Promise<ArrayBuffer | ReadableStream<Uint8Array>> {
  const length = response.headers.get('content-length');
  if (length !== null && Number(length) <= SHORT)
    return response.arrayBuffer().finally(() => clearTimeout(timer));
  timer.refresh();
  return response.body!.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, stream) => {
        timer.refresh();
        stream.enqueue(chunk);
      },
      flush: () => clearTimeout(timer),
    }),
  );
}
