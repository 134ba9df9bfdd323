const LONG_MS = 450;
/** How far a finger may move and still be pressing, px. */
const STILL = 10;

/** Tells of a long press of a finger, or of the other button of a mouse: `to` gets what was pressed, and where. */
export class LongPress {
  readonly #to: (node: EventTarget, x: number, y: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #start = { x: 0, y: 0 };
  #isTouch = false;

  constructor(to: (node: EventTarget, x: number, y: number) => void) {
    this.#to = to;
  }

  /** Listens at an element. @returns what ends it */
  readonly attach = (element: HTMLElement): (() => void) => {
    const down = (event: PointerEvent) => this.#down(event);
    const move = (event: PointerEvent) => this.#move(event);
    const up = () => clearTimeout(this.#timer);
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move, { passive: true });
    for (const name of ['pointerup', 'pointercancel', 'pointerleave'] as const) element.addEventListener(name, up);
    return () => {
      up();
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      for (const name of ['pointerup', 'pointercancel', 'pointerleave'] as const) element.removeEventListener(name, up);
    };
  };

  /** For `contextmenu`: in place of the browser's menu. Links and selected text keep theirs. */
  suppress(event: MouseEvent): void {
    if (this.#isTouch) {
      event.preventDefault();
      return;
    }
    const isOfBrowser = (event.target as Element).closest('a[target]') || String(getSelection()) !== '';
    if (isOfBrowser || event.target === null) return;
    event.preventDefault();
    this.#to(event.target, event.clientX, event.clientY);
  }

  #down(event: PointerEvent): void {
    clearTimeout(this.#timer);
    this.#isTouch = event.pointerType !== 'mouse';
    if (!this.#isTouch) return;
    const { clientX: x, clientY: y, target } = event;
    this.#start = { x, y };
    this.#timer = setTimeout(() => {
      if (!target) return;
      navigator.vibrate?.(10);
      // The finger is lifted over what opens now: that is no tap on it.
      addEventListener('touchend', (event) => event.preventDefault(), { once: true, capture: true, passive: false });
      this.#to(target, x, y);
    }, LONG_MS);
  }

  #move({ clientX, clientY }: PointerEvent): void {
    if (Math.hypot(clientX - this.#start.x, clientY - this.#start.y) > STILL) clearTimeout(this.#timer);
  }
}
