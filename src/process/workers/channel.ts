import { Socket } from 'node:net';
import type { RateState } from '../../http/rate-limit.ts';
import type { Snapshot } from '../observe/metrics.ts';

/** Requests of a token that a worker may answer without asking again. */
export interface Lease {
  count: number;
  state: RateState;
}

/** Where all of them are reached, or why not, in one line. */
export type Opened = { url: string; refused?: undefined } | { url?: undefined; refused: string };

/** What a worker asks its parent, and the parent a worker: what is told, and what is answered. */
export interface Calls {
  /** Whether all of them have served: then it takes the place of one that has died, and is ready as soon as it serves. */
  replaces: { told: null; answered: boolean };
  /** This worker can be given connections. */
  open: { told: null; answered: Opened };
  /** It is given one. */
  take: { told: null; answered: null };
  /** It is about to end: answered when it has been given the last one. */
  close: { told: null; answered: null };
  /** This worker serves, and would say so on standard output; answered when all of them do. */
  ready: { told: { url: string; text: string }; answered: null };
  lease: { told: { tokenId: string; limit: number }; answered: Lease };
  giveBack: { told: { tokenId: string; limit: number; count: number }; answered: null };
  /** What `/metrics` says of all workers together. */
  figures: { told: null; answered: string };
  /** What one worker has counted. */
  snapshot: { told: null; answered: Snapshot };
}

type Call = keyof Calls;
type Answers = {
  [C in Call]?: (told: Calls[C]['told'], connection?: Socket) => Calls[C]['answered'] | Promise<Calls[C]['answered']>;
};
type Message =
  | { of: 'switchyard'; ask: number; call: Call; told: Calls[Call]['told'] }
  | { of: 'switchyard'; answer: number; value: Calls[Call]['answered'] };

/** A process at the other end, as Node tells of it: a worker, or the parent. */
interface End {
  on(event: 'message', hear: (message: unknown, connection?: unknown) => void): unknown;
  connected?: boolean | undefined;
  send?(
    message: unknown,
    connection: Socket | undefined,
    options: { keepOpen: boolean },
    done: (error: Error | null) => void,
  ): unknown;
}

export interface Channel {
  /** Never answered where the other end has gone. A connection that goes with it stays open here. */
  ask<C extends Call>(call: C, told: Calls[C]['told'], connection?: Socket): Promise<Calls[C]['answered']>;
}

export function openChannel(end: End, answers: Answers, isConnected: () => boolean): Channel {
  const waiting = new Map<number, (value: Calls[Call]['answered']) => void>();
  let last = 0;
  const send = (message: Message, connection?: Socket) => {
    if (isConnected()) end.send?.(message, connection, { keepOpen: true }, () => {});
  };
  end.on('message', (heard, connection) => {
    if (!isOurs(heard)) return;
    if ('ask' in heard) return answered(answers, heard, connection, (value) => send(reply(heard.ask, value)));
    waiting.get(heard.answer)?.(heard.value);
    waiting.delete(heard.answer);
  });
  return {
    ask(call, told, connection) {
      last += 1;
      const ask = last;
      return new Promise((resolve) => {
        waiting.set(ask, resolve as (value: Calls[Call]['answered']) => void);
        send({ of: 'switchyard', ask, call, told }, connection);
      });
    },
  };
}

function reply(answer: number, value: Calls[Call]['answered']): Message {
  return { of: 'switchyard', answer, value };
}

/** Messages come from the same program: what they hold is as the types say. */
function answered<C extends Call>(
  answers: Answers,
  { call, told }: { call: C; told: Calls[C]['told'] },
  connection: unknown,
  then: (value: Calls[C]['answered']) => void,
): void {
  // One that its caller has closed on its way does not come with it.
  const given = connection instanceof Socket ? connection : undefined;
  void Promise.resolve(answers[call]?.(told, given)).then((value) => value !== undefined && then(value));
}

function isOurs(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'of' in message && message.of === 'switchyard';
}
