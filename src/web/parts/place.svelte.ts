import { tick, untrack } from 'svelte';
import { seqOf } from '../store/db.ts';
import { firstBelow, lastAbove, rowOf, rowsIn, seqOfRow } from './rows.ts';
import type { MessageWindow } from './window.svelte.ts';

/** From how near to the end one counts as being at the end, px; and from how near to an edge on more is loaded. */
const NEAR_END = 60;
const NEAR_EDGE = 800;
const MARKED_MS = 2_000;

/** Where the reader of a timeline is: what is in sight stays there, whatever comes around it, unless one goes elsewhere. */
export class Place {
  /** Null once the chat was left, which may be while something is awaited. */
  scroller: HTMLElement | null = null;
  content!: HTMLElement;
  /** Not before the place to begin at is known. */
  isPlaced = $state(false);
  isAtEnd = $state(true);
  /** The number of a message that stands out for a moment. */
  marked = $state<number>();
  readonly #shown: MessageWindow;
  readonly #onseen: (seq: number, isAtEnd: boolean) => void;

  /** @param onseen called with the number of the last message in sight, and whether the end is */
  constructor(shown: MessageWindow, onseen: (seq: number, isAtEnd: boolean) => void) {
    this.#shown = shown;
    this.#onseen = onseen;
  }

  /** Goes to where one has read to, or to the end. @returns false if the chat was left meanwhile */
  async begin(): Promise<boolean> {
    await this.#shown.open();
    await this.#settled();
    if (!this.scroller) return false;
    if (this.#shown.unreadFrom === undefined) this.#scrollToEnd(this.scroller);
    else this.content.querySelector('.unread')?.scrollIntoView({ block: 'start' });
    this.isPlaced = true;
    return true;
  }

  /** The composer grows, a keyboard comes up, a picture is loaded: who is at the end stays there. @returns what ends it */
  stayAtEnd(): () => void {
    const sizes = new ResizeObserver(() => {
      if (this.scroller && this.isPlaced && this.isAtEnd) this.#scrollToEnd(this.scroller);
    });
    sizes.observe(this.scroller!);
    sizes.observe(this.content);
    return () => sizes.disconnect();
  }

  /** To be called before other messages are in the page: what is in sight stays where it is; who is at the end stays at the end. */
  hold(): void {
    const { scroller } = this;
    if (!scroller || !untrack(() => this.isPlaced)) return;
    const wasAtEnd = untrack(() => this.isAtEnd);
    const edge = scroller.getBoundingClientRect().top;
    const held = firstBelow(rowsIn(this.content), edge);
    const at = held?.getBoundingClientRect().top ?? 0;
    void tick().then(() => {
      if (!this.scroller) return;
      if (wasAtEnd && this.#shown.followsEnd) this.#scrollToEnd(this.scroller);
      else if (held?.isConnected) this.scroller.scrollTop += held.getBoundingClientRect().top - at;
      this.scrolled();
    });
  }

  readonly scrolled = (): void => {
    const { scroller } = this;
    if (!this.isPlaced || !scroller) return;
    const shown = this.#shown;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    this.isAtEnd = shown.followsEnd && below < NEAR_END;
    if (scroller.scrollTop < NEAR_EDGE) void shown.older();
    else if (below < NEAR_EDGE) void shown.newer();
    const seen = this.isAtEnd
      ? shown.messages?.at(-1)?.seq
      : seqOfRow(lastAbove(rowsIn(this.content), scroller.getBoundingClientRect().bottom));
    this.#onseen(seen ?? 0, this.isAtEnd);
  };

  /** Shows the newest message. */
  async toEnd(): Promise<void> {
    this.#shown.unreadFrom = undefined;
    if (!this.#shown.followsEnd) await this.#shown.toEnd();
    await this.#settled();
    if (!this.scroller) return;
    this.isAtEnd = true;
    this.#scrollToEnd(this.scroller);
    this.scrolled();
  }

  /** Shows a message, and makes it stand out for a moment. @returns false if it is not there any more */
  async jumpTo(id: string): Promise<boolean> {
    const seq = seqOf(id);
    this.isAtEnd = false;
    if (!rowOf(this.content, seq) && !(await this.#shown.around(seq).catch(() => false))) return false;
    await this.#settled();
    if (!this.scroller) return true;
    const row = rowOf(this.content, seq);
    row?.scrollIntoView({ block: 'center' });
    row?.focus({ preventScroll: true });
    this.marked = seq;
    setTimeout(() => {
      if (this.marked === seq) this.marked = undefined;
    }, MARKED_MS);
    this.scrolled();
    return true;
  }

  #scrollToEnd(scroller: HTMLElement): void {
    scroller.scrollTop = scroller.scrollHeight;
  }

  /** The window is in the page: its messages come from the store. */
  async #settled(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (let tries = 0; tries < 50; tries++) {
      await tick();
      if (this.#shown.messages !== undefined && !this.#shown.isLoading) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await new Promise(requestAnimationFrame);
  }
}
