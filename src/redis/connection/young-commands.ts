import { Command } from 'ioredis';

/** What a command of ioredis 5.11 keeps to itself. */
interface Internals {
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

/** How commands of a name change their arguments, where they do. */
type Transformers = Record<string, ((args: unknown[]) => unknown[]) | undefined>;

const internals = Command.prototype as unknown as Internals;
const { _transformer } = Command as unknown as { _transformer: { argument: Transformers } };
const { initPromise } = internals;

/**
 * Replaces how ioredis makes the promise of a command, so that V8 can forget the command as soon as it is done. ioredis defines
 * `reject` within the promise's executor; on V8 13 (Node 24) such a command survives the collections of young objects, with all
 * that it was asked and answered: see test/cli/garbage.test.ts. Here it is defined outside. `showFriendlyErrorStack`, which we
 * do not use, has no effect any more.
 */
internals.initPromise = function (this: Internals): void {
  // Only the commands by which ioredis connects have a callback.
  if (this.callback) initPromise.call(this);
  else this.promise = new Promise((resolve, reject) => prepare(this, resolve, reject));
};

function prepare(command: Internals, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  if (!command.transformed) {
    command.transformed = true;
    const transform = _transformer.argument[command.name];
    if (transform) command.args = transform(command.args);
    command.stringifyArguments();
  }
  command.resolve = command._convertValue(resolve);
  command.reject = rejection(command, reject);
}

function rejection(command: Internals, reject: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    command._clearTimers();
    reject(error);
  };
}
