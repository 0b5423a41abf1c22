/** What a route is: one row of the table that an application is made of. */
import type { Refusal } from './refusal.js';
import type { Services } from './services.js';

/** One request. */
export interface Exchange {
  readonly request: Request;
  /** Parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>;
  readonly services: Services;
  /** Aborted when the client leaves, or when the server must end. */
  readonly signal: AbortSignal;
}

/** How clients of a protocol are told that something is wrong. */
export type ErrorVoice = (refusal: Refusal) => object;

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `:name` is one part of the path. */
  readonly path: string;
  readonly voice: ErrorVoice;
  /** Needs no API key. */
  readonly open?: boolean;
  answer(exchange: Exchange): Response | Promise<Response>;
}
