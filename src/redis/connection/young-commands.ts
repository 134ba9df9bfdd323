import { Command } from 'ioredis';

/** Of a command of ioredis 5.11, what it keeps to itself. */
interface Inside {
  name: string;
  args: unknown[];
  callback?: unknown;
  transformed: boolean;
  promise: Promise<unknown>;
  resolve: unknown;
  reject: unknown;
  initPromise(): void;
  stringifyArguments(): void;
  _clearTimers(): void;
  _convertValue(resolve: (value: unknown) => void): unknown;
}

/**
 * Commands that V8 can forget as soon as they are done. ioredis makes what rejects a command in a function that it makes anew for
 * each; in V8 13 (Node 24) a command that has such a function as a property reaches the old objects, with all that it was asked
 * and answered: 2.7 KB for each message that is sent. It is the same promise as before, but for `showFriendlyErrorStack`,
 * which we do not use, and made by functions that there are once.
 */
const inside = Command.prototype as unknown as Inside;
const { initPromise } = inside;
inside.initPromise = function (this: Inside): void {
  // While it connects, ioredis waits for some by a callback.
  if (this.callback) initPromise.call(this);
  else this.promise = new Promise((resolve, reject) => settleWith(this, resolve, reject));
};

function settleWith(command: Inside, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  if (!command.transformed) {
    command.transformed = true;
    const { argument } = (Command as unknown as { _transformer: { argument: Record<string, Transformer> } })
      ._transformer;
    const transform = argument[command.name];
    if (transform) command.args = transform(command.args);
    command.stringifyArguments();
  }
  command.resolve = command._convertValue(resolve);
  command.reject = rejection(command, reject);
}

type Transformer = (args: unknown[]) => unknown[];

function rejection(command: Inside, reject: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    command._clearTimers();
    reject(error);
  };
}
