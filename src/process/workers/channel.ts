import type { RateState } from '../../http/rate-limit.ts';
import type { Snapshot } from '../observe/metrics.ts';

/** Requests of a token that a worker may answer without asking again. */
export interface Lease {
  count: number;
  state: RateState;
}

/** What a worker asks its parent, and the parent a worker: what is told, and what is answered. */
export interface Calls {
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
type Answers = { [C in Call]?: (told: Calls[C]['told']) => Calls[C]['answered'] | Promise<Calls[C]['answered']> };
type Message =
  | { of: 'switchyard'; ask: number; call: Call; told: Calls[Call]['told'] }
  | { of: 'switchyard'; answer: number; value: Calls[Call]['answered'] };

/** A process at the other end, as Node tells of it: a worker, or the parent. */
interface End {
  on(event: 'message', hear: (message: unknown) => void): unknown;
  connected?: boolean | undefined;
  send?(message: unknown, done: (error: Error | null) => void): unknown;
}

export interface Channel {
  /** Never answered where the other end has gone. */
  ask<C extends Call>(call: C, told: Calls[C]['told']): Promise<Calls[C]['answered']>;
}

export function openChannel(end: End, answers: Answers, isConnected: () => boolean): Channel {
  const waiting = new Map<number, (value: Calls[Call]['answered']) => void>();
  let last = 0;
  const send = (message: Message) => {
    if (isConnected()) end.send?.(message, () => {});
  };
  end.on('message', (heard) => {
    if (!isOurs(heard)) return;
    if ('ask' in heard) return void answered(answers, heard.call, heard.told, (value) => send(reply(heard.ask, value)));
    waiting.get(heard.answer)?.(heard.value);
    waiting.delete(heard.answer);
  });
  return {
    ask(call, told) {
      last += 1;
      const ask = last;
      return new Promise((resolve) => {
        waiting.set(ask, resolve as (value: Calls[Call]['answered']) => void);
        send({ of: 'switchyard', ask, call, told });
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
  call: C,
  told: Calls[C]['told'],
  then: (value: Calls[C]['answered']) => void,
): void {
  void Promise.resolve(answers[call]?.(told)).then((value) => value !== undefined && then(value));
}

function isOurs(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'of' in message && message.of === 'switchyard';
}
