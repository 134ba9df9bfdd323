import type { StoredMessage } from '../store/db.ts';
import { LongPress } from './long-press.ts';
import { rowsIn } from './rows.ts';

/** Which message of a timeline somebody points to, and whose menu is open: with a pointer, a finger or the keyboard. */
export class Pointing {
  /** The number of the message under the pointer or with the focus, whose buttons are shown. */
  active = $state<number>();
  menu = $state.raw<{ message: StoredMessage; x: number; y: number }>();
  readonly press = new LongPress((node, x, y) => this.openMenu(this.#messageAt(node), x, y));
  readonly #messages: () => readonly StoredMessage[] | undefined;

  /** @param messages those that are shown */
  constructor(messages: () => readonly StoredMessage[] | undefined) {
    this.#messages = messages;
  }

  readonly openMenu = (message: StoredMessage | undefined, x: number, y: number): void => {
    if (message) this.menu = { message, x, y };
  };

  readonly pointed = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') this.active = this.#messageAt(event.target)?.seq;
  };

  readonly focused = (event: FocusEvent): void => {
    this.active = this.#messageAt(event.target)?.seq ?? this.active;
  };

  /** Arrows go from message to message; Enter opens the menu. */
  keyed(event: KeyboardEvent, content: HTMLElement): void {
    const row = (event.target as Element).closest<HTMLElement>('[data-seq]');
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step !== undefined && (event.target === event.currentTarget || event.target === row)) {
      const all = rowsIn(content);
      const to = row ? all[all.indexOf(row) + step] : all.at(-1);
      if (!to) return;
      event.preventDefault();
      to.focus();
    } else if (row && event.target === row && (event.key === 'Enter' || event.key === 'ContextMenu')) {
      event.preventDefault();
      const { left, top } = row.getBoundingClientRect();
      this.openMenu(this.#messageAt(row), left + 48, top + 24);
    }
  }

  #messageAt(node: EventTarget | null): StoredMessage | undefined {
    const seq = (node as Element | null)?.closest<HTMLElement>('[data-seq]')?.dataset.seq;
    const found = seq === undefined ? undefined : this.#messages()?.find((message) => message.seq === Number(seq));
    return found?.action ? undefined : found;
  }
}
