/** What queues have in common. */
import { MiaError } from '../../errors.js';

export interface QueueStats {
  /** Requests that run. */
  readonly active: number;
  readonly waiting: number;
}

/** Called whenever a request's turn comes: how long it waited, and how many run with it. */
export type Watch = (waitedMs: number, active: number) => void;

export const closed = (op: string): MiaError => new MiaError('ERR_CLOSED', op, 'the queue is closed');

export const aborted = (op: string, { reason }: AbortSignal): MiaError =>
  new MiaError('ERR_ABORTED', op, { message: 'the request was aborted', cause: reason });

export const full = (op: string, most: number): MiaError =>
  new MiaError('ERR_BUSY', op, {
    message: 'the queue is full',
    expected: `at most ${most} waiting requests`,
  });
